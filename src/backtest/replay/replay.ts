/**
 * Mode `replay`: the engine over recorded history on a virtual clock, with the real store. Each run has an account of its own
 * in the database, so that runs never mix and each can be looked at afterwards.
 */
import { systemClock } from '../../clock/clock.ts'
import type { Config } from '../../config/config.ts'
import { HOUR_MS } from '../../domain/market/funding.ts'
import { type History, NoHistory, readHistory } from '../../exchange/simulator/history/files.ts'
import { createBooks } from '../../run/books/books.ts'
import { historyFolder, StartFault } from '../../run/start/data-folder.ts'
import { openServer, openStore } from '../../run/store.ts'
import { silentTelemetry, type Telemetry } from '../../telemetry/telemetry.ts'
import { type ReplayReport, replayReport, replayText } from './report.ts'
import { PATIENT, replayRules, verifyJournal } from './rules.ts'
import { replayWindow } from './window.ts'

/** How far a replay is: a bar that redraws itself on a terminal, a line every few virtual weeks elsewhere. */
type ProgressOut = { isTTY?: boolean; write(text: string): unknown }
type At = { nowMs: number; hedges: number }

const WIDTH = 30
const LINE_EVERY_DAYS = 28

function replayProgress(out: ProgressOut, { fromMs, toMs }: { fromMs: number; toMs: number }) {
  const dayOf = (atMs: number) => Math.floor((atMs - fromMs) / (24 * HOUR_MS))
  const days = dayOf(toMs)
  return {
    show({ nowMs, hedges }: At): void {
      const done = dayOf(nowMs)
      const said = `${done} of ${days} days, ${hedges} ${hedges === 1 ? 'hedge' : 'hedges'} open`
      const filled = Math.round((WIDTH * done) / Math.max(1, days))
      if (out.isTTY) out.write(`\r\u001b[K[${'='.repeat(filled)}${' '.repeat(WIDTH - filled)}] ${said}`)
      else if (done % LINE_EVERY_DAYS === 0) out.write(`${said}\n`)
    },
    end(): void {
      if (out.isTTY) out.write('\r\u001b[K')
    },
  }
}

type Out = { isTTY?: boolean; write(text: string): unknown }
type ReplayOptions = {
  /** The report as JSON, and nothing else. */
  json?: boolean
  /** A part of the records; all of them when left out. */
  span?: { fromMs: number; toMs: number }
  out?: Out
  /** Aborted when the process is told to stop. */
  stopped?: AbortSignal
}

/** Replays and prints the report. 0 when the books and the journal tie out, else 1. @throws StartFault */
export async function replayHistory(
  config: Config,
  telemetry: Telemetry,
  { json = false, span, out = process.stdout, stopped }: ReplayOptions = {},
): Promise<number> {
  const history = recordsOf(config, span)
  const say: Out = json ? { write: () => true } : out
  const report = await replayed(config, history, json ? silentTelemetry() : telemetry, say, stopped)
  out.write(json ? `${JSON.stringify(report)}\n` : `${replayText(report)}\n`)
  return tiesOut(report) ? 0 : 1
}

/** One replay, its store opened and closed. @throws StartFault */
export async function replayed(
  config: Config,
  history: History,
  telemetry: Telemetry,
  say: Out,
  stopped?: AbortSignal,
): Promise<ReplayReport> {
  const rules = replayRules(
    config.rules,
    config.file !== undefined,
    history.symbols.map(({ symbol }) => symbol),
  )
  if (rules.strategy.symbols.length === 0) {
    const known = history.symbols.map(({ symbol }) => symbol).join(', ')
    throw new StartFault(
      `strategy.symbols: expected at least one that was recorded (${known}), found ${config.rules.strategy.symbols.join(', ')}`,
    )
  }
  say.write(`${strategyText(config)}\n`)
  let fault: unknown
  const startedAtMs = systemClock().nowMs()
  const account = accountOf(startedAtMs)
  const store = await openStore({
    server: await openServer(config, telemetry),
    names: { account, before: account },
    telemetry,
    fatal: error => {
      fault ??= error
    },
  })
  const progress = replayProgress(say, history)
  try {
    const run = await replayWindow({
      history,
      rules,
      journal: store.journal,
      books: createBooks(store),
      salt: store.lease.salt,
      isOwner: () => fault === undefined && store.lease.held(),
      telemetry,
      progress(at) {
        if (stopped?.aborted) throw new StartFault('the replay was stopped before its end')
        progress.show(at)
      },
    })
    progress.end()
    const journal = await verifyJournal(store)
    const report = await replayReport(history, run, journal, store)
    return { ...report, tookMs: systemClock().nowMs() - startedAtMs }
  } finally {
    await store.close()
  }
}

function recordsOf(config: Config, span: ReplayOptions['span']): History {
  try {
    return readHistory(historyFolder(config), span)
  } catch (error) {
    if (!(error instanceof NoHistory)) throw error
    throw new StartFault(
      `HEDGEROW_HISTORY_DIR: ${error.message}; \`hedgerow data import FILE…\` or \`hedgerow data download SYMBOL…\` brings records into the data folder`,
    )
  }
}

/** One account for each run, named by the moment it began. */
const accountOf = (atMs: number) => `replay-${new Date(atMs).toISOString().slice(0, 19).replaceAll(':', '-')}`

function strategyText({ file }: Config): string {
  if (file) return `strategy of ${file}; judged every twenty minutes, as the records are hourly`
  const keys = Object.entries(PATIENT).map(([key, value]) => `${key} ${value}`)
  return `no hedgerow.yaml here: a patient strategy for large coins (${keys.join(', ')})`
}

const tiesOut = ({ residuals, suspense, journal, hedges, funding }: ReplayReport): boolean =>
  Object.values(residuals).every(residual => residual === '0') &&
  suspense === 0 &&
  funding.missed === 0 &&
  journal.differences.length === 0 &&
  hedges.every(({ state }) => state === 'closed')
