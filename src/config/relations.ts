/**
 * What must hold between the keys of the configuration, beyond each key by itself. Checked even when other keys are
 * faulty, so that a person sees all faults at once: a value that could not be read is left out of every relation.
 */
import { Decimal } from 'decimal.js'
import { isAmount } from './keys.ts'
import { type KeyValues, LIVE_ACKNOWLEDGEMENT } from './schema.ts'

type Relation = { key: string; found: unknown; expected: string }

type Partly<T> = { [K in keyof T]?: T[K] extends object ? Partly<T[K]> : T[K] }
type Found = Partly<KeyValues>

const TRADES_REAL_ACCOUNT: readonly string[] = ['demo', 'testnet', 'live']

/** Every broken relation. `values` may hold keys that failed their own check; those are passed over. */
export function brokenRelations(values: Found): Relation[] {
  return [
    ...strategyRelations(values),
    ...executionRelations(values),
    ...limitRelations(values),
    ...modeRelations(values),
    ...alertRelations(values),
  ]
}

function strategyRelations({ strategy = {} }: Found): Relation[] {
  const { fundingFastHours, fundingSlowHours, borrowCoverEntryMin, borrowCoverExitMin } = strategy
  return [
    ...atMost('strategy.fundingFastHours', fundingFastHours, 'strategy.fundingSlowHours', fundingSlowHours),
    ...atMost(
      'strategy.borrowCoverExitMin',
      borrowCoverExitMin,
      'strategy.borrowCoverEntryMin',
      borrowCoverEntryMin,
    ),
  ]
}

function executionRelations({ execution = {}, limits = {} }: Found): Relation[] {
  const { asksMin, asksMax, orderDeadlineMs, entryDeadlineMs, sliceNotionalUsdtMax } = execution
  return [
    ...atMost('execution.asksMin', asksMin, 'execution.asksMax', asksMax),
    ...atMost('execution.orderDeadlineMs', orderDeadlineMs, 'execution.entryDeadlineMs', entryDeadlineMs),
    ...atMost(
      'execution.sliceNotionalUsdtMax',
      sliceNotionalUsdtMax,
      'limits.hedgeNotionalUsdtMax',
      limits.hedgeNotionalUsdtMax,
    ),
    ...sliceBelowBound(sliceNotionalUsdtMax, limits.unhedgedNotionalUsdtMax),
  ]
}

/** How much of the bound a slice may be: the price moves between the decision and the fill. */
const SLICE_SHARE_MAX = '0.9'

/** A slice in flight is unhedged for a moment: were it above the bound, every slice would be repaired at once. */
function sliceBelowBound(slice: unknown, bound: unknown): Relation[] {
  if (!isAmount(slice) || !isAmount(bound)) return []
  const most = new Decimal(String(bound)).times(SLICE_SHARE_MAX)
  if (most.gte(String(slice))) return []
  const expected = `at most ${SLICE_SHARE_MAX} × limits.unhedgedNotionalUsdtMax (${most.toFixed()})`
  return [{ key: 'execution.sliceNotionalUsdtMax', found: slice, expected }]
}

function limitRelations({ limits = {} }: Found): Relation[] {
  const { hedgeNotionalUsdtMin, hedgeNotionalUsdtMax, totalNotionalUsdtMax } = limits
  const { solvencyWarnRate, solvencyReduceRate, solvencyFlattenRate, solvencyGapNear, solvencyGapFar } =
    limits
  return [
    ...atMost('limits.solvencyWarnRate', solvencyWarnRate, 'limits.solvencyReduceRate', solvencyReduceRate),
    ...atMost(
      'limits.solvencyReduceRate',
      solvencyReduceRate,
      'limits.solvencyFlattenRate',
      solvencyFlattenRate,
    ),
    ...atMost('limits.solvencyGapNear', solvencyGapNear, 'limits.solvencyGapFar', solvencyGapFar),
    ...atMost(
      'limits.hedgeNotionalUsdtMin',
      hedgeNotionalUsdtMin,
      'limits.hedgeNotionalUsdtMax',
      hedgeNotionalUsdtMax,
    ),
    ...atMost(
      'limits.hedgeNotionalUsdtMax',
      hedgeNotionalUsdtMax,
      'limits.totalNotionalUsdtMax',
      totalNotionalUsdtMax,
    ),
  ]
}

