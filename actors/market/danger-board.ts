/**
 * The part of the board that warns: lending, collateral, risk tiers, how near deleveraging is, maintenance, and what changed in
 * a market's own terms. It is read rarely and holds until it is read again; what is not known is left out of the view.
 */
import { Decimal } from 'decimal.js'
import type { Clock } from '../../src/clock/clock.ts'
import type { HedgePair } from '../../src/domain/instrument.ts'
import type { CollateralView } from '../../src/domain/market/collateral.ts'
import { HOUR_MS } from '../../src/domain/market/funding.ts'
import type { AdlView, MarketView } from '../../src/domain/market/market-view.ts'
import type { AdlAlert } from '../../src/domain/risk/risk-facts.ts'
import type { DelistingNotice, PerpTicker } from '../../src/exchange/exchange.ts'
import type { TrackedMarket } from './tracked-market.ts'

/** Announced, or under way: from when, and until when as far as is told. */
type Maintenance = { atMs: number; untilMs: number }

/** What is read rarely and holds until it is read again. */
type SlowParts = Pick<MarketView, 'borrow' | 'riskTiers' | 'usdtHourlyRate' | 'usdtFreeBorrow'>

export type DangerBoard = {
  setParts(symbol: string, parts: SlowParts): void
  /** The pair as the exchange lists it now. True when its funding interval or a cap of its rate is another. */
  setPair(pair: HedgePair): boolean
  /** An order was refused as if its market's terms were others than those known here. */
  doubtTerms(): void
  /** Ends with the next doubt. */
  nextDoubt(): AbortSignal
  /** By coin, those of no tracked pair too. @param readAtMs - when they were read; older than what is known, they change nothing */
  setCollateral(byCoin: Readonly<Record<string, CollateralView>>, readAtMs: number): void
  /** Undefined: not taken as collateral, or not read yet (see `collateralReadAtMs`). */
  collateral(coin: string): CollateralView | undefined
  /** When the ratios known here were read; undefined before the first reading. */
  collateralReadAtMs(): number | undefined
  /** Announced ends of markets, as they are listed now. Gives the tracked symbols of which nothing was known before. */
  setDelistings(notices: readonly DelistingNotice[]): string[]
  setMaintenance(maintenance: Maintenance | null): void
  maintenance(): Maintenance | null
  /** Of our own position: its place in the queue to be deleveraged, 0 without one. */
  setAdlRank(symbol: string, rank: number): void
  setAdlAlerts(alerts: readonly AdlAlert[]): void
}

/** @param markets - the board's own, by symbol */
export function dangerBoard(clock: Clock, markets: ReadonlyMap<string, TrackedMarket>) {
  const collateral = new Map<string, CollateralView>()
  let collateralReadAtMs: number | undefined
  let maintenance: Maintenance | null = null
  let doubt = new AbortController()

  const setAdl = (symbol: string, part: Partial<AdlView>) => {
    const market = markets.get(symbol)
    market?.change({ adl: { rank: 0, ...market.parts.adl, ...part } })
  }

  const setPair = (pair: HedgePair): boolean => {
    const market = markets.get(pair.symbol)
    if (!market) return false
    const was = market.parts.pair
    const nowMs = clock.nowMs()
    const isOther = !hasSameFunding(was.perp, pair.perp)
    const isListedNow = pair.spot.trading && !was.spot.trading
    market.change({
      pair,
      ...(isOther && { intervalChangedAtMs: nowMs }),
      // A spot market that opens after its perpetual is the younger one.
      ...(isListedNow && { listedAtMs: Math.max(nowMs, pair.perp.launchedAtMs) }),
    })
    return isOther
  }

  const setMaintenance = (announced: Maintenance | null) => {
    maintenance = announced
    for (const market of markets.values())
      if (announced) market.change({ maintenanceAtMs: announced.atMs, maintenanceUntilMs: announced.untilMs })
      else market.drop('maintenanceAtMs', 'maintenanceUntilMs')
  }

  return {
    ofTicker: tickerWatch(),
    setParts(symbol: string, parts: SlowParts) {
      markets.get(symbol)?.change(parts, parts.borrow ? { borrow: clock.nowMs() } : undefined)
    },
    setPair,
    doubtTerms() {
      const raised = doubt
      doubt = new AbortController()
      raised.abort()
    },
    nextDoubt: () => doubt.signal,
    setCollateral(byCoin: Readonly<Record<string, CollateralView>>, readAtMs: number) {
      if (collateralReadAtMs !== undefined && readAtMs < collateralReadAtMs) return
      collateralReadAtMs = readAtMs
      for (const [coin, view] of Object.entries(byCoin)) collateral.set(coin, view)
      for (const market of markets.values()) {
        const view = byCoin[market.parts.pair.baseCoin]
        if (view) market.change({ collateral: view })
      }
    },
    collateral: (coin: string) => collateral.get(coin),
    collateralReadAtMs: () => collateralReadAtMs,
    setDelistings: (notices: readonly DelistingNotice[]) => noteDelistings(markets, notices),
    setMaintenance,
    maintenance: () => maintenance,
    setAdlRank: (symbol: string, rank: number) => setAdl(symbol, { rank }),
    setAdlAlerts(alerts: readonly AdlAlert[]) {
      for (const { symbol, pnlRatio, insurancePnlRatio } of alerts)
        setAdl(symbol, { pnlRatio, triggerRatio: insurancePnlRatio })
    },
  }
}

