/** The last so many of something: pushing forgets the oldest, in constant time. */
export type Ring<Item> = {
  push(item: Item): void
  /** The last `count`, oldest first. */
  last(count: number): Item[]
  readonly size: number
}

export function createRing<Item>(capacity: number): Ring<Item> {
  const items: Item[] = []
  let next = 0
  return {
    push(item) {
      items[next] = item
      next = (next + 1) % capacity
    },
    last(count) {
      const ordered = items.length < capacity ? items : [...items.slice(next), ...items.slice(0, next)]
      return ordered.slice(Math.max(0, ordered.length - count))
    },
    get size() {
      return items.length
    },
  }
}
