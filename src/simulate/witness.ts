/**
 * What the exchange itself saw of a day, before any fault touched it: the orders that arrived, and what stood unhedged for how
 * long. It reads the account as the exchange has it, never what the engine believes.
 */
import { Decimal } from 'decimal.js'
import type { Intercept } from '../exchange/simulator/create.ts'
import type { CoreRequest, SimulatedBybit } from '../exchange/simulator/simulated.ts'

type Row = Record<string, string>

/** Of one coin, what the account shows: in base coins. */
export type Legs = {
  symbol: string
  /** Coins owned less owed, less what strangers put there. */
  spot: Decimal
  /** Base coins the perpetual is short. */
  short: Decimal
  /** Their difference in lots of the perpetual; positive: too much spot. */
  lots: Decimal
  notionalUsdt: number
}

/** A stretch with a lot or more apart. */
export type Stretch = { symbol: string; fromMs: number; forMs: number; notionalSeconds: number }

export type Witness = {
  intercept: Intercept
  /** To be called after each instant: looks at the account where something changed. */
  look(nowMs: number): void
  /** Is what passes now its own question? */
  isAsking(): boolean
  legs(): Legs[]
  openOrders(): number
  /** Places an order that no engine decided. */
  trade(symbol: string, side: 'Buy' | 'Sell', lots: number, nowMs: number): string
  /** Ends what is still apart at this instant. */
  close(nowMs: number): void
  readonly stretches: Stretch[]
  /** Names of orders that arrived, in order, and those that arrived again. */
  readonly orders: string[]
  readonly again: string[]
}

type Coin = {
  symbol: string
  spotSymbol: string
  coin: string
  lot: Decimal
  multiplier: Decimal
  foreign: Decimal
}
type Open = { fromMs: number; lookedAtMs: number; notionalUsdt: number; notionalSeconds: number }

const CREATE = /(^|\/)(order[./]create|create)$/

/** @param core - told later: the intercept is needed to make it */
export function createWitness(uid: string, core: () => SimulatedBybit, symbols: readonly string[]): Witness {
  let isOwn = false
  let isDirty = true
  const orders: string[] = []
  const again: string[] = []
  const seen = new Set<string>()
  const stretches: Stretch[] = []
  const open = new Map<string, Open>()
  let coins: Coin[] | undefined
  const quietly = <Value>(ask: () => Value): Value => {
    isOwn = true
    try {
      return ask()
    } finally {
      isOwn = false
    }
  }
  const request = (path: string, params: Row, method: 'GET' | 'POST' = 'GET') =>
    quietly(() => core().request({ via: 'rest', method, path, params, uid }))
  const list = (path: string, params: Row): Row[] =>
    ((request(path, params).result as { list?: Row[] }).list ?? []) as Row[]
  const known = () => {
    coins ??= symbols.map(symbol => coinOf(symbol, list))
    return coins
  }
  const legs = (): Legs[] => {
    const [wallet] = list('/v5/account/wallet-balance', { accountType: 'UNIFIED' })
    const rows = (wallet?.coin ?? []) as unknown as Row[]
    const positions = list('/v5/position/list', { category: 'linear', settleCoin: 'USDT' })
    return known().map(one => legsOf(one, rows, positions))
  }
  const arrive = ({ path, params }: CoreRequest) => {
    const name = String(params.orderLinkId ?? '')
    if (!CREATE.test(path) || name === '') return
    if (seen.has(name)) again.push(name)
    seen.add(name)
    orders.push(name)
  }
  const end = (symbol: string, nowMs: number) => {
    const one = open.get(symbol)
    open.delete(symbol)
    if (!one) return
    const notionalSeconds = one.notionalSeconds + (one.notionalUsdt * (nowMs - one.lookedAtMs)) / 1_000
    if (nowMs > one.fromMs)
      stretches.push({ symbol, fromMs: one.fromMs, forMs: nowMs - one.fromMs, notionalSeconds })
  }
  const note = ({ symbol, lots, notionalUsdt }: Legs, nowMs: number) => {
    if (lots.abs().lt(1)) return end(symbol, nowMs)
    const one = open.get(symbol) ?? { fromMs: nowMs, lookedAtMs: nowMs, notionalUsdt, notionalSeconds: 0 }
    one.notionalSeconds += (one.notionalUsdt * (nowMs - one.lookedAtMs)) / 1_000
    open.set(symbol, { ...one, lookedAtMs: nowMs, notionalUsdt })
  }
  return {
    stretches,
    orders,
    again,
    legs,
    isAsking: () => isOwn,
    intercept(out) {
      if (out.kind === 'push') isDirty ||= out.push.channel === 'private'
      else if (!isOwn && out.request.uid === uid) arrive(out.request)
      return [out]
    },
    look(nowMs) {
      if (!isDirty) return
      isDirty = false
      for (const one of legs()) note(one, nowMs)
    },
    openOrders: () =>
      known().reduce(
        (sum, { symbol, spotSymbol }) =>
          sum +
          list('/v5/order/realtime', { category: 'linear', symbol, openOnly: '0' }).length +
          list('/v5/order/realtime', { category: 'spot', symbol: spotSymbol, openOnly: '0' }).length,
        0,
      ),
    trade(symbol, side, lots, nowMs) {
      const one = known().find(each => each.symbol === symbol)
      if (!one) return 'not listed'
      const before = legs().find(each => each.symbol === symbol)
      const body = {
        category: 'spot',
        symbol: one.spotSymbol,
        side,
        orderType: 'Market',
        qty: one.lot.times(lots).toFixed(),
        marketUnit: 'baseCoin',
      }
      const { retMsg } = request('/v5/order/create', body, 'POST')
      const after = legs().find(each => each.symbol === symbol)
      // Sold beyond what strangers bought are the hedge's own coins, and the engine has to level its legs without them.
      const moved = new Decimal(after?.spot ?? 0).minus(before?.spot ?? 0)
      one.foreign = Decimal.max(0, one.foreign.plus(moved))
      for (const each of legs()) note(each, nowMs)
      return retMsg
    },
    close(nowMs) {
      for (const symbol of [...open.keys()]) end(symbol, nowMs)
    },
  }
}

