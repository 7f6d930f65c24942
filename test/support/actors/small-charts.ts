/** One small chart with everything the runtime must carry: an effect with an answer, messages, a timer, an end, three throws. */
import { assign, fromCallback, setup } from 'xstate'
import type { Answer, EffectHandler } from '../../../actors/runtime/outbox.ts'
import type { DurableKind, Kind, PlainKind } from '../../../actors/runtime/running.ts'
import { supervisorMachine } from '../../../machines/supervisor.ts'
import type { JsonObject } from '../../../src/domain/json.ts'

export type WorkerContext = { heard: string[]; acted: string[]; napMs: number }
type WorkerEvent = (
  | { type: 'work'; what: string }
  | { type: 'acted'; what: string }
  | { type: 'tell'; to: string; text: string }
  | { type: 'tellAll'; to: string[]; text: string }
  | { type: 'told'; text: string }
  | { type: 'bear'; id: string }
  | { type: 'nap' }
  | { type: 'fire' }
  | { type: 'end' }
  | { type: 'throw.guard' | 'throw.assign' | 'throw.params' }
) & { atMs: number }

type Message = { to: string; event: { type: string } & JsonObject }
const boom = (where: string) => {
  throw new Error(`${where} throws`)
}

const checked = (text: string) => (text === 'poison' ? boom('poison') : text)

export const workerMachine = setup({
  types: {
    context: {} as WorkerContext,
    events: {} as WorkerEvent,
    input: {} as { napMs?: number; broken?: boolean },
  },
  delays: { NAP: ({ context }) => context.napMs, LONG: 10_000 },
  guards: { throws: () => boom('guard'), refuses: () => false },
  actions: {
    hear: assign(({ context, event }) => ({
      heard: [...context.heard, event.type === 'told' ? checked(event.text) : event.type],
    })),
    keep: assign(({ context, event }) => ({
      acted: event.type === 'acted' ? [...context.acted, event.what] : context.acted,
    })),
    throwing: assign(() => boom('assign')),
    act: (_, _what: { what: string }) => {},
    send: (_, _message: Message) => {},
    sendAll: (_, _message: { to: string[]; event: { type: string } & JsonObject }) => {},
    spawn: (_, _child: { id: string; kind: string; input: JsonObject }) => {},
  },
}).createMachine({
  id: 'worker',
  version: '1',
  context: ({ input }) => ({
    heard: [],
    acted: [],
    napMs: input.broken ? boom('birth') : (input.napMs ?? 1_000),
  }),
  initial: 'idle',
  on: {
    work: {
      actions: {
        type: 'act',
        params: ({ event }) => ({ what: event.type === 'work' ? event.what : '' }),
      },
    },
    acted: { actions: 'keep' },
    tell: {
      actions: {
        type: 'send',
        params: ({ event }) => ({
          to: event.type === 'tell' ? event.to : '',
          event: { type: 'told', text: event.type === 'tell' ? event.text : '' },
        }),
      },
    },
    tellAll: {
      actions: {
        type: 'sendAll',
        params: ({ event }) => ({
          to: event.type === 'tellAll' ? event.to : [],
          event: { type: 'told', text: event.type === 'tellAll' ? event.text : '' },
        }),
      },
    },
    told: { actions: 'hear' },
    bear: {
      actions: {
        type: 'spawn',
        params: ({ event }) => ({ id: event.type === 'bear' ? event.id : '', kind: 'worker', input: {} }),
      },
    },
    'throw.guard': { guard: 'throws', actions: 'hear' },
    'throw.assign': { actions: 'throwing' },
    'throw.params': { actions: { type: 'act', params: () => boom('params') } },
    end: '.ended',
  },
  states: {
    idle: { on: { nap: 'napping' } },
    napping: {
      after: { NAP: { actions: 'hear', target: 'idle' }, LONG: { guard: 'refuses', target: 'idle' } },
    },
    ended: { type: 'final' },
  },
})

/** Answers `acted` at once. */
const actAtOnce: EffectHandler = async ({ what }): Promise<Answer> => ({
  type: 'acted',
  what: String(what),
})

export const workerKind = (act: EffectHandler = actAtOnce): DurableKind => ({
  machine: workerMachine,
  effects: { act },
})

const supervisorKind = (alerts: string[] = []): DurableKind => ({
  machine: supervisorMachine,
  effects: {
    async alert({ because }) {
      alerts.push(String(because))
      return undefined
    },
  },
})

export type Plain = { starts: number; heard: string[]; fail(message: string): void }

/** A plain actor that counts its starts and fails when told from outside, or by an event `throw`. */
export function plainKind(): PlainKind & { plainly: Plain } {
  const plainly: Plain = { starts: 0, heard: [], fail: () => {} }
  const logic = fromCallback(({ receive, sendBack: _, self: __ }) => {
    plainly.starts++
    receive(event => {
      if (event.type === 'throw') throw new Error('plain throws')
      plainly.heard.push(event.type)
    })
  })
  return { plain: () => logic, plainly }
}

export const smallKinds = (act?: EffectHandler, alerts?: string[]): Record<string, Kind> => ({
  worker: workerKind(act),
  supervisor: supervisorKind(alerts),
})
