/** Symbols that are wanted at one instant and wait for room: the best on its capital first. */

export type Queue = {
  /** Begins a new instant. */
  clear(): void
  add(symbol: number): void
  length(): number
  /** The best of those that wait and can be traded now; −1 for none. Equal ones in the order in which they came. */
  best(atMs: number): number
  remove(symbol: number): void
}

/** @param apr - by symbol; @param isThere - can it be traded now? One that cannot is dropped */
export function queueOf(apr: Float64Array, isThere: (symbol: number, atMs: number) => boolean): Queue {
  const waiting = new Int32Array(apr.length)
  let count = 0
  const aprAt = (index: number) => apr[waiting[index] ?? 0] ?? Number.NaN
  function drop(index: number): void {
    waiting.copyWithin(index, index + 1, count--)
  }
  return {
    clear() {
      count = 0
    },
    add(symbol) {
      waiting[count++] = symbol
    },
    length: () => count,
    best(atMs) {
      while (count > 0) {
        let found = 0
        for (let index = 1; index < count; index++) if (aprAt(index) > aprAt(found)) found = index
        const symbol = waiting[found] ?? 0
        if (isThere(symbol, atMs)) return symbol
        drop(found)
      }
      return -1
    },
    remove(symbol) {
      drop(waiting.indexOf(symbol))
    },
  }
}