function coinOf(symbol: string, list: (path: string, params: Row) => Row[]): Coin {
  const [perp] = list('/v5/market/instruments-info', { category: 'linear', symbol })
  const digits = /^(10*)?([A-Z]+?)(10+)?USDT$/.exec(symbol)
  const [, front = '1', coin = '', back = '1'] = digits ?? []
  const multiplier = new Decimal(front).times(back)
  const filter = perp?.lotSizeFilter as unknown as Row | undefined
  return {
    symbol,
    coin,
    spotSymbol: `${coin}USDT`,
    multiplier,
    lot: new Decimal(filter?.qtyStep ?? 1).times(multiplier),
    foreign: new Decimal(0),
  }
}

function legsOf({ symbol, coin, lot, multiplier, foreign }: Coin, wallet: Row[], positions: Row[]): Legs {
  const row = wallet.find(each => each.coin === coin)
  const position = positions.find(each => each.symbol === symbol)
  const spot = new Decimal(row?.walletBalance || 0).minus(row?.spotBorrow || 0).minus(foreign)
  const short = new Decimal(position?.size || 0).times(multiplier).times(position?.side === 'Buy' ? -1 : 1)
  const own = spot.minus(short)
  // Coins that a stranger bought repay a debt of the same coin by themselves: then less is apart, not more.
  const whole = own.plus(foreign)
  const gap =
    whole.isNegative() === own.isNegative()
      ? Decimal.min(own.abs(), whole.abs()).times(own.isNegative() ? -1 : 1)
      : new Decimal(0)
  const price = new Decimal(position?.markPrice || 0).div(multiplier)
  const worth = price.gt(0)
    ? price
    : new Decimal(row?.usdValue || 0).div(Decimal.max(row?.walletBalance || 0, '1e-12'))
  return { symbol, spot, short, lots: gap.div(lot), notionalUsdt: gap.abs().times(worth).toNumber() }
}
