import { expect, test } from 'vitest'
import type { Holding } from '../../src/api/rows/rows.ts'
import { createLiveStore, withHoldings, withLastKnown } from '../../src/dashboard/data/store.ts'
import { sampleView } from '../support/api/sample-view.ts'

const fields = ['price'] as const

test('a figure that a feed no longer tells stays as it was, and the row says that it is old', () => {
  expect(withLastKnown<{ price: string | null }>({ price: '2.5' }, { price: null }, fields)).toEqual({
    price: '2.5',
    isOld: true,
  })
})

test('what was never known stays unknown, and what is told again is no longer old', () => {
  expect(withLastKnown<{ price: string | null }>({ price: null }, { price: null }, fields)).toEqual({
    price: null,
  })
  const old = withLastKnown<{ price: string | null }>({ price: '2.5' }, { price: null }, fields)
  expect(withLastKnown<{ price: string | null }>(old, { price: '2.6' }, fields)).toEqual({ price: '2.6' })
})

test('an open hedge keeps its worth and its place while its book is silent, frame after frame', () => {
  const store = createLiveStore(run => run())
  const [row] = sampleView().holdings() as [Holding]
  const silent: Holding = { ...row, netUsdt: null, deltaUsdt: null, spot: { ...row.spot, price: null } }
  store.change(withHoldings({ reset: true, rows: [row], removed: [] }))
  for (const _ of [1, 2]) store.change(withHoldings({ reset: false, rows: [silent], removed: [] }))
  expect(store.get().holdings?.get(row.id)).toMatchObject({
    netUsdt: row.netUsdt,
    isOld: true,
    spot: { price: '2.5' },
  })
  store.change(withHoldings({ reset: false, rows: [row], removed: [] }))
  expect(store.get().holdings?.get(row.id)?.isOld).toBeUndefined()
})
