/**
 * How the command line talks to a running engine: over its API, with the token of the data folder.
 */
import { randomUUID } from 'node:crypto'
import { readToken, tokenPath } from '../../api/access/sessions.ts'
import { type EngineConnection, loadConnection } from '../../config/config.ts'
import { withPlainText } from '../../wording/plain-text.ts'
import { CliFailure } from './failure.ts'

export type ClientOptions = { url?: string; config?: string }
type Problem = { detail?: string; legal?: { type: string; manual: boolean }[]; status?: number }

export type Client = {
  readonly url: string
  get(path: string): Promise<unknown>
  /** What is there, or undefined when the engine knows nothing of that name. */
  find(path: string): Promise<unknown>
  /** An answer that is read as it comes. */
  open(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response>
  /** A command, with a key of its own: the engine does it once. */
  post(path: string, body?: object): Promise<unknown>
}

type Asked = RequestInit & { headers?: object }

const ANSWER_MS = 15_000

/**
 * Finds the engine by --url or the environment. It may well be down: that is found out at the first call. @throws CliFailure
 * for an address that is none
 */
export function engineClient({ url: given }: ClientOptions, env = process.env, waitMs = ANSWER_MS): Client {
  const connection = loadConnection({ cwd: process.cwd(), env })
  const url = (given ?? connection.url).replace(/\/+$/, '')
  if (!/^https?:\/\/[^/]/.test(url))
    throw new CliFailure(`--url: expected http://host:port, found ${given}`, 2)
  const ask = async (path: string, more: Asked): Promise<Response> => {
    const headers = {
      ...bearer(connection),
      'user-agent': 'hedgerow-cli',
      ...operator(env.USER),
      ...more.headers,
    }
    const answer = await fetch(url + path, { ...more, headers }).catch((error: unknown) => {
      throw new CliFailure(
        `no engine answers at ${url} (${causeOf(error)}): is it running? \`hedgerow run\` starts one`,
      )
    })
    if (answer.status === 401) throw new CliFailure(refused(url, connection), 1, 401)
    return answer
  }
  const call = async (method: string, path: string, more: Asked = {}) =>
    bodyOf(await ask(path, { ...more, method, signal: AbortSignal.timeout(waitMs) }), url)
  return {
    url,
    get: path => call('GET', path),
    find: path =>
      call('GET', path).catch((error: unknown) => {
        if (error instanceof CliFailure && error.status === 404) return undefined
        throw error
      }),
    open: async (path, headers, signal) => {
      const answer = await ask(path, { headers, signal })
      if (!answer.ok) await bodyOf(answer, url)
      return answer
    },
    post: (path, body = {}) =>
      call('POST', path, {
        headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
        body: JSON.stringify(body),
      }),
  }
}

const operator = (user: string | undefined) =>
  user && /^[\w.@-]{1,64}$/.test(user) ? { 'hedgerow-operator': user } : {}

/** Without a token the engine is asked all the same: that none answers is the better news. */
function bearer({ apiToken, dataDir }: EngineConnection): { authorization?: string } {
  const token = apiToken ?? readToken(dataDir)
  return token ? { authorization: `Bearer ${token}` } : {}
}

function causeOf(error: unknown): string {
  const { cause, name, message } = error as Error & { cause?: NodeJS.ErrnoException }
  return cause?.code ?? cause?.message ?? (name === 'TimeoutError' ? 'no answer in time' : message)
}

/** No token at all is another fault than one that the engine does not know. */
function refused(url: string, { apiToken, dataDir }: EngineConnection): string {
  const remedy = "set HEDGEROW_DATA_DIR to that engine's data folder, or HEDGEROW_API_TOKEN to its token"
  if (apiToken) return `the engine at ${url} does not know HEDGEROW_API_TOKEN: ${remedy}`
  const file = tokenPath(dataDir)
  return readToken(dataDir) === undefined
    ? `the engine at ${url} asks for its token, and there is none here (${file} is missing): ${remedy}`
    : `the engine at ${url} does not know the token in ${file}: ${remedy}`
}

async function bodyOf(answer: Response, url: string): Promise<unknown> {
  const text = await answer.text()
  const isJson = /json/.test(answer.headers.get('content-type') ?? '')
  if (!isJson && text !== '')
    throw new CliFailure(`what answers at ${url} is no Hedgerow engine (HTTP ${answer.status})`)
  // What others wrote must not reach the terminal as a command to it.
  const body: unknown = text === '' ? undefined : withPlainText(JSON.parse(text))
  if (answer.ok) return body
  const { detail = answer.statusText, legal } = (body ?? {}) as Problem
  const manual = legal?.filter(event => event.manual).map(({ type }) => type)
  throw new CliFailure(
    detail + (manual?.length ? `\n  legal now: ${manual.join(', ')}` : ''),
    1,
    answer.status,
  )
}
