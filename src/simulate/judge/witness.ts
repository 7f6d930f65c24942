/**
 * What the exchange itself saw of a day, before any fault touched it: the orders that arrived, what people did, and what stood
 * unhedged for how long. It reads the account as the exchange has it, never what the engine believes.
 */
import { Decimal } from 'decimal.js'
import type { Json } from '../../domain/json.ts'
import type { Intercept } from '../../exchange/simulator/create.ts'
import type { CoreRequest, Push, SimulatedBybit } from '../../exchange/simulator/simulated.ts'
import type { SpotRefused } from '../plan/events.ts'
import { Foreign } from './foreign.ts'
import { type Stretch, Stretches } from './stretches.ts'

type Row = Record<string, string>

/** Of one coin, what the account shows: in base coins, less what people have there. */
export type Legs = {
  symbol: string
  /** Coins owned less owed. */
  spot: Decimal
  /** Base coins the perpetual is short. */
  short: Decimal
  /** Their difference in lots of the perpetual; positive: too much spot. */
  lots: Decimal
  notionalUsdt: number
}

/** An order as it arrived. */
export type OrderSeen = {
  name: string
  atMs: number
  market: 'spot' | 'linear' | 'spread'
  symbol: string
  side: string
  /** Base coins. */
  qty: Decimal
}

type Coin = {
  symbol: string
  spotSymbol: string
  coin: string
  lot: Decimal
  multiplier: Decimal
  foreign: Foreign
  /** A person traded this perpetual since the legs were level: the engine opens none of it again. */
  isHandsOff: boolean
  /** What is about to be given. */
  given?: { change: Decimal; before: Decimal } | undefined
}

const CREATE = /(^|\/)(order[./]create|create)$/

type Site = {
  uid: string
  symbols: readonly string[]
  /** Given late: the intercept is needed to make it. */
  core: () => SimulatedBybit
  nowMs: () => number
  /** Could the engine mend what stands apart at this moment? */
  isAble: () => boolean
  spotRefused: readonly SpotRefused[]
}

export class Witness {
  /** In order. */
  readonly orders: OrderSeen[] = []
  /** Names of orders that arrived again. */
  readonly again: string[] = []
  /** When USDT was owed first, and how much at the most. */
  usdtOwed: { fromMs: number; most: Decimal } | undefined
  readonly #site: Site
  readonly #stretches = new Stretches()
  readonly #names = new Set<string>()
  #coins: Coin[] | undefined
  #isOwn = false
  #isDirty = true
  #wasAble = ''
  readonly #leastUsdt = new Map<string, number>()

  constructor(site: Site) {
    this.#site = site
  }

  get stretches(): readonly Stretch[] {
    return this.#stretches.ended
  }

  /** Is what passes now its own question? */
  isAsking(): boolean {
    return this.#isOwn
  }

  readonly intercept: Intercept = out => {
    if (out.kind === 'push') this.#hear(out.push)
    else if (!this.#isOwn && out.request.uid === this.#site.uid) this.#arrive(out.request)
    return [out]
  }

  /** To be called after each instant: looks at the account where something changed, or who could mend it. */
  look(nowMs: number): void {
    const able = this.#site.isAble()
    const stuck = this.#site.spotRefused.filter(({ fromMs, untilMs }) => nowMs >= fromMs && nowMs < untilMs)
    const isAble = `${able} ${stuck.length}`
    if (!this.#isDirty && isAble === this.#wasAble) return
    this.#isDirty = false
    this.#wasAble = isAble
    for (const legs of this.legs()) {
      const { symbol, notionalUsdt } = legs
      const apart = isApart(legs, this.leastUsdt(symbol))
      const one = this.#known().find(each => each.symbol === symbol)
      if (one && !apart) one.isHandsOff = false
      const isShut = stuck.some(each => each.symbol === symbol) && one?.isHandsOff && isSpotAhead(legs)
      this.#stretches.note(symbol, apart ? notionalUsdt : 0, nowMs, able && !isShut)
    }
    const owed = new Decimal(this.#wallet().find(({ coin }) => coin === 'USDT')?.spotBorrow || 0)
    if (owed.gt(0))
      this.usdtOwed = {
        fromMs: this.usdtOwed?.fromMs ?? nowMs,
        most: Decimal.max(owed, this.usdtOwed?.most ?? 0),
      }
  }

  legs(): Legs[] {
    const wallet = this.#wallet()
    const positions = this.#positions()
    return this.#known().map(one => {
      takeGiven(one, wallet)
      return legsOf(one, wallet, positions)
    })
  }

  openOrders(): number {
    return this.#known().reduce(
      (sum, { symbol, spotSymbol }) =>
        sum +
        this.#list('/v5/order/realtime', { category: 'linear', symbol, openOnly: '0' }).length +
        this.#list('/v5/order/realtime', { category: 'spot', symbol: spotSymbol, openOnly: '0' }).length,
      0,
    )
  }

