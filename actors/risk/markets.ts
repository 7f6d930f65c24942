/**
 * Reads what changes rarely and endangers a hedge when it does: lending, collateral, risk tiers, announced maintenance, the
 * insurance pools, and the instruments themselves. All of it goes on the board; what cannot be read stays as it was.
 */
import type { HedgePair } from '../../src/domain/instrument.ts'
import type { JsonObject } from '../../src/domain/json.ts'
import type { CollateralView, RiskTier } from '../../src/domain/market/collateral.ts'
import { HOUR_MS } from '../../src/domain/market/funding.ts'
import type { SystemNotice } from '../../src/domain/risk/risk-facts.ts'
import { baseQty, usdt } from '../../src/domain/units.ts'
import type { TermsStore } from '../../src/store/books/operator-store.ts'
import { hedges } from '../account/reconciler.ts'
import { gently } from '../market/readings.ts'
import type { Ports } from '../ports.ts'
import type { PlainKind } from '../runtime/running.ts'
import { pause, service } from '../service.ts'

type WatchedPorts = Ports<
  'clock' | 'pace' | 'speed' | 'exchange' | 'board' | 'rules' | 'telemetry' | 'alerts' | 'runtime'
>
type RiskMarketsPorts = WatchedPorts & Kept

type Kept = { terms: TermsStore }
type ReadEachPorts = Ports<'clock' | 'pace' | 'speed' | 'exchange' | 'board' | 'rules' | 'telemetry'> & Kept

type ReadNoticesPorts = Ports<'clock' | 'exchange' | 'board' | 'telemetry' | 'alerts' | 'runtime'>

type EndMaintenancePorts = Ports<'clock' | 'board' | 'telemetry' | 'runtime'>

const MINUTE_MS = 60_000
/** Wall milliseconds between two requests. */
const BETWEEN_MS = 250
const TIERS_EVERY_MS = 24 * HOUR_MS
const LENT_EVERY_MS = 10 * MINUTE_MS

type Reading = {
  name: string
  everyMs: number
  /** However slow the pace. */
  atLeastEveryMs?: number
  read(ports: RiskMarketsPorts): Promise<void>
}

/** Of the exchange as a whole, in the order in which they are first read. */
const READINGS: readonly Reading[] = [
  { name: 'maintenance notices', everyMs: MINUTE_MS, read: readNotices },
  { name: 'collateral', everyMs: 10 * MINUTE_MS, read: readCollateral },
  {
    name: 'deleveraging alerts',
    everyMs: MINUTE_MS,
    read: async ({ board, exchange }) => board.setAdlAlerts(await exchange.adlAlerts()),
  },
  { name: 'interest on USDT', everyMs: 10 * MINUTE_MS, read: readUsdt },
  { name: 'instruments', everyMs: 10 * MINUTE_MS, read: readInstruments },
  // Some come no more than an hour or two ahead.
  {
    name: 'announced delistings',
    everyMs: 10 * MINUTE_MS,
    atLeastEveryMs: 30 * MINUTE_MS,
    read: readDelistings,
  },
]

/** @param terms - keeps what was read last, for the next start and for hours in which it cannot be read */
export const riskMarkets = (watched: WatchedPorts, terms: TermsStore): PlainKind =>
  service(async signal => {
    const ports = { ...watched, terms }
    await takeUpTerms(ports)
    await Promise.all([readWhole(ports, signal), readEach(ports, signal)])
  })

const COLLATERAL = 'collateral'
const TIERS = 'risk-tiers '

/** What an earlier process read serves until it is read anew. */
async function takeUpTerms({ board, terms, telemetry }: Ports<'board' | 'telemetry'> & Kept): Promise<void> {
  try {
    for (const { name, terms: read, readAtMs } of await terms.lastTerms()) {
      const symbol = name.slice(TIERS.length)
      if (name === COLLATERAL)
        board.setCollateral(read as unknown as Record<string, CollateralView>, readAtMs)
      else if (name.startsWith(TIERS) && !board.view(symbol)?.riskTiers)
        board.setParts(symbol, { riskTiers: read.tiers as unknown as RiskTier[] })
    }
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error)
    telemetry.inputRefused('reading', `stored terms: ${because}`)
  }
}

/** Terms that cannot be kept are terms all the same. */
async function keepTerms(
  { terms, clock, telemetry }: Ports<'clock' | 'telemetry'> & Kept,
  name: string,
  read: JsonObject,
): Promise<void> {
  try {
    await terms.keepTerms({ name, terms: read, readAtMs: clock.nowMs() })
  } catch (error) {
    telemetry.log.warn('terms.unkept', {
      name,
      error: error instanceof Error ? error.message : String(error),
    })
  }
}

/** Beyond this a person is told that the ratios are old. */
const TERMS_OLD_MS = 30 * MINUTE_MS

