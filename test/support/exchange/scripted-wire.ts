/** A wire whose answers a test writes: for what the adapter does with replies and pushes, whatever carries them. */
import type {
  Envelope,
  Params,
  PrivateHear,
  PublicCategory,
  PublicHear,
  TradeOp,
  Wire,
} from '../../../src/exchange/bybit/wire/wire.ts'

export const SERVER_MS = 1_700_000_000_000

export const reply = (result: unknown, retCode = 0, retMsg = 'OK'): Envelope => ({
  retCode,
  retMsg,
  result,
  retExtInfo: {},
  time: SERVER_MS,
})
export const list = (...rows: unknown[]): Envelope => reply({ list: rows, nextPageCursor: '' })

export type Script = {
  get: (path: string, params: Params) => Envelope | Promise<Envelope>
  trade: (op: TradeOp, args: Params) => Envelope | Promise<Envelope>
  post: (path: string, body: Params) => Envelope | Promise<Envelope>
  ready: boolean
  /** Whether native spreads exist there. */
  spreads: boolean
  /** Whether maintenance is told over a socket. */
  notices: boolean
}

export type ScriptedWire = Wire & {
  script: Script
  asked: { path: string; params: Params }[]
  publicHears: Map<PublicCategory, PublicHear>
  topics: Map<PublicCategory, readonly string[]>
  resubscribed: string[]
  renewed: string[]
  privateHear: PrivateHear | undefined
  privateTopics: readonly string[]
}

export function scriptedWire(script: Partial<Script> = {}): ScriptedWire {
  const wire: ScriptedWire = {
    script: {
      get: () => list(),
      trade: () => reply({ orderId: 'o' }),
      post: () => reply({}),
      ready: true,
      spreads: true,
      notices: true,
      ...script,
    },
    asked: [],
    publicHears: new Map(),
    topics: new Map(),
    resubscribed: [],
    renewed: [],
    privateHear: undefined,
    privateTopics: [],
    get spreads() {
      return wire.script.spreads
    },
    get notices() {
      return wire.script.notices
    },
    async get(path, params) {
      wire.asked.push({ path, params })
      return wire.script.get(path, params)
    },
    async post(path, body) {
      wire.asked.push({ path, params: body })
      return wire.script.post(path, body)
    },
    async trade(op, args) {
      wire.asked.push({ path: op, params: args })
      return wire.script.trade(op, args)
    },
    tradeReady: () => wire.script.ready,
    publicStream(category, topics, hear) {
      wire.publicHears.set(category, hear)
      wire.topics.set(category, topics)
      return {
        resubscribe: topic => wire.resubscribed.push(topic),
        renew(topic) {
          wire.renewed.push(topic)
          hear.down('renewed')
          hear.up()
        },
        close: () => {},
      }
    },
    privateStream(topics, hear) {
      wire.privateTopics = topics
      wire.privateHear = hear
      return { close: () => {} }
    },
    close: async () => {},
  }
  return wire
}
