/** How long legs stood apart, by how much, and how much of that while somebody could have done something about it. */

/** A stretch with a lot or more apart. */
export type Stretch = {
  symbol: string
  fromMs: number
  forMs: number
  notionalSeconds: number
  /** Of those: while the engine was there, reached the exchange, and the exchange took orders. */
  ableNotionalSeconds: number
}

type Open = Omit<Stretch, 'symbol' | 'forMs'> & { lookedAtMs: number; notionalUsdt: number; able: boolean }

export class Stretches {
  readonly ended: Stretch[] = []
  readonly #open = new Map<string, Open>()

  /** What is seen of a symbol now, 0 for level. @param able - could it be mended from now on? */
  note(symbol: string, notionalUsdt: number, nowMs: number, able: boolean): void {
    if (notionalUsdt === 0) {
      this.end(symbol, nowMs)
      return
    }
    const one = this.#open.get(symbol) ?? {
      fromMs: nowMs,
      lookedAtMs: nowMs,
      notionalUsdt,
      notionalSeconds: 0,
      ableNotionalSeconds: 0,
      able,
    }
    this.#open.set(symbol, { ...counted(one, nowMs), notionalUsdt, able })
  }

  end(symbol: string, nowMs: number): void {
    const one = this.#open.get(symbol)
    this.#open.delete(symbol)
    if (!one || nowMs <= one.fromMs) return
    const { fromMs, notionalSeconds, ableNotionalSeconds } = counted(one, nowMs)
    this.ended.push({ symbol, fromMs, forMs: nowMs - fromMs, notionalSeconds, ableNotionalSeconds })
  }

  endAll(nowMs: number): void {
    for (const symbol of [...this.#open.keys()]) this.end(symbol, nowMs)
  }
}

/** With the time since it was looked at last. */
function counted(one: Open, nowMs: number): Open {
  const more = (one.notionalUsdt * (nowMs - one.lookedAtMs)) / 1_000
  return {
    ...one,
    lookedAtMs: nowMs,
    notionalSeconds: one.notionalSeconds + more,
    ableNotionalSeconds: one.ableNotionalSeconds + (one.able ? more : 0),
  }
}
