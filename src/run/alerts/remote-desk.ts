/** What the chat may ask of a running engine, answered through the same view as the API and in the words of the terminal. */
import { createBot } from '../../alerts/remote/bot-api.ts'
import { type Commander, type RemoteDesk, startRemote } from '../../alerts/remote/remote.ts'
import type { Command, EngineView, SendOutcome } from '../../api/engine-view.ts'
import { refusalOfCommand } from '../../api/routes/commands.ts'
import type { Holding } from '../../api/rows/rows.ts'
import type { Clock } from '../../clock/clock.ts'
import type { Config } from '../../config/config.ts'
import { secretsOf } from '../../config/shown-config.ts'
import { redaction } from '../../telemetry/redaction.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import { whyText } from '../../wording/engine.ts'
import { amountText, countText, lengthText } from '../../wording/figures.ts'
import { spokenReason } from '../../wording/reasons.ts'
import { statusParts } from '../start/status-line.ts'

type Parts = { config: Config; view: EngineView; telemetry: Telemetry; wall: Clock }

/** Off unless it is configured; gives how to stop it. */
export function openRemote({ config, view, telemetry, wall }: Parts): () => void {
  const { telegramRemote, telegramChat: chat, telegramUrl: url, secrets } = config.alerts
  const token = secrets.HEDGEROW_ALERT_TELEGRAM_TOKEN
  if (!telegramRemote || !token || !chat) return () => {}
  telemetry.log.warn('telegram.remote', { chat, note: 'everybody in this chat may command the engine' })
  return startRemote({
    bot: createBot({ token, url }),
    chat,
    desk: remoteDesk(view),
    telemetry,
    wall,
    redact: redaction(secretsOf(config)),
  })
}

/** The engine as a chat asks for it. */
export function remoteDesk(view: EngineView): RemoteDesk {
  const nowMs = () => view.summary().nowMs
  return {
    async status() {
      // A database that is away leaves its part out.
      const profit = await view.profit('all').catch(() => undefined)
      const wrong = view.ready().filter(({ ok }) => !ok)
      const why = whyText(view.summary()).trim()
      return [
        ...statusParts(view, profit?.rows[0]),
        ...(why === '' ? [] : [why]),
        ...wrong.map(({ name, detail }) => `failing: ${name}, ${detail}`),
      ].join('\n')
    },
    async hedges() {
      const held = view.holdings()
      return held.length === 0 ? 'no hedge is open' : held.map(each => hedgeText(each, nowMs())).join('\n\n')
    },
    halt: async (commander, because) => told(await view.halt(commandOf(commander), because)),
    resume: async commander => told(await view.resume(commandOf(commander))),
    flattening() {
      const { hedges, heldUsdt, feesUsdt, slippageUsdt } = view.closing({}).total
      const cost =
        feesUsdt === null || slippageUsdt === null
          ? 'what it costs is not known now'
          : `about ${amountText(feesUsdt)} USDT of fees and ${amountText(slippageUsdt)} USDT of slippage`
      return hedges === 0
        ? 'Halts the engine; no hedge is open.'
        : `Halts, and unwinds ${countText(hedges, 'hedge')} of ${amountText(heldUsdt)} USDT at the market’s price: ${cost}.`
    },
    flatten: async commander => told(await view.flatten(commandOf(commander))),
  }
}

const commandOf = ({ by, idempotencyKey }: Commander): Command => ({ by, idempotencyKey, source: 'telegram' })

const told = (outcome: SendOutcome): string =>
  outcome.kind === 'accepted'
    ? `The engine is now ${outcome.state} (step ${outcome.version}).`
    : `Not done: ${refusalOfCommand(outcome, 'engine')}.`

function hedgeText(hedge: Holding, nowMs: number): string {
  const { symbol, id, state, sinceMs, heldUsdt, plannedUsdt, fundingUsdt, netUsdt } = hedge
  const { isLevel, deltaUsdt, nextFundingAtMs, nextFundingUsdt, because } = hedge
  const signed = (value: string | null) => amountText(value, { sign: true })
  const lines = [
    `${symbol} ${id}: ${state.split(/[. ]/)[0]} for ${lengthText(Math.max(0, nowMs - sinceMs))}`,
    `held ${amountText(heldUsdt)} of ${amountText(plannedUsdt)} USDT, ${isLevel ? 'level' : `apart by ${signed(deltaUsdt)} USDT`}`,
    `funding ${signed(fundingUsdt)}, net ${signed(netUsdt)} USDT`,
  ]
  if (nextFundingAtMs !== null)
    lines.push(`next ${signed(nextFundingUsdt)} in ${lengthText(Math.max(0, nextFundingAtMs - nowMs))}`)
  if (because) lines.push(spokenReason(because))
  return lines.join('\n')
}
