/** The hosted inspector's side of the engine: there only when switched on, what it tells, and that nobody is harmed by it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRuntime } from '../../../actors/runtime/runtime.ts'
import { supervisorMachine } from '../../../machines/supervisor.ts'
import { createApi } from '../../../src/api/app.ts'
import type { HostedEvent, HostedInspectorView } from '../../../src/api/inspection-view.ts'
import { systemClock } from '../../../src/clock/clock.ts'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import { createMemoryJournal } from '../../../src/store/journal/memory-journal.ts'
import { silentTelemetry } from '../../../src/telemetry/telemetry.ts'
import { createHosted } from '../../../src/views/inspection/hosted.ts'
import { createHub } from '../../../src/views/inspection/hub.ts'
import { smallView } from '../../support/api/small-view.ts'
import { crowdMachine } from '../../support/browser/crowd.ts'

const TOKEN = 'a-token-of-the-tests-only'
const PLANTED = 'wss://u:p4ss@feed/9f3kQ'
const PAGE = '/hosted-inspector'
const STREAM = '/api/hosted-inspector/events'

function running() {
  const hub = createHub(new VirtualClock(1_700_000_000_000))
  const faults: { during: string }[] = []
  const machines = { supervisor: supervisorMachine, hedge: crowdMachine }
  const runtime = createRuntime({
    clock: new VirtualClock(1_700_000_000_000),
    journal: createMemoryJournal(),
    kinds: {
      supervisor: { machine: supervisorMachine, effects: { alert: async () => undefined } },
      hedge: { machine: crowdMachine, effects: { placeOrder: async () => undefined } },
    },
    commitId: () => 'commit',
    fatal: error => faults.push({ during: String(error) }),
    fault: fault => faults.push(fault),
    observed: hub.observe,
  })
  runtime.spawn('root', 'supervisor', '', { name: PLANTED })
  runtime.spawn('hedge:1', 'hedge', 'root', {})
  const hosted = createHosted({
    hub,
    url: 'https://inspector.example/inspect',
    secrets: ['leg.ask'],
    machines,
  })
  const send = (type: string, more: object = {}) => runtime.deliver('hedge:1', { type, ...more })
  const stateOf = () => hub.actors.get('hedge:1')?.state
  return { hub, runtime, hosted, faults, send, stateOf }
}

const brief = (event: HostedEvent) =>
  event.type === '@xstate.event' ? [event.type, event.id, event.event.type] : [event.type, event.id]

describe('a reader', () => {
  test('is told of all that runs, each with its family, and then of every event with the snapshot after it', () => {
    const { hosted, send } = running()
    const reader = hosted.open()
    expect(reader.next()).toMatchObject([
      {
        type: '@xstate.actor',
        id: 'root',
        rootId: 'root',
        kind: 'supervisor',
        snapshot: { status: 'active' },
      },
      {
        type: '@xstate.actor',
        id: 'hedge:1',
        rootId: 'root',
        parentId: 'root',
        snapshot: {
          status: 'active',
          value: { entering: { spot: 'quiet', perp: 'quiet' } },
          context: { ticks: 0, mark: '100.5' },
        },
      },
    ])
    send('legs.level', { filledQty: '0.5', orderLinkId: 'ABCDEFGHIJ-sb-4' })
    send('hedge.retry')
    const told = reader.next()
    expect(told.map(brief)).toEqual([
      ['@xstate.event', 'hedge:1', 'legs.level'],
      ['@xstate.snapshot', 'hedge:1'],
      ['@xstate.event', 'hedge:1', 'hedge.retry'],
    ])
    expect(told[0]).toMatchObject({ event: { filledQty: '0.5', orderLinkId: '[withheld]' } })
    expect(told[1]).toMatchObject({
      snapshot: { value: { hedged: 'watching' } },
      event: { type: 'legs.level' },
    })
    expect(reader.next()).toEqual([])
  })

  test('is told of births and of ends', () => {
    const { hosted, runtime, send } = running()
    const reader = hosted.open()
    reader.next()
    runtime.spawn('hedge:2', 'hedge', 'root', {})
    expect(reader.next().map(brief)).toContainEqual(['@xstate.actor', 'hedge:2'])
    for (const type of ['legs.level', 'legs.fail', 'legs.found']) send(type)
    expect(reader.next().at(-1)).toMatchObject({ id: 'hedge:1', snapshot: { status: 'done' } })
  })

  test('never sees what was planted in a context or an event, nor what the process keeps secret', () => {
    const { hosted, send } = running()
    const reader = hosted.open()
    const first = reader.next()
    expect(first[0]).toMatchObject({ snapshot: { context: { name: '[withheld]' } } })
    send('leg.ask', { note: PLANTED, deep: [{ [PLANTED]: { token: 'plain' } }] })
    const said = JSON.stringify([first, reader.next()])
    for (const secret of [PLANTED, 'p4ss', 'plain', 'leg.ask']) expect(said).not.toContain(secret)
  })

  test('that falls behind gets the present, once, and goes on from there', () => {
    const { hosted, send, stateOf } = running()
    const reader = hosted.open()
    reader.next()
    for (let sent = 0; sent < 5_000; sent++) send('mark.moved')
    send('legs.level')
    expect(reader.next().map(brief)).toEqual([
      ['@xstate.snapshot', 'root'],
      ['@xstate.snapshot', 'hedge:1'],
    ])
    send('hedge.unwind')
    expect(reader.next().at(-1)).toMatchObject({ snapshot: { value: stateOf() } })
  })

  test('costs nothing once it is closed', () => {
    const { hosted, send } = running()
    const reader = hosted.open()
    reader.next()
    reader.close()
    send('legs.level')
    expect(reader.next()).toEqual([])
  })

  test('that throws harms no actor and no other reader, and is asked once', () => {
    const { hub, hosted, send, stateOf, faults } = running()
    let asked = 0
    hub.listen(() => {
      asked++
      throw new Error('the transport is gone')
    })
    const reader = hosted.open()
    reader.next()
    for (const type of ['legs.level', 'hedge.unwind']) expect(send(type)).toBe(true)
    expect(stateOf()).toBe('unwinding')
    expect(reader.next()).toHaveLength(4)
    expect(asked).toBe(1)
    expect(faults.map(({ during }) => during)).toEqual(['observed'])
  })

  test('may draw every chart from its definition: all states are there, and no function', () => {
    const { hedge } = running().hosted.definitions()
    expect(hedge).toMatchObject({ id: 'hedge', states: { entering: { states: { spot: {}, perp: {} } } } })
  })
})

describe('over HTTP', () => {
  let pages: string
  beforeAll(() => {
    pages = mkdtempSync(path.join(tmpdir(), 'hedgerow-hosted-'))
    for (const name of ['index.html', 'hosted-inspector.html']) writeFileSync(path.join(pages, name), name)
  })
  afterAll(() => rmSync(pages, { recursive: true }))

  const asking = (hosted?: HostedInspectorView) => {
    const { app } = createApi({
      view: smallView(),
      ...(hosted && { hosted }),
      token: TOKEN,
      host: '127.0.0.1',
      port: 0,
      pages,
      telemetry: silentTelemetry(),
      clock: systemClock(),
    })
    return (at: string, headers: Record<string, string> = { authorization: `Bearer ${TOKEN}` }) =>
      app.request(at, { headers: { host: '127.0.0.1:0', ...headers } })
  }
  const policyOf = (answer: Response) => answer.headers.get('content-security-policy') ?? ''

  test('switched off, there is no page and no stream', async () => {
    const ask = asking()
    for (const at of [PAGE, STREAM, '/api/hosted-inspector']) expect((await ask(at)).status, at).toBe(404)
    expect(await (await ask('/openapi.json')).text()).not.toContain('hosted')
    expect(policyOf(await ask('/'))).not.toContain('frame-src')
  })

  test('switched on, only its own page may frame, and only that one origin', async () => {
    const ask = asking(running().hosted)
    const page = await ask(PAGE)
    expect(await page.text()).toBe('hosted-inspector.html')
    const policy = policyOf(page)
    expect(policy).toMatch(/; frame-src https:\/\/inspector\.example$/)
    for (const at of [
      '/',
      '/inspector',
      '/inspector/hedge%3A1',
      `${PAGE}/`,
      '/api/hosted-inspector',
      '/docs',
    ])
      expect(policyOf(await ask(at)), at).toBe(policy.replace('; frame-src https://inspector.example', ''))
  })

  test('its stream asks for the token, begins with all actors, and ends with its reader', async () => {
    const { hosted, hub } = running()
    let open = 0
    const counting: HostedInspectorView = {
      ...hosted,
      open: () => {
        open++
        const { next, close } = hosted.open()
        const closed = () => {
          open--
          close()
        }
        return { next, close: closed }
      },
    }
    const ask = asking(counting)
    for (const at of [STREAM, '/api/hosted-inspector']) expect((await ask(at, {})).status).toBe(401)
    const answer = await ask(STREAM)
    expect(answer.headers.get('content-type')).toContain('text/event-stream')
    const reader = answer.body?.getReader()
    const { value } = (await reader?.read()) ?? {}
    const said = new TextDecoder().decode(value)
    for (const id of hub.actors.keys()) expect(said).toContain(`"id":"${id}"`)
    expect(open).toBe(1)
    await reader?.cancel()
    await expect.poll(() => open).toBe(0)
  })
})