  /**
   * What the smallest spot order of a symbol is worth at present, USDT: less can be left and is dust. Of a market that is gone, what it
   * was at last.
   */
  leastUsdt(symbol: string): number {
    const filter = this.#spotRow(symbol)?.lotSizeFilter as unknown as Row | undefined
    if (filter) this.#leastUsdt.set(symbol, Number(filter.minOrderAmt ?? 0))
    return this.#leastUsdt.get(symbol) ?? 0
  }

  /** The coins of a symbol can be bought and sold no more: a debt of them is ended by nobody but the exchange. */
  isSpotGone(symbol: string): boolean {
    return this.#spotRow(symbol) === undefined
  }

  #spotRow(symbol: string): Row | undefined {
    const spotSymbol = this.#known().find(each => each.symbol === symbol)?.spotSymbol ?? symbol
    return this.#list('/v5/market/instruments-info', { category: 'spot', symbol: spotSymbol })[0]
  }

  /** Places a spot order that no engine decided. @returns what the exchange says */
  trade(symbol: string, side: 'Buy' | 'Sell', lots: number): string {
    const one = this.#known().find(each => each.symbol === symbol)
    if (!one) return 'not listed'
    const body = {
      category: 'spot',
      symbol: one.spotSymbol,
      side,
      orderType: 'Market',
      qty: one.lot.times(lots).toFixed(),
      marketUnit: 'baseCoin',
    }
    return this.#request('/v5/order/create', body, 'POST').retMsg
  }

  /** Somebody gave coins or took them away: it counts once the exchange has done it. */
  gave(coin: string, amount: string): void {
    const one = this.#known().find(each => each.coin === coin)
    if (one) one.given = { change: new Decimal(amount), before: ownedOf(one, this.#wallet()) }
  }

  /** Ends what is still apart at this instant. */
  close(nowMs: number): void {
    this.#stretches.endAll(nowMs)
  }

  #arrive({ path, params }: CoreRequest): void {
    const name = String(params.orderLinkId ?? '')
    if (!CREATE.test(path) || name === '') return
    if (this.#names.has(name)) this.again.push(name)
    this.#names.add(name)
    const isSpread = path.includes('spread')
    const market = isSpread ? 'spread' : params.category === 'spot' ? 'spot' : 'linear'
    const symbol = String(params.symbol)
    const perp = this.#known().find(each => each.symbol === symbol.split('_')[0])
    const contracts = new Decimal(String(params.qty))
    const qty = market === 'linear' ? contracts.times(perp?.multiplier ?? 1) : contracts
    this.orders.push({ name, atMs: this.#site.nowMs(), market, symbol, side: String(params.side), qty })
  }

  /** Trades of people are those without a name: the engine names every order. */
  #hear({ channel, topic, message }: Push): void {
    if (channel !== 'private') return
    this.#isDirty = true
    if (topic !== 'execution') return
    const rows = rowsOf(message.data)
    const byHand = rows.filter(
      row => row.orderLinkId === '' && row.createType === 'CreateByUser' && row.execType === 'Trade',
    )
    const forced = rows.filter(({ execType = '' }) => FORCED.has(execType))
    const [first] = byHand
    if (first) this.#handTraded(first, byHand)
    const [taken] = forced
    if (taken) this.#moved(taken, forced, 'forcePosition')
  }

  /** All executions of one order come together, when they have moved what they move. */
  #handTraded(first: Row, rows: readonly Row[]): void {
    const { category, symbol, side } = first
    if (category !== 'spot') {
      const traded = this.#known().find(each => each.symbol === symbol)
      if (traded) traded.isHandsOff = true
      this.#moved(first, rows, 'movePosition')
      return
    }
    const one = this.#known().find(each => each.spotSymbol === symbol)
    if (!one) return
    const traded = sum(rows.map(({ execQty }) => execQty)).times(side === 'Buy' ? 1 : -1)
    const fees = sum(rows.map(({ execFee, feeCurrency }) => (feeCurrency === one.coin ? execFee : '0')))
    const change = traded.minus(fees)
    one.foreign.moveCoins(change, ownedOf(one, this.#wallet()).minus(change))
  }

  #moved({ symbol, side }: Row, rows: readonly Row[], how: 'movePosition' | 'forcePosition'): void {
    const one = this.#known().find(each => each.symbol === symbol)
    if (!one) return
    const contracts = sum(rows.map(({ execQty }) => execQty)).times(side === 'Buy' ? 1 : -1)
    const change = contracts.times(one.multiplier)
    one.foreign[how](change, positionOf(one, this.#positions()).minus(change))
  }

  #known(): Coin[] {
    this.#coins ??= this.#site.symbols.map(symbol => {
      const [perp] = this.#list('/v5/market/instruments-info', { category: 'linear', symbol })
      return coinOf(symbol, perp)
    })
    return this.#coins
  }

  #wallet(): Row[] {
    const [wallet] = this.#list('/v5/account/wallet-balance', { accountType: 'UNIFIED' })
    return (wallet?.coin ?? []) as unknown as Row[]
  }

  #positions(): Row[] {
    return this.#list('/v5/position/list', { category: 'linear', settleCoin: 'USDT' })
  }

  #list(path: string, params: Row): Row[] {
    return ((this.#request(path, params).result as { list?: Row[] }).list ?? []) as Row[]
  }

  /** With a key of its own: what befalls the engine's does not blind it. */
  #request(path: string, params: Row, method: 'GET' | 'POST' = 'GET') {
    this.#isOwn = true
    try {
      const { uid } = this.#site
      return this.#site.core().request({ via: 'rest', method, path, params, uid, key: WITNESS_KEY })
    } finally {
      this.#isOwn = false
    }
  }
}

