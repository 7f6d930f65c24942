import { execFileSync } from 'node:child_process'
import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { createAlerts } from '../../src/alerts/alerts.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { redaction } from '../../src/telemetry/redaction.ts'
import { telemetryOf } from '../../src/telemetry/telemetry.ts'

function listening(secrets: string[] = [], isTTY = false) {
  let text = ''
  const to = Object.assign(
    new Writable({
      write(chunk, _, done) {
        text += String(chunk)
        done()
      },
    }),
    { isTTY },
  )
  const telemetry = telemetryOf(createLog({ level: 'info', secrets, to }), createMetrics({ process: false }))
  const lines = () => text.split('\n').filter(Boolean)
  return {
    telemetry,
    to,
    text: () => text,
    rows: () => lines().map(line => JSON.parse(line) as Record<string, unknown>),
  }
}

test('a line is one JSON object: a message, its level and instant, and the fields of its log', () => {
  const { telemetry, rows } = listening()
  telemetry
    .with({ hedge: 'AAAAAAAAAA' })
    .with({ symbol: 'BTCUSDT' })
    .log.info('order.placed', { orderLinkId: 'x', message: 'mine' })
  telemetry.log.debug('too.quiet')
  expect(rows()).toHaveLength(1)
  expect(rows()[0]).toMatchObject({
    level: 'info',
    message: 'order.placed',
    hedge: 'AAAAAAAAAA',
    symbol: 'BTCUSDT',
    orderLinkId: 'x',
  })
  expect(rows()[0]?.at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
})

test('no line holds a secret, wherever it sat and however it was spelled', () => {
  const secret = 'se"sa\\me ü'
  const { telemetry, text } = listening([secret])
  const error = new Error(`refused for ${secret}`, { cause: new Error(secret) })
  telemetry.log.error(`with ${secret}`, {
    error,
    deep: { list: [secret] },
    url: `http://h/?k=${encodeURIComponent(secret)}`,
  })
  expect(text()).toContain('[hidden]')
  for (const spelling of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
    expect(text()).not.toContain(spelling)
})

test('a secret that holds another one is hidden whole', () => {
  const hide = redaction(['pass', 'postgres://u:pass@h/d', 'a'])
  expect(hide('postgres://u:pass@h/d and pass and a')).toBe('[hidden] and [hidden] and a')
})

test('each part of a URL that is a secret is hidden too, and no ordinary word of it', () => {
  const hide = redaction(['https://hooks.example/services/T01ABC/B02/xYz9876543210?sig=Ab12Cd34'])
  for (const part of ['/services/T01ABC/B02/xYz9876543210', 'xYz9876543210', 'T01ABC', 'Ab12Cd34'])
    expect(hide(`404 no such hook ${part}.`)).toBe('404 no such hook [hidden].')
  expect(hide('services at hooks.example')).toBe('services at hooks.example')
})

test('errors, big numbers and loops are written, not thrown', () => {
  const { telemetry, rows } = listening()
  const loop: Record<string, unknown> = { big: 1n }
  loop.self = loop
  telemetry.log.warn('odd', { loop, error: new TypeError('no') })
  expect(rows()[0]).toMatchObject({ error: { name: 'TypeError', message: 'no' } })
})

test('a terminal gets text with the same content', () => {
  const { telemetry, text } = listening(['sesame'], true)
  telemetry.log.warn('feed.stale', { feed: 'market', note: 'sesame' })
  expect(text()).toContain('feed.stale')
  expect(text()).toContain('market')
  expect(text()).not.toContain('sesame')
})

test('a broken log pipe does not stop the engine', () => {
  const { telemetry, to } = listening()
  expect(() => to.emit('error', new Error('EPIPE'))).not.toThrow()
  telemetry.log.info('still.here')
})

test('metrics carry the fixed names, with units last', async () => {
  const { telemetry } = listening()
  telemetry.transitionCommitted('hedge')
  telemetry.effectEnded('placeOrder', 'done')
  telemetry.journalCommitted(0.002)
  telemetry.journalCommitted(Number.NaN)
  telemetry.journalPending(3)
  telemetry.actorsCounted([{ kind: 'hedge', state: 'entering.work.first' }])
  telemetry.hedgesCounted({ hedged: 2 })
  telemetry.unhedgedNotionalUsdt(12.5)
  telemetry.fundingSettled('BTCUSDT', 1.5)
  telemetry.fundingSettled('BTCUSDT', -0.5)
  telemetry.ledgerResidual('USDT', 0)
  telemetry.feedAge('market', 0.4)
  telemetry.orderEnded('unknown')
  telemetry.actorRestarted('symbol')
  telemetry.actorsQuarantined(1)
  telemetry.inputRefused('ticker', 'markPrice: expected a decimal, found x')
  createAlerts(telemetry).raise('page', 'hedge.failed', { hedge: 'AAAAAAAAAA' })
  const lines = (await telemetry.metrics()).split('\n')
  for (const line of [
    'hedgerow_transitions_total{kind="hedge"} 1',
    'hedgerow_effects_total{type="placeOrder",outcome="done"} 1',
    'hedgerow_journal_commit_seconds_count 1',
    'hedgerow_journal_pending 3',
    'hedgerow_actors{kind="hedge",state="entering"} 1',
    'hedgerow_hedges{state="hedged"} 2',
    'hedgerow_unhedged_notional_usdt 12.5',
    'hedgerow_funding_received_usdt_total{symbol="BTCUSDT"} 1.5',
    'hedgerow_funding_paid_usdt_total{symbol="BTCUSDT"} 0.5',
    'hedgerow_ledger_residual{coin="USDT"} 0',
    'hedgerow_feed_age_seconds{feed="market"} 0.4',
    'hedgerow_orders_total{outcome="unknown"} 1',
    'hedgerow_restarts_total{kind="symbol"} 1',
    'hedgerow_quarantined 1',
    'hedgerow_input_faults_total{kind="ticker"} 1',
    'hedgerow_alerts_total{severity="page"} 1',
  ])
    expect(lines).toContain(line)
})

test('a census replaces the one before it', async () => {
  const { telemetry } = listening()
  telemetry.actorsCounted([
    { kind: 'hedge', state: 'hedged' },
    { kind: 'hedge', state: 'hedged.watch' },
  ])
  telemetry.actorsCounted([{ kind: 'hedge', state: 'unwinding' }])
  const text = await telemetry.metrics()
  expect(text).toContain('hedgerow_actors{kind="hedge",state="unwinding"} 1')
  expect(text).not.toContain('state="hedged"')
})

test('under systemd each line says how bad it is, in the way the journal understands; into a file it does not', () => {
  const written = (stream: string) => {
    const script = `
      const { createLog } = await import(${JSON.stringify(new URL('../../src/telemetry/log.ts', import.meta.url).href)})
      const { fstatSync } = await import('node:fs')
      const { dev, ino } = fstatSync(1)
      if (process.env.JOURNAL_STREAM === 'own') process.env.JOURNAL_STREAM = dev + ':' + ino
      const log = createLog({ level: 'debug', secrets: [] })
      log.error('a'); log.warn('b'); log.info('c'); log.debug('d')`
    const env = { ...process.env, JOURNAL_STREAM: stream }
    return execFileSync(process.execPath, ['--input-type=module', '-e', script], { env, encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(line => line.slice(0, 3))
  }
  expect(written('own')).toEqual(['<3>', '<4>', '<6>', '<7>'])
  expect(written('1:1'), 'a stream inherited from elsewhere').toEqual(Array(4).fill('{"a'))
})