function tellAge({ board, clock, alerts, pace }: Ports<'board' | 'clock' | 'alerts' | 'pace'>): void {
  const readAtMs = board.collateralReadAtMs()
  if (readAtMs === undefined) return
  const ageMs = clock.nowMs() - readAtMs
  if (ageMs > TERMS_OLD_MS * pace) alerts.raise('ticket', 'terms.old', { ageMs })
  else alerts.clear('terms.old')
}

async function readWhole(ports: RiskMarketsPorts, signal: AbortSignal): Promise<void> {
  const { clock, pace, speed, board } = ports
  const dueAtMs = new Map(READINGS.map(({ name }) => [name, 0]))
  const toldOf = new Map<string, string>()
  for (;;) {
    const doubt = board.nextDoubt()
    for (const reading of READINGS) {
      if ((dueAtMs.get(reading.name) ?? 0) > clock.nowMs()) continue
      const { name, everyMs, atLeastEveryMs = Number.POSITIVE_INFINITY } = reading
      dueAtMs.set(name, clock.nowMs() + Math.min(everyMs * pace, atLeastEveryMs))
      if (!(await readSafely(ports, reading)))
        dueAtMs.set(name, clock.nowMs() + Math.min(everyMs, MINUTE_MS) * pace)
      if (!(await pause(clock, BETWEEN_MS * speed, signal))) return
    }
    endMaintenance(ports)
    tellAge(ports)
    tellAdl(ports)
    if (isToldOtherwise(board, toldOf)) dueAtMs.set('instruments', 0)
    const nextMs = Math.min(...dueAtMs.values()) - clock.nowMs()
    await pause(clock, Math.max(1_000, Math.min(nextMs, MINUTE_MS * pace)), AbortSignal.any([signal, doubt]))
    if (doubt.aborted) dueAtMs.set('instruments', 0)
    // However often orders are refused: not in a tight circle.
    if (!(await pause(clock, 1_000 * speed, signal))) return
  }
}

/** False when it could not be read: it is tried again sooner than its turn. */
async function readSafely(ports: RiskMarketsPorts, { name, read }: Reading): Promise<boolean> {
  try {
    await read(ports)
    return true
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error)
    ports.telemetry.inputRefused('reading', `${name}: ${because}`)
    return false
  }
}

/** A ticker told of another funding interval, or a notice of a delisting: caps and delivery times are read anew. */
function isToldOtherwise(board: RiskMarketsPorts['board'], toldOf: Map<string, string>): boolean {
  let isOther = false
  for (const symbol of board.symbols()) {
    const { intervalChangedAtMs = '', delisting } = board.view(symbol) ?? {}
    const told = `${intervalChangedAtMs} ${delisting?.title ?? ''}`
    isOther ||= told !== (toldOf.get(symbol) ?? ' ')
    toldOf.set(symbol, told)
  }
  return isOther
}

function readEach(ports: ReadEachPorts, signal: AbortSignal): Promise<void> {
  const { board, exchange, rules, pace } = ports
  const tiersReadAtMs = new Map<string, number>()
  // However slow the pace: never so rarely that what is known of lending is stale.
  const lentEveryMs = Math.min(LENT_EVERY_MS * pace, rules.limits.borrowAgeMsMax / 2)
  const isLending = rules.strategy.directions.includes('reverse-carry')
  return gently(ports, signal, {
    name: 'terms',
    async read(symbol, rest) {
      const pair = board.view(symbol)?.pair
      if (!pair) return
      const nowMs = ports.clock.nowMs()
      if (nowMs - (tiersReadAtMs.get(symbol) ?? 0) >= TIERS_EVERY_MS) {
        const riskTiers = await exchange.riskTiers(symbol)
        tiersReadAtMs.set(symbol, nowMs)
        board.setParts(symbol, { riskTiers })
        await keepTerms(ports, `${TIERS}${symbol}`, { tiers: riskTiers satisfies object as JsonObject[] })
        await rest()
      }
      if (!isLending) return
      const { hourlyRate, availableBase, marginTrading } = await exchange.borrowTerms(pair.baseCoin)
      // A person may have switched the market's margin trading off, or the exchange has.
      const isLent = marginTrading && pair.spot.marginTrading
      board.setParts(symbol, {
        borrow: { hourlyRate, availableBase: baseQty(availableBase), marginTrading: isLent },
      })
    },
    nextAtMs: (_, nowMs) => nowMs + (isLending ? lentEveryMs : TIERS_EVERY_MS),
  })
}

async function readCollateral(ports: RiskMarketsPorts): Promise<void> {
  const { board, clock, exchange, alerts } = ports
  const byCoin = await exchange.collateralTiers()
  board.setCollateral(byCoin, clock.nowMs())
  await keepTerms(ports, COLLATERAL, byCoin satisfies object as JsonObject)
  for (const { baseCoin } of board.pairs()) {
    if (byCoin[baseCoin]?.restricted) alerts.raise('ticket', 'collateral.restricted', { coin: baseCoin })
    else alerts.clear('collateral.restricted', baseCoin)
  }
}

