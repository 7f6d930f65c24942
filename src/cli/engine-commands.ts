/**
 * Commands that ask a running engine: what is it doing, and please do this. Each goes through the API, so that a person
 * at a terminal can do nothing the API would refuse.
 */
import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import type { ActorSummary, EngineSummary } from '../api/engine-view.ts'
import { type ClientOptions, engineClient } from './client.ts'
import { CliFailure } from './failure.ts'
import { dim, green, pairs, print, printJson, red, table } from './output.ts'

type Shown = ClientOptions & { json?: boolean }
type Actor = ActorSummary & { since: string }
type Outcome = { state: string; version: number; replayed: boolean }

export function engineCommands(program: Command): void {
  asking(program, 'status', 'what the engine is doing').action(showStatus)
  asking(program, 'actors', 'every actor, with its state')
    .option('--kind <kind>', 'only this kind: hedge, symbol, …')
    .option('--state <state>', 'only states that begin so')
    .action(showActors)
  asking(program, 'send', 'send an event to an actor')
    .argument('<actor>', 'the id of an actor, as `actors` shows it')
    .argument('<event>', 'the name of an event, such as hedge.unwind')
    .option('--data <json>', 'more fields of the event, as a JSON object')
    .action(sendEvent)
  asking(program, 'halt', 'no new risk; reducing stays allowed')
    .option('--because <reason>', 'why, for the audit')
    .action(({ because, ...shown }: Shown & { because?: string }) =>
      command(shown, 'halt', because ? { because } : undefined),
    )
  asking(program, 'resume', 'end a halt').action((shown: Shown) => command(shown, 'resume'))
  asking(program, 'flatten', 'unwind every hedge and verify it').option('--yes', 'do not ask').action(flatten)
  asking(program, 'link', 'a fresh one-time link that signs a browser in').action(async (shown: Shown) => {
    const answer = (await engineClient(shown).post('/api/session/link')) as { url: string }
    if (shown.json) printJson(answer)
    else print(answer.url)
  })
}

const asking = (program: Command, name: string, description: string) =>
  program
    .command(name)
    .description(description)
    .option('--url <url>', 'where the engine listens (else HEDGEROW_HOST and HEDGEROW_PORT)')
    .option('--json', 'print JSON')

async function showStatus({ json, ...where }: Shown): Promise<void> {
  const engine = (await engineClient(where).get('/api/engine')) as EngineSummary
  if (json) return printJson(engine)
  const { mode, state, halt, exchange, speed, version, hedges, symbols, ledgerResiduals, health } = engine
  print(
    pairs({
      engine: `${state}${halt ? ` by ${halt.by}: ${halt.because}` : ''}`,
      mode: speed === 1 ? mode : `${mode} at ${speed} times the wall clock`,
      exchange,
      version,
      hedges: counts(hedges),
      symbols: counts(symbols),
      'ledger residual': counts(ledgerResiduals),
    }),
  )
  for (const { name, ok, detail } of health)
    print(`${ok ? green('ok     ') : red('failing')}  ${name}${detail ? dim(`  ${detail}`) : ''}`)
}

const counts = (values: Record<string, number | string>) =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ') || 'none'

async function showActors({
  json,
  kind,
  state,
  ...where
}: Shown & { kind?: string; state?: string }): Promise<void> {
  const query = new URLSearchParams({ ...(kind && { kind }), ...(state && { state }) })
  const actors = (await engineClient(where).get(`/api/actors?${query}`)) as Actor[]
  if (json) return printJson(actors)
  const rows = actors.map(actor => ({
    ...actor,
    state: actor.quarantined ? `${actor.state} (quarantined)` : actor.state,
  }))
  const columns = {
    id: 'ACTOR',
    kind: 'KIND',
    state: 'STATE',
    since: 'SINCE',
    version: 'STEPS',
    restarts: 'RESTARTS',
  }
  print(table(rows, columns))
}

async function sendEvent(
  actor: string,
  type: string,
  { json, data, ...where }: Shown & { data?: string },
): Promise<void> {
  const fields = data === undefined ? {} : objectOf(data)
  const path = `/api/actors/${encodeURIComponent(actor)}/events`
  tell((await engineClient(where).post(path, { ...fields, type })) as Outcome, actor, json)
}

function objectOf(data: string): object {
  try {
    const fields: unknown = JSON.parse(data)
    if (typeof fields === 'object' && fields !== null && !Array.isArray(fields)) return fields
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new CliFailure(`--data: expected a JSON object such as '{"because":"test"}', found ${data}`, 2)
}

async function command({ json, ...where }: Shown, name: string, body?: object): Promise<void> {
  tell((await engineClient(where).post(`/api/engine/${name}`, body)) as Outcome, 'engine', json)
}

async function flatten({ yes, ...shown }: Shown & { yes?: boolean }): Promise<void> {
  if (!yes && !(await isSure())) throw new CliFailure('nothing was done')
  await command(shown, 'flatten')
}

async function isSure(): Promise<boolean> {
  if (!process.stdin.isTTY) throw new CliFailure('flatten: expected --yes, as nobody can be asked here', 2)
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await terminal.question('Unwind every hedge at the market’s price? Type yes: ')
  terminal.close()
  return answer.trim() === 'yes'
}

function tell(outcome: Outcome, actor: string, json: boolean | undefined): void {
  if (json) printJson(outcome)
  else print(`${actor} is now ${outcome.state} (step ${outcome.version})`)
}
