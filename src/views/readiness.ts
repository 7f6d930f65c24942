/** Is the engine ready? Each part of it that can be missing, with how it stands; of what is read, how old it may be. */
import { AUDITED_MS_MAX } from '../../actors/risk/audit.ts'
import { JUDGED_MS_MAX } from '../../actors/risk/watch.ts'
import type { EngineContext } from '../../machines/engine.ts'
import type { HealthPart } from '../api/engine-view.ts'
import type { ExchangeClock } from '../clock/exchange-clock.ts'
import type { Engine } from '../run/engine.ts'
import type { Journal } from '../store/schema/records.ts'
import { agoText, countText, lengthText } from '../wording/figures.ts'

export type ReadinessParts = {
  engine: Engine
  journal: Journal
  isOwner: () => boolean
  /** Left out where the exchange is in this process. */
  exchangeTime?: Pick<ExchangeClock, 'isSure' | 'heardAgoMs'>
}

/** Feeds silent for this long are not ready. Engine time. */
const FEED_AGE_MS_MAX = 120_000
const JOURNAL_READY_MS = 3_000
/** What a reading may take beside its bound, of the machine. */
const READING_WALL_MS = 5_000
/** Of the machine. The exchange is asked for its time every two seconds. */
const EXCHANGE_READY_MS = 4_500

function exchangeParts({ isSure, heardAgoMs }: NonNullable<ReadinessParts['exchangeTime']>): HealthPart[] {
  const agoMs = Math.round(heardAgoMs())
  return [
    { name: 'exchange', ok: agoMs <= EXCHANGE_READY_MS, detail: `answered ${agoMs} ms ago` },
    {
      name: 'clock',
      ok: isSure(),
      detail: isSure() ? 'on the exchange’s time' : 'the exchange’s time is not known',
    },
  ]
}

/** What is known of the account is as old as its last whole reading: everything that is signed goes into one of these. */
function accountParts({ ports, auditedAtMs }: Engine): HealthPart[] {
  const nowMs = ports.clock.nowMs()
  const judgedAtMs = ports.risk()?.judgedAtMs
  const part = (name: string, atMs: number | undefined, maxMs: number): HealthPart => ({
    name,
    ok: atMs !== undefined && nowMs - atMs <= maxMs * ports.pace + READING_WALL_MS * ports.speed,
    detail: atMs === undefined ? 'not read yet' : `read ${agoText(nowMs - atMs)}`,
  })
  return [
    part('account risk', judgedAtMs, JUDGED_MS_MAX),
    part('account audit', auditedAtMs(), AUDITED_MS_MAX),
  ]
}

/** Ready is what has no part that is not ok. Reads what is in memory; asks nobody. */
export function readiness({ engine, journal, isOwner, exchangeTime }: ReadinessParts): HealthPart[] {
  const state = engine.runtime.get('engine')?.cell?.state ?? 'absent'
  const { oldestPendingMs, pending } = journal.health()
  const ages = engine.board.ageMs()
  const context = engine.runtime.get('engine')?.actor.getSnapshot().context as EngineContext | undefined
  const orderEntryReady = engine.ports.exchange.orderEntryReady()
  const feed = (name: string, ageMs: number): HealthPart => ({
    name: `feed ${name}`,
    ok: ageMs <= FEED_AGE_MS_MAX,
    detail: Number.isFinite(ageMs) ? `heard ${agoText(ageMs)}` : 'not heard yet',
  })
  return [
    { name: 'engine', ok: /^(trading|reducing|halted)$/.test(state), detail: state },
    { name: 'lease', ok: isOwner(), detail: isOwner() ? 'held' : 'in doubt' },
    ...(exchangeTime ? exchangeParts(exchangeTime) : []),
    {
      name: 'journal',
      ok: oldestPendingMs <= JOURNAL_READY_MS,
      detail:
        pending === 0
          ? 'every record is durable'
          : `${countText(pending, 'record')} not durable yet, the oldest for ${lengthText(oldestPendingMs)}`,
    },
    {
      name: 'account stream',
      ok: context?.accountUp === true,
      detail: context?.accountUp === true ? 'up' : 'down',
    },
    {
      name: 'order entry',
      ok: orderEntryReady,
      detail: orderEntryReady ? 'ready' : (engine.ports.exchange.keyRefusal()?.says ?? 'down'),
    },
    ...accountParts(engine),
    feed('spot', ages.spot),
    feed('linear', ages.linear),
  ]
}
