/**
 * What the exchange itself saw of a day, before any fault touched it: the orders that arrived, what people did, and what stood
 * unhedged for how long. It reads the account as the exchange has it, never what the engine believes.
 */
import { Decimal } from 'decimal.js'
import type { Json } from '../../domain/json.ts'
import type { Intercept } from '../../exchange/simulator/create.ts'
import type { CoreRequest, Push, SimulatedBybit } from '../../exchange/simulator/simulated.ts'
import { type Stretch, Stretches } from './stretches.ts'

const ZERO = new Decimal(0)

export class Foreign {
  /** Base coins, never negative. */
  coins = ZERO
  /** Base coins of the perpetual, signed: negative is short. */
  position = ZERO

  /** @param change - base coins that came in, or went out where negative */
  moveCoins(change: Decimal): void {
    this.coins = Decimal.max(0, this.coins.plus(change))
  }

  /**
   * A person's trade of the perpetual.
   *
   * @param change - base coins, signed
   * @param before - the whole position before it, base coins, signed
   */
  movePosition(change: Decimal, before: Decimal): void {
    const own = before.minus(this.position)
    const undone = towardsZero(this.position, change)
    const left = change.minus(undone)
    this.position = this.position.plus(undone).plus(left.minus(towardsZero(own, left)))
  }
}

/** The part of a change that brings an amount nearer to zero, and not beyond. */
const towardsZero = (amount: Decimal, change: Decimal): Decimal =>
  amount.isZero() || change.isZero() || amount.isNegative() === change.isNegative()
    ? ZERO
    : Decimal.min(amount.abs(), change.abs()).times(change.isNegative() ? -1 : 1)

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
  /**
   * The same where coins that people bought have repaid a debt of the same coin, as an account does by itself: it cannot be seen
   * whose they were, and what is less apart so is not apart.
   */
  netted: { lots: Decimal; notionalUsdt: number }
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
  #wasAble = false

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
    if (!this.#isDirty && able === this.#wasAble) return
    this.#isDirty = false
    this.#wasAble = able
    for (const { symbol, netted } of this.legs())
      this.#stretches.note(symbol, netted.lots, netted.notionalUsdt, nowMs, able)
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
    return this.#known().map(one => legsOf(one, wallet, positions))
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

  /** What the smallest spot order of a symbol is worth at present, USDT: less can be left and is dust. */
  leastUsdt(symbol: string): number {
    const spotSymbol = this.#known().find(each => each.symbol === symbol)?.spotSymbol ?? symbol
    const [row] = this.#list('/v5/market/instruments-info', { category: 'spot', symbol: spotSymbol })
    return Number((row?.lotSizeFilter as unknown as Row | undefined)?.minOrderAmt ?? 0)
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

  /** Coins that somebody gave or took away. */
  gave(coin: string, amount: string): void {
    this.#known()
      .find(each => each.coin === coin)
      ?.foreign.moveCoins(new Decimal(amount))
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
    for (const row of rowsOf(message.data))
      if (row.orderLinkId === '' && row.createType === 'CreateByUser' && row.execType === 'Trade')
        this.#handTraded(row)
  }

  #handTraded({ category, symbol, side, execQty, execFee, feeCurrency }: Row): void {
    const isSpot = category === 'spot'
    const one = this.#known().find(each => (isSpot ? each.spotSymbol : each.symbol) === symbol)
    if (!one || execQty === undefined) return
    const sign = side === 'Buy' ? 1 : -1
    if (isSpot) {
      const fee = feeCurrency === one.coin ? new Decimal(execFee ?? 0) : 0
      one.foreign.moveCoins(new Decimal(execQty).times(sign).minus(fee))
      return
    }
    const change = new Decimal(execQty).times(one.multiplier).times(sign)
    const after = positionOf(one, this.#positions())
    one.foreign.movePosition(change, after.minus(change))
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
  }
}

/** The whole position in base coins, signed. */
function positionOf({ symbol, multiplier }: Coin, positions: readonly Row[]): Decimal {
  const row = positions.find(each => each.symbol === symbol)
  return new Decimal(row?.size || 0).times(multiplier).times(row?.side === 'Sell' ? -1 : 1)
}

/** The nearer to level of what stands apart with and without people's coins; level where these lie on both sides of it. */
function nettedGap(gap: Decimal, coins: Decimal): Decimal {
  const whole = gap.plus(coins)
  if (whole.isNegative() !== gap.isNegative()) return new Decimal(0)
  return Decimal.min(gap.abs(), whole.abs()).times(gap.isNegative() ? -1 : 1)
}

function legsOf(one: Coin, wallet: readonly Row[], positions: readonly Row[]): Legs {
  const { symbol, coin, lot, multiplier, foreign } = one
  const row = wallet.find(each => each.coin === coin)
  const mark = positions.find(each => each.symbol === symbol)?.markPrice
  const spot = new Decimal(row?.walletBalance || 0).minus(row?.spotBorrow || 0).minus(foreign.coins)
  const short = positionOf(one, positions).minus(foreign.position).negated()
  const gap = spot.minus(short)
  const price = new Decimal(mark || 0).div(multiplier)
  const worth = price.gt(0)
    ? price
    : new Decimal(row?.usdValue || 0).div(Decimal.max(row?.walletBalance || 0, '1e-12'))
  const apart = (by: Decimal) => ({ lots: by.div(lot), notionalUsdt: by.abs().times(worth).toNumber() })
  return { symbol, spot, short, ...apart(gap), netted: apart(nettedGap(gap, foreign.coins)) }
}