const WITNESS_KEY = 'witness'
/** The exchange's own doing, by `execType`. */
const FORCED: ReadonlySet<string> = new Set(['AdlTrade', 'BustTrade', 'Delivery'])

const rowsOf = (data: Json | undefined): Row[] => (Array.isArray(data) ? (data as unknown as Row[]) : [])

function coinOf(symbol: string, perp: Row | undefined): Coin {
  const [, front = '1', coin = '', back = '1'] = /^(10*)?([A-Z]+?)(10+)?USDT$/.exec(symbol) ?? []
  const multiplier = new Decimal(front).times(back)
  const filter = perp?.lotSizeFilter as unknown as Row | undefined
  return {
    symbol,
    coin,
    spotSymbol: `${coin}USDT`,
    multiplier,
    lot: new Decimal(filter?.qtyStep ?? 1).times(multiplier),
    foreign: new Foreign(),
    isHandsOff: false,
  }
}

/** More coins, owned or owed, than the perpetual covers. */
const isSpotAhead = ({ spot, short }: Legs): boolean => spot.abs().gt(short.abs())

/**
 * A lot or more apart, and somebody could order it away: coins from the smallest order on, of a perpetual that is ahead of its coins
 * any lot, as reduce-only orders need no least value.
 */
export function isApart({ lots, short, notionalUsdt }: Legs, leastUsdt: number): boolean {
  if (lots.abs().lt(1)) return false
  const isPerpAhead = !short.isZero() && short.isNegative() !== lots.isNegative()
  return isPerpAhead || notionalUsdt >= leastUsdt
}

/** The whole position in base coins, signed. */
function positionOf({ symbol, multiplier }: Coin, positions: readonly Row[]): Decimal {
  const row = positions.find(each => each.symbol === symbol)
  return new Decimal(row?.size || 0).times(multiplier).times(row?.side === 'Sell' ? -1 : 1)
}

const sum = (amounts: readonly (string | undefined)[]): Decimal =>
  amounts.reduce((total, amount) => total.plus(amount || 0), new Decimal(0))

/** Coins of the account, less those it owes. */
function ownedOf({ coin }: Coin, wallet: readonly Row[]): Decimal {
  const row = wallet.find(each => each.coin === coin)
  return new Decimal(row?.walletBalance || 0).minus(row?.spotBorrow || 0)
}

function takeGiven(one: Coin, wallet: readonly Row[]): void {
  if (!one.given || ownedOf(one, wallet).eq(one.given.before)) return
  one.foreign.moveCoins(one.given.change, one.given.before)
  one.given = undefined
}

function legsOf(one: Coin, wallet: readonly Row[], positions: readonly Row[]): Legs {
  const { symbol, coin, lot, multiplier, foreign } = one
  const row = wallet.find(each => each.coin === coin)
  const mark = positions.find(each => each.symbol === symbol)?.markPrice
  const spot = ownedOf(one, wallet).minus(foreign.coins)
  const short = positionOf(one, positions).minus(foreign.position).negated()
  const gap = spot.minus(short)
  const price = new Decimal(mark || 0).div(multiplier)
  const worth = price.gt(0)
    ? price
    : new Decimal(row?.usdValue || 0).div(Decimal.max(row?.walletBalance || 0, '1e-12'))
  return { symbol, spot, short, lots: gap.div(lot), notionalUsdt: gap.abs().times(worth).toNumber() }
}
