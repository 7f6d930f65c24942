/** Payloads that others wrote or recorded, each by a name: documentation examples, two client libraries' fixtures, mainnet frames. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Json, JsonObject } from '../../../src/domain/json.ts'

const SHARED = join(import.meta.dirname, '../../../../shared')
export const present = existsSync(join(SHARED, 'fixtures/bybit-docs'))

/** By name: one payload, or all the frames of one kind that were recorded. */
export type Samples = ReadonlyMap<string, readonly Json[]>

const read = (...path: string[]) => readFileSync(join(SHARED, ...path), 'utf8')
const unzip = (name: string) => gunzipSync(readFileSync(join(SHARED, 'data/recorded', name))).toString('utf8')

function jsonFiles(folder: string, prefix: string): [string, Json[]][] {
  return readdirSync(join(SHARED, 'fixtures', folder)).map(file => [
    `${prefix}/${basename(file, '.json')}`,
    [whole(JSON.parse(read('fixtures', folder, file)) as JsonObject)],
  ])
}

/** One file is a row without its message. */
const whole = (payload: JsonObject): Json => ('positionIdx' in payload ? { data: [payload] } : payload)

/** Three lines of request, then the reply; or only a reply; or blocks sent (>), acknowledged (<) and pushed (=). */
function clientFile(file: string, text: string): [string, Json[]][] {
  const name = `jkorf/${basename(file, '.txt')
    .replace('Endpoints__V5Api__', '')
    .replace('JsonResponses__V5__', '')
    .replace('Subscriptions__V5__', 'push ')
    .replace('Socket__V5Api__', 'trade ')}`
  if (!/^[<>=]/m.test(text)) return [[name, [JSON.parse(text.slice(text.indexOf('{'))) as Json]]]
  const words: Record<string, string> = { '>': 'sent', '<': 'ack', '=': 'update' }
  const counts: Record<string, number> = {}
  return text.split(/^(?=[<>=])/m).map(block => {
    const word = words[block.charAt(0)] ?? ''
    counts[word] = (counts[word] ?? 0) + 1
    return [`${name} ${word}${counts[word]}`, [JSON.parse(block.replace(/^[<>=]\d?/, '')) as Json]]
  })
}

const clientFiles = (): [string, Json[]][] =>
  readdirSync(join(SHARED, 'fixtures/jkorf-bybit-net')).flatMap(file =>
    clientFile(file, read('fixtures/jkorf-bybit-net', file).replaceAll('\r', '')),
  )

/** Frames of one kind together: fields that come in some messages only are then all seen. */
function frames(): [string, Json[]][] {
  const kinds = new Map<string, Json[]>()
  for (const line of unzip('bybit_v5_public_2026-08-09_45s.jsonl.gz').split('\n')) {
    if (!line.startsWith('{"t":"recv"')) continue
    const { conn, data } = JSON.parse(line) as { conn: string; data: string }
    const message = JSON.parse(data) as JsonObject
    const kind =
      message.topic === undefined ? String(message.op) : String(message.topic).replace(/\.[^.]*$/, '')
    const name = `recorded/${conn === 'BYBIT.ws.3' ? 'spot' : 'linear'} ${kind} ${message.type ?? 'ack'}`
    kinds.set(name, [...(kinds.get(name) ?? []), message])
  }
  return [...kinds]
}

const instruments = (category: string): [string, Json[]] => [
  `recorded/instruments-info ${category}`,
  [JSON.parse(unzip(`instruments-info_${category}_2026-08-09.json.gz`)) as Json],
]

/** Every payload there is. */
export function samples(): Samples {
  return new Map([
    ...jsonFiles('bybit-docs', 'docs'),
    ...clientFiles(),
    ...jsonFiles('nautilus-bybit', 'nautilus'),
    ...frames(),
    instruments('linear'),
    instruments('spot'),
  ])
}