async function readUsdt({ board, exchange }: Ports<'exchange' | 'board'>): Promise<void> {
  const { hourlyRate, freeLimit } = await exchange.borrowTerms('USDT')
  const parts = { usdtHourlyRate: hourlyRate, usdtFreeBorrow: usdt(freeLimit) }
  for (const symbol of board.symbols()) board.setParts(symbol, parts)
}

/** Deliveries, minimums, status: a market that is no longer listed does not trade. */
async function readInstruments({
  board,
  exchange,
  telemetry,
}: Ports<'exchange' | 'board' | 'telemetry'>): Promise<void> {
  const { spot: spots, perps } = await exchange.instruments()
  const spotOf = new Map(spots.map(each => [each.symbol, each]))
  const perpOf = new Map(perps.map(each => [each.symbol, each]))
  for (const was of board.pairs()) {
    const spot = spotOf.get(was.spot.symbol) ?? { ...was.spot, trading: false }
    const perp = perpOf.get(was.symbol) ?? { ...was.perp, trading: false }
    // Which coin a contract is a multiple of was proven when the pair was made.
    const pair: HedgePair = { ...was, spot, perp: { ...perp, multiplier: was.perp.multiplier } }
    if (board.setPair(pair)) telemetry.log.warn('funding.terms-changed', { symbol: was.symbol })
  }
}

/** What was announced before this has long happened, or never will. */
const ANNOUNCED_MS_MAX = 60 * 24 * HOUR_MS

/** The exchange tells people of an end days before its instruments say so; of a spot market they never do. */
async function readDelistings({ board, clock, exchange, alerts, runtime }: RiskMarketsPorts): Promise<void> {
  const sinceMs = clock.nowMs() - ANNOUNCED_MS_MAX
  const notices = (await exchange.delistings()).filter(({ publishedAtMs }) => publishedAtMs >= sinceMs)
  const held = new Set(hedges({ runtime }).map(({ context }) => context.plan.symbol))
  for (const symbol of board.setDelistings(notices)) {
    const because = `announced: ${board.view(symbol)?.delisting?.title ?? ''}`
    if (held.has(symbol)) alerts.raise('page', 'symbol.delisting', { symbol, because })
  }
}

/** The nearest maintenance of a market we trade on; a notice that is under way lasts until it says that it is over. */
async function readNotices(ports: ReadNoticesPorts): Promise<void> {
  const { board, clock, exchange } = ports
  const notices = await exchange.systemNotices()
  const nowMs = clock.nowMs()
  const [next] = notices.filter(notice => concerns(notice, nowMs)).sort((a, b) => a.fromMs - b.fromMs)
  if (next) {
    const untilMs = next.state === 'ongoing' ? Math.max(next.toMs, nowMs + 2 * MINUTE_MS) : next.toMs
    board.setMaintenance({ atMs: next.fromMs, untilMs })
    ports.alerts.raise('ticket', 'venue.maintenance', {
      subject: next.id,
      title: next.title,
      fromMs: next.fromMs,
      untilMs,
    })
  } else if (board.maintenance()) leave(ports)
  for (const { id } of notices.filter(notice => !concerns(notice, nowMs)))
    ports.alerts.clear('venue.maintenance', id)
}

const concerns = ({ state, products, toMs }: SystemNotice, nowMs: number): boolean =>
  (state === 'ongoing' || (state === 'scheduled' && toMs > nowMs)) &&
  (products.length === 0 || products.includes('futures') || products.includes('spot'))

function endMaintenance(ports: EndMaintenancePorts): void {
  const untilMs = ports.board.maintenance()?.untilMs
  if (untilMs !== undefined && ports.clock.nowMs() >= untilMs) leave(ports)
}

/** Back from a maintenance everything is compared anew before new risk is taken. */
function leave({ board, clock, runtime, telemetry }: EndMaintenancePorts): void {
  const begun = clock.nowMs() >= (board.maintenance()?.atMs ?? Number.POSITIVE_INFINITY)
  if (begun) {
    telemetry.log.info('maintenance.over', {})
    runtime().deliver('engine', { type: 'engine.reconcile' })
  }
  board.setMaintenance(null)
}

/** A place in the queue changes with every price: one step back is not yet the end. */
const ADL_RANK_SLACK = 1

/** A hedge whose short stands near the front of the queue: nothing is added, and a person is told. */
function tellAdl(ports: Ports<'board' | 'rules' | 'alerts' | 'runtime'>): void {
  const { board, rules, alerts } = ports
  const { adlRankMax } = rules.strategy
  const told = new Set(
    alerts.standing().flatMap(({ name, subject }) => (name === 'adl.near' ? [subject] : [])),
  )
  const held = new Set(hedges(ports).map(({ context }) => context.plan.symbol))
  for (const symbol of board.symbols()) {
    const rank = board.view(symbol)?.adl?.rank ?? 0
    const isNear = rank >= adlRankMax - (told.has(symbol) ? ADL_RANK_SLACK : 0)
    if (held.has(symbol) && isNear) alerts.raise('ticket', 'adl.near', { symbol, rank })
    else alerts.clear('adl.near', symbol)
  }
}
