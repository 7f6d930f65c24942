/** The configuration: a file and an environment, read whole or refused with every key that is wrong; secrets are never shown. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { parse, stringify } from 'yaml'
import { loadConfig } from '../../../src/config/config.ts'
import { configTemplate } from '../../../src/config/shown-config.ts'
import { readFaults } from '../../../src/exchange/simulator/faults/plan.ts'
import { edge, refusedBy } from './kit.ts'
import { cuts, spoils, spoiltText, spoiltTree, text } from './spoilt.ts'

const SECRET = 'a-secret-of-the-tests-only'
/** As the file is handed out, and with every key that it comments out. */
const TEMPLATE = configTemplate()
const WHOLE = TEMPLATE.replace(/^# ?(\s*[a-z][A-Za-z]*:)/gm, '$1')
const DRILL = {
  seed: 7,
  faults: [{ name: 'late-row', rate: 0.1, ms: 60_000, fromMs: 0, untilMs: 3_600_000 }],
}
const NAMES = [
  ...[
    'HEDGEROW_MODE',
    'HEDGEROW_HOST',
    'HEDGEROW_PORT',
    'HEDGEROW_ALLOWED_HOSTS',
    'HEDGEROW_DATA_DIR',
    'HEDGEROW_SEED',
  ],
  ...[
    'HEDGEROW_DATABASE_URL',
    'HEDGEROW_SPEED',
    'HEDGEROW_EXCHANGE_URL',
    'HEDGEROW_LOG_LEVEL',
    'HEDGEROW_API_TOKEN',
    'HEDGEROW_X',
  ],
] as const

const trees = [WHOLE, TEMPLATE].map(each => readable(each))

function readable(yaml: string): unknown {
  try {
    return parse(yaml) as unknown
  } catch {
    return {}
  }
}

const cases = fc.record({
  file: fc.oneof(
    fc
      .record({ good: fc.constantFrom(TEMPLATE, WHOLE), spoilt: cuts })
      .map(({ good, spoilt }) => spoiltText(good, spoilt)),
    fc
      .record({ good: fc.constantFrom(...trees), spoilt: spoils })
      .map(({ good, spoilt }) => asYaml(spoiltTree(good, spoilt))),
    fc.constantFrom(
      'a: &a [*a, *a]',
      `${'a: &a [1,1]\n'}b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]`,
      '- '.repeat(2_000),
    ),
    text,
  ),
  env: fc.dictionary(fc.constantFrom(...NAMES), text, { maxKeys: 3 }),
  isDrill: fc.constantFrom(false, false, false, true),
  drill: spoils,
})

function asYaml(tree: unknown): string {
  try {
    return stringify(tree) ?? ''
  } catch {
    // Too deep to be written: the file then is something else that is no configuration.
    return String(tree).slice(0, 100)
  }
}

export const configuration = edge({
  name: 'configuration files',
  share: 8,
  cases,
  open() {
    const folder = mkdtempSync(path.join(tmpdir(), 'hedgerow-fuzz-'))
    const file = path.join(folder, 'hedgerow.yaml')
    return {
      take({ file: content, env, isDrill, drill }) {
        writeFileSync(file, isDrill ? (JSON.stringify(spoiltTree(DRILL, drill)) ?? '') : content)
        try {
          if (isDrill) readFaults(file)
          else
            loadConfig({ cwd: folder, env: { ...env, BYBIT_API_KEY: 'key', BYBIT_API_SECRET: SECRET }, file })
          return 'accepted'
        } catch (error) {
          if (error instanceof Error && error.message.includes(SECRET)) throw new Error('the secret is shown')
          return refusedBy(error, isDrill ? ['FaultPlanError'] : ['ConfigFaults'])
        }
      },
      close: () => rmSync(folder, { recursive: true }),
    }
  },
})
