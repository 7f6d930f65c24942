import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Usdt, usdt } from '../../../src/domain/units.ts'
import type { Database } from '../../../src/store/database.ts'
import { DoesNotFit, fittingDecimal } from '../../../src/store/schema/columns.ts'
import { EquityTable } from '../../../src/store/schema/operator.ts'
import { openTestDatabase } from '../../support/store/test-database.ts'

/** Decimals of every size that fits: up to 20 digits before and 18 after the point. */
const fitting = fc
  .tuple(
    fc.boolean(),
    fc.bigInt({ min: 0n, max: 10n ** 20n - 1n }),
    fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }),
  )
  .map(([minus, whole, fraction]) => {
    const text = new Decimal(`${whole}.${String(fraction).padStart(18, '0')}`)
    return usdt(minus ? text.neg() : text)
  })

describe('a decimal column', () => {
  let database: Database
  beforeAll(async () => {
    database = await openTestDatabase()
  })
  afterAll(() => database.close())

  test('gives back every decimal that fits, to the last digit, as canonical text', async () => {
    let atMs = 0
    await fc.assert(
      fc.asyncProperty(fc.array(fitting, { minLength: 1, maxLength: 50 }), async values => {
        const rows = values.map((value: Usdt) => ({
          account: 'a',
          atMs: atMs++,
          equityUsdt: value,
          availableUsdt: value,
          detail: {},
        }))
        const em = database.orm.em.fork()
        await em.insertMany(EquityTable, rows)
        const found = await em.find(
          EquityTable,
          { account: 'a', atMs: { $gte: rows[0]?.atMs ?? 0 } },
          { orderBy: { atMs: 'asc' } },
        )
        expect(found.map(({ equityUsdt }) => equityUsdt)).toEqual(values)
      }),
      { numRuns: 20 },
    )
  })

  test('refuses what PostgreSQL would round or could not hold, naming the field', async () => {
    const row = { account: 'b', atMs: 1, availableUsdt: usdt('0'), detail: {} }
    for (const value of ['0.0000000000000000001', '100000000000000000000']) {
      const insert = database.orm.em.fork().insert(EquityTable, { ...row, equityUsdt: value as Usdt })
      await expect(insert, value).rejects.toBeInstanceOf(DoesNotFit)
      await expect(insert, value).rejects.toThrow('equityUsdt')
    }
    expect(await database.orm.em.fork().count(EquityTable, { account: 'b' })).toBe(0)
  })

  test('sees no change in an equal value written otherwise, and sees the smallest change', async () => {
    const em = database.orm.em.fork()
    await em.insert(EquityTable, {
      account: 'c',
      atMs: 1,
      equityUsdt: usdt('1.5'),
      availableUsdt: usdt('0'),
      detail: {},
    })
    const found = await em.findOneOrFail(EquityTable, { account: 'c', atMs: 1 })
    found.equityUsdt = '1.500' as Usdt
    em.getUnitOfWork().computeChangeSets()
    expect(em.getUnitOfWork().getChangeSets()).toEqual([])
    found.equityUsdt = usdt('1.500000000000000001')
    await em.flush()
    const { equityUsdt } = await database.orm.em.fork().findOneOrFail(EquityTable, { account: 'c', atMs: 1 })
    expect(equityUsdt).toBe('1.500000000000000001')
  })
})

test('a decimal that fits is any with few enough digits on both sides of the point', () => {
  fc.assert(fc.property(fitting, value => fittingDecimal(value, 'x') === value))
  expect(fittingDecimal('000123.4500', 'x')).toBe('123.45')
  expect(() => fittingDecimal('1e5', 'x')).toThrow(/x: expected a decimal/)
})
