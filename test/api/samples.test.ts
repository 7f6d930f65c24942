/** The API's answers on a hedge of each kind that figures go wrong on, held against what it documents. */
import { describe, expect, test } from 'vitest'
import { createApi } from '../../src/api/app.ts'
import { ANSWERS, type Path } from '../../src/api/rows/answers.ts'
import { systemClock } from '../../src/clock/clock.ts'
import { silentTelemetry } from '../../src/telemetry/telemetry.ts'
import { CLOSED_ID } from '../support/api/sample-past.ts'
import { emptyView, SAMPLES, sampleView } from '../support/api/sample-view.ts'

const TOKEN = 'a-token-of-the-tests-only'
const askOf = (view: ReturnType<typeof sampleView>) => {
  const telemetry = silentTelemetry()
  const api = createApi({ view, token: TOKEN, host: '127.0.0.1', port: 0, telemetry, clock: systemClock() })
  const headers = { host: '127.0.0.1:0', authorization: `Bearer ${TOKEN}` }
  return async (at: string) => (await api.app.request(at, { headers })).json()
}

const PLAIN = (Object.keys(ANSWERS) as Path[]).filter(path => !path.includes('{'))

describe.each([
  ['with everything', sampleView],
  ['with nothing yet', emptyView],
] as const)('an engine %s', (_, view) => {
  const ask = askOf(view())
  test.each(PLAIN)('answers %s as it is documented', async path => {
    expect(ANSWERS[path].safeParse(await ask(path)).error?.issues ?? []).toEqual([])
  })
})

describe('a hedge of each kind', () => {
  const ask = askOf(sampleView())
  const ids = [...SAMPLES.map(({ context }) => context.plan.hedgeId), CLOSED_ID]
  test.each(ids)('%s is answered whole', async id => {
    const found = await ask(`/api/hedges/${id}`)
    expect(ANSWERS['/api/hedges/{id}'].safeParse(found).error?.issues ?? []).toEqual([])
    if (id === CLOSED_ID) return
    const exit = await ask(`/api/hedges/${id}/exit`)
    expect(ANSWERS['/api/hedges/{id}/exit'].safeParse(exit).error?.issues ?? []).toEqual([])
  })

  test('closing all of them is the sum of closing each', async () => {
    const { hedges, total } = ANSWERS['/api/closing'].parse(await ask('/api/closing'))
    expect(hedges).toHaveLength(SAMPLES.length)
    const sum = (part: 'feesUsdt' | 'netAfterUsdt') => hedges.reduce((all, row) => all + Number(row[part]), 0)
    expect(Number(total.feesUsdt)).toBeCloseTo(sum('feesUsdt'), 6)
    expect(Number(total.netAfterUsdt)).toBeCloseTo(sum('netAfterUsdt'), 6)
  })

  test('what no hedge claims is told in USDT', async () => {
    const found = ANSWERS['/api/reconciliation'].parse(await ask('/api/reconciliation'))
    expect(found).toMatchObject({ unclaimedUsdt: '1500.00', deltaUsdt: '1500.00' })
  })

  test('a symbol’s past comes with when its hedges came and went', async () => {
    const found = ANSWERS['/api/opportunities/{symbol}/history'].parse(
      await ask('/api/opportunities/XRPUSDT/history?hours=168'),
    )
    expect(found.moves.map(({ kind }) => kind)).toEqual(['entry', 'exit'])
  })
})
