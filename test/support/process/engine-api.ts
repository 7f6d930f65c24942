/** The engine's API as a script uses it: the token of the data folder, JSON in and out. */
import { randomUUID } from 'node:crypto'
import { readToken } from '../../../src/api/access/sessions.ts'

export type Actor = { id: string; kind: string; state: string; restarts: number; quarantined: boolean }
export type Engine = {
  state: string
  halt: object | null
  hedges: Record<string, number>
  symbols: Record<string, number>
  ledgerResiduals: Record<string, string>
}

export type EngineApi = {
  get<Answer>(path: string): Promise<Answer>
  /** The HTTP status of a command. */
  post(path: string, body: object): Promise<number>
}

export function engineApi(url: string, dataDir: string): EngineApi {
  const headers = () => ({
    authorization: `Bearer ${readToken(dataDir)}`,
    'content-type': 'application/json',
    'idempotency-key': randomUUID(),
  })
  return {
    async get<Answer>(path: string) {
      const answer = await fetch(url + path, { headers: headers(), signal: AbortSignal.timeout(15_000) })
      if (!answer.ok) throw new Error(`${path}: HTTP ${answer.status} ${await answer.text()}`)
      return (await answer.json()) as Answer
    },
    async post(path, body) {
      const signal = AbortSignal.timeout(15_000)
      const init = { method: 'POST', headers: headers(), body: JSON.stringify(body), signal }
      return (await fetch(url + path, init)).status
    },
  }
}