function modeRelations(values: Found): Relation[] {
  const mode = values.HEDGEROW_MODE ?? 'sim'
  const relations: Relation[] = []
  const ask = (key: string, found: unknown, expected: string) => relations.push({ key, found, expected })
  const { HEDGEROW_SPEED: speed, HEDGEROW_EXCHANGE_URL: exchangeUrl } = values
  if (mode !== 'sim' && speed !== undefined && speed !== 1)
    ask('HEDGEROW_SPEED', speed, `1, or nothing, in mode ${mode}: only sim runs faster than the wall clock`)
  if (mode !== 'sim' && exchangeUrl)
    ask('HEDGEROW_EXCHANGE_URL', exchangeUrl, `nothing in mode ${mode}: only sim talks to a simulator`)
  if (exchangeUrl && isBybit(exchangeUrl))
    ask(
      'HEDGEROW_EXCHANGE_URL',
      exchangeUrl,
      'a simulator, not Bybit: a real account is traded by HEDGEROW_MODE',
    )
  for (const key of ['BYBIT_API_KEY', 'BYBIT_API_SECRET'] as const) {
    const other = key === 'BYBIT_API_KEY' ? 'BYBIT_API_SECRET' : 'BYBIT_API_KEY'
    const missing = values[key] === undefined
    if (missing && TRADES_REAL_ACCOUNT.includes(mode)) ask(key, undefined, `a value in mode ${mode}`)
    else if (missing && values[other] !== undefined) ask(key, undefined, `a value, as ${other} is set`)
  }
  const { HEDGEROW_HOSTED_INSPECTOR_URL: inspectorUrl } = values
  if (mode === 'live' && inspectorUrl)
    ask(
      'HEDGEROW_HOSTED_INSPECTOR_URL',
      inspectorUrl,
      'nothing in mode live: what happens on a real account is shown to no other site',
    )
  if (mode === 'live' && values.acknowledgeLive === undefined)
    ask('acknowledgeLive', undefined, `the sentence "${LIVE_ACKNOWLEDGEMENT}" in the file, in mode live`)
  return relations
}

/** Half a way is none: its other half must be there, and the first to know is whoever configures it. */
function alertRelations(values: Found): Relation[] {
  const { alerts = {} } = values
  const { telegramChat, telegramRemote, mailTo, mailFrom, smtpHost, smtpUser } = alerts
  const needs: [boolean, string, unknown, string][] = [
    [
      Boolean(values.HEDGEROW_ALERT_TELEGRAM_TOKEN),
      'alerts.telegramChat',
      telegramChat,
      'the chat to write to',
    ],
    [
      Boolean(telegramChat),
      'HEDGEROW_ALERT_TELEGRAM_TOKEN',
      values.HEDGEROW_ALERT_TELEGRAM_TOKEN,
      'the token of the bot',
    ],
    [telegramRemote === true, 'alerts.telegramChat', telegramChat, 'the chat that may command'],
    [Boolean(mailTo), 'alerts.mailFrom', mailFrom, 'the sender of mail'],
    [Boolean(mailTo), 'alerts.smtpHost', smtpHost, 'the server that takes mail'],
    [Boolean(smtpHost), 'alerts.mailTo', mailTo, 'who hears by mail'],
    [
      Boolean(smtpUser),
      'HEDGEROW_ALERT_SMTP_PASSWORD',
      values.HEDGEROW_ALERT_SMTP_PASSWORD,
      'the password of alerts.smtpUser',
    ],
  ]
  return needs
    .filter(([isNeeded, , found]) => isNeeded && !found)
    .map(([, key, , what]) => ({ key, found: undefined, expected: `${what}: the other half of it is set` }))
}

function atMost(key: string, low: unknown, otherKey: string, high: unknown): Relation[] {
  const comparable = areNumbers(low, high) || (isAmount(low) && isAmount(high))
  if (!comparable || new Decimal(String(low)).lte(String(high))) return []
  return [{ key, found: low, expected: `at most ${otherKey} (${String(high)})` }]
}

const areNumbers = (...values: unknown[]) => values.every(value => typeof value === 'number')

const isBybit = (url: string) =>
  URL.canParse(url) && /(^|\.)(bybit|bytick|bybit-tr|bybitgeorgia)\.[a-z.]+$/i.test(new URL(url).hostname)