/** Gives the symbols of which nothing was known before. */
function noteDelistings(
  markets: ReadonlyMap<string, TrackedMarket>,
  notices: readonly DelistingNotice[],
): string[] {
  const fresh: string[] = []
  for (const [symbol, market] of markets) {
    const delisting = delistingOf(market.parts.pair, notices)
    if (delisting && !market.parts.delisting) fresh.push(symbol)
    if (delisting) market.change({ delisting })
    else if (market.parts.delisting) market.drop('delisting')
  }
  return fresh
}

/** The first notice that is about one of a pair's markets; one that does not say which is about both. */
function delistingOf(
  { spot, perp }: HedgePair,
  notices: readonly DelistingNotice[],
): MarketView['delisting'] {
  const isAbout = ({ symbols, markets }: DelistingNotice, { symbol, market }: HedgePair['spot' | 'perp']) =>
    symbols.includes(symbol) && (markets.length === 0 || markets.includes(market))
  const own = notices.filter(notice => isAbout(notice, spot) || isAbout(notice, perp))
  const endsSpot = own.find(notice => notice.markets.includes('spot') && isAbout(notice, spot))
  const told = endsSpot ?? own[0]
  return told && { title: told.title, endsSpot: endsSpot !== undefined }
}

/** What a ticker says beside itself: how much the price moves, and that the funding interval is another. */
function tickerWatch() {
  // Kept beside the ticker, which is forgotten at each gap.
  const known = new Map<string, { volatility: Volatility; fundingIntervalMs: number }>()
  return (
    market: TrackedMarket,
    { symbol, markPrice, fundingIntervalMs }: PerpTicker,
    nowMs: number,
  ): void => {
    const before = known.get(symbol)
    if (before && before.fundingIntervalMs !== fundingIntervalMs)
      market.change({ intervalChangedAtMs: nowMs })
    const { volatility } = before ?? { volatility: createVolatility() }
    if (before) before.fundingIntervalMs = fundingIntervalMs
    else known.set(symbol, { volatility, fundingIntervalMs })
    if (!volatility.hear(markPrice, nowMs)) return
    const volatilityPerHour = volatility.perHour()
    if (volatilityPerHour !== undefined) market.change({ volatilityPerHour })
  }
}

type Funding = Pick<HedgePair['perp'], 'fundingIntervalMs' | 'fundingRateMax' | 'fundingRateMin'>

const hasSameFunding = (was: Funding, is: Funding): boolean =>
  was.fundingIntervalMs === is.fundingIntervalMs &&
  new Decimal(was.fundingRateMax).eq(is.fundingRateMax) &&
  new Decimal(was.fundingRateMin).eq(is.fundingRateMin)

/** Prices nearer together than this say more of the book than of the market. */
const STEP_MS = 60_000
/** Half of what is known is this old or younger. */
const HALF_LIFE_MS = 6 * HOUR_MS
/** Before this much was heard nothing is said. */
const HEARD_MIN_MS = HOUR_MS

type Volatility = {
  /** True when it says something new. */
  hear(price: string, atMs: number): boolean
  /** Standard deviation of the price over one hour, a fraction; undefined while too little was heard. */
  perHour(): number | undefined
}

/** How much a price moves in an hour, from the prices that are heard: recent moves count more. A judgement, never an amount. */
export function createVolatility(): Volatility {
  let last: { price: number; atMs: number } | undefined
  let [squares, hours, heardMs] = [0, 0, 0]
  return {
    hear(text, atMs) {
      if (last && atMs - last.atMs < STEP_MS) return false
      const price = Number(text)
      if (!(price > 0)) return false
      if (last) {
        const ms = atMs - last.atMs
        const kept = 0.5 ** (ms / HALF_LIFE_MS)
        squares = squares * kept + Math.log(price / last.price) ** 2
        hours = hours * kept + ms / HOUR_MS
        heardMs += ms
      }
      last = { price, atMs }
      return true
    },
    perHour: () => (heardMs >= HEARD_MIN_MS && hours > 0 ? Math.sqrt(squares / hours) : undefined),
  }
}
