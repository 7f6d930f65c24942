/**
 * The money of a screen: what is held, what it has made, and how much more fits. Amounts are floats: a screen compares, it keeps
 * no accounts. Long carry alone; a hedge is of as many coins on both legs.
 */
import type { ScreenCosts } from './costs.ts'
import type { Leaving } from './judge.ts'
import type { FundingMatrix } from './matrix.ts'
import { type HourlyPrices, hourlyPrices } from './prices.ts'

/** USDT, or fractions of what is owned. */
export type BookLimits = {
  /** Null: without end, and the equity is then what was made. */
  capital: number | null
  hedgeMax: number
  hedgeMin: number
  totalMax: number
  hedgesMax: number
  /** Stays out: free USDT, or a fraction of the equity, whichever is more. */
  freeMin: number
  reserveShare: number
  /** Largest notional of one coin and of all, fractions of the equity. */
  coinShareMax: number
  totalShareMax: number
  /** Symbols that move together, and the largest notional of any such group, a fraction of the equity. */
  groups: readonly (readonly string[])[]
  groupShareMax: number
}

/** One unit of notional in each symbol, whatever the others do: rules are compared per symbol by it. */
export const ONE_OF_EACH: BookLimits = {
  capital: null,
  hedgeMax: 1,
  hedgeMin: 0,
  totalMax: Number.POSITIVE_INFINITY,
  hedgesMax: Number.POSITIVE_INFINITY,
  freeMin: 0,
  reserveShare: 0,
  coinShareMax: Number.POSITIVE_INFINITY,
  totalShareMax: Number.POSITIVE_INFINITY,
  groups: [],
  groupShareMax: 0,
}

/** USDT; + is received. */
type ScreenParts = { funding: number; fees: number; slippage: number; basis: number; net: number }
export type ScreenTrade = ScreenParts & {
  symbol: string
  enteredAtMs: number
  leftAtMs: number
  because: Leaving
  notional: number
  /** What it was entered for: net carry on capital, a year; null of a rule that expects nothing. */
  expectedApr: number | null
  horizonHours: number | null
  /** The best symbol that was wanted at the same instant and came after it; null when none was. */
  before: { symbol: string; apr: number } | null
}
type Wanted = Pick<ScreenTrade, 'expectedApr' | 'horizonHours' | 'before'>

/** What one symbol holds. Numbers in columns, by symbol. */
type HeldColumns = {
  /** NaN while it is not held. */
  sinceMs: Float64Array
  notional: Float64Array
  coins: Float64Array
  /** Perpetual less spot at the entry, per coin. */
  basisIn: Float64Array
  funding: Float64Array
  /** Symbols held: the first `count` of the list. */
  list: Int32Array
}

export type ScreenBook = {
  trades: ScreenTrade[]
  columns: HeldColumns
  prices: HourlyPrices
  count(): number
  /** Notional that one more hedge may have; 0 when none fits. */
  room(): number
  /** Notional that the groups of a symbol have left once another has gone; 0 when no hedge fits, without end where they hold nothing. */
  groupRoom(symbol: number, without?: number): number
  enter(symbol: number, notional: number, atMs: number, wanted: Wanted): void
  leave(symbol: number, atMs: number, because: Leaving): void
  /** A settlement of a symbol that is held, at the perpetual's price then. */
  settle(symbol: number, rate: number, perp: number): void
  equity(atMs: number): number
}

const at = (of: Float64Array, place: number): number => of[place] ?? 0
const wholeAt = (of: Int32Array, place: number): number => of[place] ?? 0

