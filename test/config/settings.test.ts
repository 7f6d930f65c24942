import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/config.ts'
import { shownSettings } from '../../src/config/settings.ts'

const SECRETS = {
  HEDGEROW_API_TOKEN: 'a-token-that-nobody-may-see',
  HEDGEROW_DATABASE_URL: 'postgres://user:hidden-password@db.example:5432/hedgerow',
  BYBIT_API_KEY: 'a-key-of-the-account',
  BYBIT_API_SECRET: 'the-secret-of-that-key',
}
const settingsOf = (env: Record<string, string>) =>
  shownSettings(loadConfig({ cwd: '/nowhere', env })).settings
const named = (settings: ReturnType<typeof settingsOf>, key: string) =>
  settings.find(each => each.key === key)

describe('the settings as they are shown', () => {
  test('of a secret say only whether it is set', () => {
    const settings = settingsOf(SECRETS)
    const text = JSON.stringify(settings)
    for (const secret of [...Object.values(SECRETS), 'hidden-password', 'db.example'])
      expect(text).not.toContain(secret)
    expect(named(settings, 'BYBIT_API_KEY')).toMatchObject({ value: 'set', isDefault: false })
    expect(named(settingsOf({}), 'BYBIT_API_KEY')).toMatchObject({ value: 'not set', isDefault: true })
  })

  test('are all defaults where nothing is said, in a mode with livelier ones too', () => {
    for (const mode of ['sim', 'replay'])
      expect(
        settingsOf({ HEDGEROW_MODE: mode })
          .filter(({ isDefault }) => !isDefault)
          .map(({ key }) => key),
      ).toEqual(mode === 'sim' ? [] : ['HEDGEROW_MODE'])
  })

  test('say what was changed, from what, and what each means', () => {
    const settings = settingsOf({ HEDGEROW_PORT: '9001' })
    expect(named(settings, 'HEDGEROW_PORT')).toMatchObject({
      value: '9001',
      default: '8787',
      isDefault: false,
    })
    for (const { about, key } of settings) expect(about, key).not.toBe('')
  })
})
