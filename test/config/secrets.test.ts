/** A secret is planted under every key and variable there is, right and wrong, and every output is searched for it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { explained } from '../../src/cli/kit/failure.ts'
import { loadConfig } from '../../src/config/config.ts'
import { environmentShape, sections } from '../../src/config/schema.ts'
import { ConfigFaults, SECRET_VARIABLES } from '../../src/config/secrets.ts'
import { secretsOf, shownConfig } from '../../src/config/shown-config.ts'
import { redaction } from '../../src/telemetry/redaction.ts'
import { start } from '../support/process/process.ts'

let cwd: string
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'hedgerow-secrets-'))
})
afterAll(() => rmSync(cwd, { recursive: true }))

const SECRET = 'Sesame0pen9Secret'

/** A right value of each secret variable that holds the secret. */
const RIGHT: Readonly<Record<string, string>> = {
  BYBIT_API_KEY: SECRET,
  BYBIT_API_SECRET: SECRET,
  HEDGEROW_API_TOKEN: SECRET,
  HEDGEROW_DATABASE_URL: `postgres://user:${SECRET}@host/database`,
  HEDGEROW_ALERT_WEBHOOK_URL: `https://user:${SECRET}@host/${SECRET}?key=${SECRET}`,
  HEDGEROW_ALERT_SLACK_URL: `https://host/services/${SECRET}`,
  HEDGEROW_ALERT_DISCORD_URL: `https://host/api/webhooks/1/${SECRET}`,
  HEDGEROW_ALERT_TELEGRAM_TOKEN: SECRET,
  HEDGEROW_ALERT_SMTP_PASSWORD: SECRET,
  HEDGEROW_ALERT_HEARTBEAT_URL: `https://host/${SECRET}`,
}

/** What the secrets of alerts need beside them. */
const WHOLE =
  'alerts: {telegramChat: "@hedges", mailTo: a@b.c, mailFrom: a@b.c, smtpHost: mail, smtpUser: ada}'

/** Everything a command would say: of a right configuration what is shown, of a wrong one its faults. */
function said(env: Record<string, string>, file = env === RIGHT ? WHOLE : ''): string {
  writeFileSync(join(cwd, 'hedgerow.yaml'), file)
  try {
    return JSON.stringify(shownConfig(loadConfig({ cwd, env })))
  } catch (error) {
    if (!(error instanceof ConfigFaults)) throw error
    return `${error.message} ${JSON.stringify(error.faults)} ${explained(error, {}).text}`
  }
}

test('the list of secrets is whole: each is tried here', () => {
  expect(Object.keys(RIGHT).toSorted()).toEqual([...SECRET_VARIABLES].toSorted())
})

describe('a right secret', () => {
  test('is said to be set and never shown, each of them', () => {
    const shown = said(RIGHT)
    expect(shown.match(/"set"/g)).toHaveLength(SECRET_VARIABLES.length - 1)
    expect(shown).not.toContain(SECRET)
    expect(said({}, '')).not.toContain('"set"')
  })

  test('is known to the redaction of the log and of errors, with each of its parts', () => {
    writeFileSync(join(cwd, 'hedgerow.yaml'), WHOLE)
    const secrets = secretsOf(loadConfig({ cwd, env: RIGHT }))
    expect(redaction(secrets)(`${Object.values(RIGHT).join(' ')} /${SECRET}`)).not.toContain(SECRET)
    expect(explained(new Error(Object.values(RIGHT).join(' ')), RIGHT).text).not.toContain(SECRET)
  })
})

describe('a secret in the wrong place', () => {
  test.each(Object.keys(environmentShape).filter(name => !SECRET_VARIABLES.includes(name)))(
    'credentials in the address of %s are not shown',
    name => {
      expect(said({ [name]: `http://user:${SECRET}@127.0.0.1:9797/${SECRET}?key=${SECRET}` })).not.toContain(
        SECRET,
      )
    },
  )

  test.each(['HEDGEROW_DB_URL', 'HEDGEROW_TOKEN', 'HEDGEROW_ALERT_WEBHOOK', 'HEDGEROW_NOTE'])(
    'the unknown variable %s is refused without its value',
    name => {
      const text = said({ [name]: SECRET })
      expect(text).toContain(name)
      expect(text).not.toContain(SECRET)
    },
  )

  const sectionsOfFile = Object.keys(sections)
  test.each([
    `bybit: {apiKey: ${SECRET}}`,
    `webhook: ${SECRET}`,
    `${SECRET_VARIABLES[0]}: ${SECRET}`,
    ...sectionsOfFile.map(section => `${section}: {note: ${SECRET}}`),
    ...sectionsOfFile.map(section => `${section}: ${SECRET}`),
    ...sectionsOfFile.map(section => `${section}: [${SECRET}]`),
    `alerts: {webhookUrl: "https://host/${SECRET}"}`,
    `alerts: {telegramUrl: "ftp://user:${SECRET}@host"}`,
    `alerts: {telegramUrl: "https://user:${SECRET}@host/${SECRET}"}`,
  ])('%s', file => {
    expect(said({}, file)).not.toContain(SECRET)
  })

  test('a wrong value of an open key is shown, as it helps to mend it', () => {
    expect(said({ HEDGEROW_MODE: 'fast' })).toContain('found "fast"')
    expect(said({}, 'strategy: {entryAprMin: lots}')).toContain('lots')
  })
})

test('config check says of every secret that it is set, and shows none, in columns and as JSON', async () => {
  writeFileSync(join(cwd, 'hedgerow.yaml'), WHOLE)
  for (const more of [[], ['--json']]) {
    const { code, out, err } = await start(['config', 'check', ...more], { cwd, env: RIGHT }).ended
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/HEDGEROW_ALERT_SLACK_URL\W+set/)
    expect(out).not.toContain(SECRET)
  }
}, 60_000)