/** An empty book. @param costs - of one way and of the capital that a hedge binds */
export function openBook(matrix: FundingMatrix, costs: ScreenCosts, limits: BookLimits): ScreenBook {
  const prices = hourlyPrices(matrix)
  const { symbols } = matrix
  const column = () => new Float64Array(symbols.length)
  const list = new Int32Array(symbols.length)
  const [notional, coins, basisIn, funding] = [column(), column(), column(), column()]
  const sinceMs = column().fill(Number.NaN)
  const wishes = new Map<number, Wanted>()
  const trades: ScreenTrade[] = []
  const oneWay = costs.feesOneWay + costs.slippageOneWay
  const binds = costs.capitalPerNotional + 2 * costs.feesOneWay
  let [count, realised, open] = [0, 0, 0]

  const owned = () => (limits.capital ?? 0) + realised
  /** Between the middles: spot gained less what the perpetual rose. */
  const basisOf = (symbol: number, atMs: number) =>
    at(coins, symbol) * (at(basisIn, symbol) - prices.perp(symbol, atMs) + prices.spot(symbol, atMs))

  return {
    trades,
    columns: { sinceMs, notional, coins, basisIn, funding, list },
    prices,
    count: () => count,
    room() {
      if (count >= limits.hedgesMax) return 0
      if (limits.capital === null) return limits.hedgeMax
      const own = owned()
      const free = own - Math.max(limits.freeMin, limits.reserveShare * own) - open * binds
      const total = Math.min(limits.totalMax, limits.totalShareMax * own) - open
      const most = Math.min(limits.hedgeMax, total, limits.coinShareMax * own)
      const room = Math.min(most, free / binds)
      return room >= limits.hedgeMin && room > 0 ? room : 0
    },
    groupRoom: groupRooms(symbols, limits, notional, sinceMs, owned),
    enter(symbol, size, atMs, wanted) {
      const perp = prices.perp(symbol, atMs)
      sinceMs[symbol] = atMs
      notional[symbol] = size
      coins[symbol] = size / perp
      basisIn[symbol] = perp - prices.spot(symbol, atMs)
      funding[symbol] = 0
      list[count++] = symbol
      wishes.set(symbol, wanted)
      open += size
    },
    leave(symbol, atMs, because) {
      const [size, wanted] = [at(notional, symbol), wishes.get(symbol)]
      if (!wanted) throw new Error(`screen: expected ${symbols[symbol]} to be held, it is not`)
      const parts = partsOf(size, at(funding, symbol), basisOf(symbol, atMs), costs)
      const span = { enteredAtMs: at(sinceMs, symbol), leftAtMs: atMs, because }
      trades.push({ symbol: symbols[symbol] ?? '', ...span, notional: size, ...wanted, ...parts })
      wishes.delete(symbol)
      sinceMs[symbol] = Number.NaN
      list[list.indexOf(symbol)] = wholeAt(list, --count)
      realised += parts.net
      open = count === 0 ? 0 : open - size
    },
    settle(symbol, rate, perp) {
      funding[symbol] = at(funding, symbol) + at(coins, symbol) * perp * rate
    },
    equity(atMs) {
      let sum = owned()
      for (let held = 0; held < count; held++) {
        const symbol = wholeAt(list, held)
        sum += at(funding, symbol) + basisOf(symbol, atMs) - at(notional, symbol) * oneWay
      }
      return sum
    },
  }
}

/** What a book's groups have left, for symbols that are in one. */
function groupRooms(
  symbols: readonly string[],
  { capital, groups, groupShareMax, hedgeMin }: BookLimits,
  notional: Float64Array,
  sinceMs: Float64Array,
  owned: () => number,
): ScreenBook['groupRoom'] {
  if (groupShareMax <= 0 || capital === null) return () => Number.POSITIVE_INFINITY
  const members = groups.map(group => group.map(each => symbols.indexOf(each)).filter(place => place >= 0))
  return (symbol, without) => {
    let room = Number.POSITIVE_INFINITY
    for (const group of members) {
      if (!group.includes(symbol)) continue
      const held = group.filter(each => each !== without && !Number.isNaN(at(sinceMs, each)))
      room = Math.min(room, groupShareMax * owned() - held.reduce((sum, each) => sum + at(notional, each), 0))
    }
    return room >= hedgeMin && room > 0 ? room : 0
  }
}

function partsOf(size: number, funding: number, basis: number, costs: ScreenCosts): ScreenParts {
  const [fees, slippage] = [-2 * size * costs.feesOneWay, -2 * size * costs.slippageOneWay]
  return { funding, fees, slippage, basis, net: funding + fees + slippage + basis }
}
