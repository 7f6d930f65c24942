import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/config.ts'
import { ConfigFaults } from '../../src/config/secrets.ts'
import { secretsOf } from '../../src/config/shown-config.ts'
import { channelsOf } from '../../src/run/alerts/alerts.ts'

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'hedgerow-alerts-'))
})
afterEach(() => rmSync(cwd, { recursive: true }))

const SECRETS = {
  HEDGEROW_ALERT_WEBHOOK_URL: 'https://hooks.example/a-secret-path',
  HEDGEROW_ALERT_SLACK_URL: 'https://slack.example/another-secret-path',
  HEDGEROW_ALERT_DISCORD_URL: 'https://discord.example/a-third-path',
  HEDGEROW_ALERT_TELEGRAM_TOKEN: '123456:the-token-of-a-bot',
  HEDGEROW_ALERT_SMTP_PASSWORD: 'sesame-sesame',
  HEDGEROW_ALERT_HEARTBEAT_URL: 'https://alive.example/a-fourth-path',
}
const EVERYTHING = `
alerts:
  telegramChat: "-1001234"
  mailTo: ann@example.org, bob@example.org
  mailFrom: engine@example.org
  smtpHost: mail.example.org
  smtpUser: engine
`

const load = (env: Record<string, string> = {}) => loadConfig({ cwd, env })

function faultyKeys(env: Record<string, string> = {}): string[] {
  try {
    load(env)
  } catch (error) {
    if (error instanceof ConfigFaults) return error.faults.map(({ key }) => key).sort()
    throw error
  }
  return []
}

test('without a word about them, alerts go nowhere', () => {
  const { alerts } = load()
  expect(channelsOf(alerts)).toEqual([])
  expect(alerts.secrets).toEqual({})
})

test('every way that is named whole is a way', () => {
  writeFileSync(join(cwd, 'hedgerow.yaml'), EVERYTHING)
  const ways = channelsOf(load(SECRETS).alerts).map(({ name }) => name)
  expect(ways).toEqual(['webhook', 'slack', 'discord', 'telegram', 'mail'])
})

test('all that lets somebody in is a secret', () => {
  writeFileSync(join(cwd, 'hedgerow.yaml'), EVERYTHING)
  expect(secretsOf(load(SECRETS)).toSorted()).toEqual(Object.values(SECRETS).toSorted())
})

test('half a way is refused, and its other half is named', () => {
  expect(faultyKeys({ HEDGEROW_ALERT_TELEGRAM_TOKEN: '123456:token' })).toEqual(['alerts.telegramChat'])
  writeFileSync(join(cwd, 'hedgerow.yaml'), EVERYTHING)
  expect(faultyKeys()).toEqual(['HEDGEROW_ALERT_SMTP_PASSWORD', 'HEDGEROW_ALERT_TELEGRAM_TOKEN'])
  writeFileSync(join(cwd, 'hedgerow.yaml'), 'alerts:\n  mailTo: ann@example.org\n')
  expect(faultyKeys()).toEqual(['alerts.mailFrom', 'alerts.smtpHost'])
})

test('an invalid URL is refused without being shown', () => {
  try {
    load({ HEDGEROW_ALERT_WEBHOOK_URL: 'hooks.example/a-secret-path' })
    expect.unreachable()
  } catch (error) {
    expect(String(error)).toContain('HEDGEROW_ALERT_WEBHOOK_URL: expected an http or https URL')
    expect(String(error)).not.toContain('a-secret-path')
  }
})

test('a secret in the file is refused: it belongs in the environment', () => {
  writeFileSync(join(cwd, 'hedgerow.yaml'), 'HEDGEROW_ALERT_SMTP_PASSWORD: sesame-sesame\n')
  expect(faultyKeys()).toEqual(['HEDGEROW_ALERT_SMTP_PASSWORD'])
})

test('credentials of systemd are read by their names', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-credentials-'))
  writeFileSync(join(folder, 'hedgerow-alert-webhook-url'), `${SECRETS.HEDGEROW_ALERT_WEBHOOK_URL}\n`)
  const { alerts } = load({ CREDENTIALS_DIRECTORY: folder })
  rmSync(folder, { recursive: true })
  expect(alerts.secrets).toEqual({ HEDGEROW_ALERT_WEBHOOK_URL: SECRETS.HEDGEROW_ALERT_WEBHOOK_URL })
})
