/** The ledger, decimal money, unknown is not zero, cash is real: promises 6, 10, 12 and 14. */
import { sabotage } from './sabotage.ts'

const LEDGER = 'test/domain/books/ledger.test.ts'
const OWNER = 'test/domain/books/row-owner.test.ts'
const SOLVENCY = 'test/domain/risk/solvency.test.ts'
const LIMITS = 'test/domain/risk/limits.test.ts'
const CAPITAL = 'test/domain/entry/capital.test.ts'
const FUNDING = 'test/domain/market/funding.test.ts'

export const MONEY = [
  sabotage(
    6,
    'the residual is computed from the ledger itself',
    'src/domain/books/ledger.ts',
    [
      'new Decimal(wallets.get(coin) ?? 0).minus(',
      'new Decimal(accounts["wallet:".concat(coin)] ?? 0).minus(',
    ],
    LEDGER,
  ),
  sabotage(
    6,
    'a row that does not add up is booked as if it did',
    'src/domain/books/ledger.ts',
    ["['suspense', unexplained(row).neg()],", "['equity', unexplained(row).neg()],"],
    LEDGER,
  ),
  sabotage(
    6,
    'a fee is booked with the wrong sign',
    'src/domain/books/ledger.ts',
    ["['fees', new Decimal(row.fee)]", "['fees', new Decimal(row.fee).neg()]"],
    LEDGER,
  ),
  sabotage(
    6,
    'a coin that only the wallet knows has no residual',
    'src/domain/books/ledger.ts',
    ['[...new Set([...wallets.keys(), ...booked])]', '[...new Set(booked)]'],
    LEDGER,
  ),
  sabotage(
    6,
    "a settlement after the hedge is nobody's",
    'src/domain/books/row-owner.ts',
    ['atMs <= untilMs + lateMs', 'atMs <= untilMs'],
    OWNER,
  ),
  sabotage(
    6,
    'interest goes to whoever holds the coin',
    'src/domain/books/row-owner.ts',
    ["direction === 'reverse-carry' && baseCoin === coin,\n  conversion", 'baseCoin === coin,\n  conversion'],
    OWNER,
  ),
  sabotage(
    6,
    'interest counts twice when its row is listed twice',
    'src/domain/books/transaction.ts',
    ['[...new Map(own.map(row => [row.id, row])).values()]', 'own'],
    'test/domain/books/transaction.test.ts',
  ),
  sabotage(
    9,
    'settlements are counted as if each took eight hours',
    'src/domain/market/funding.ts',
    [
      '1 + Math.floor((endMs - firstAtMs) / schedule.fundingIntervalMs)',
      '1 + Math.floor((endMs - firstAtMs) / (8 * HOUR_MS))',
    ],
    FUNDING,
  ),
  sabotage(
    9,
    'funding is received with the wrong sign',
    'src/domain/market/funding.ts',
    [
      'usdt(new Decimal(contracts).times(markPrice).times(rate))',
      'usdt(new Decimal(contracts).times(markPrice).times(rate).neg())',
    ],
    FUNDING,
  ),
  sabotage(
    12,
    'collateral that was not read counts as none',
    'src/domain/risk/solvency.ts',
    ['if (unknown.length > 0)', 'if (unknown.length > 1e9)'],
    SOLVENCY,
  ),
  sabotage(
    12,
    'an empty margin rate counts as zero',
    'src/domain/risk/risk-state.ts',
    [
      '  if (maintenanceMarginRate === null)\n    return',
      "  if (maintenanceMarginRate === null) return undefined\n  if (maintenanceMarginRate === '')\n    return",
    ],
    'test/domain/risk/risk-state.test.ts',
    LIMITS,
  ),
  sabotage(
    12,
    'an unknown solvency does not stop new risk',
    'src/domain/risk/risk-state.ts',
    ["solvency.verdict === 'flatten' || solvency.verdict === 'unknown'", "solvency.verdict === 'flatten'"],
    'test/domain/risk/risk-state.test.ts',
    LIMITS,
  ),
  sabotage(
    12,
    'a hedge leaves because the solvency of the account is unknown',
    'src/domain/exit/risk-exit.ts',
    ["const isKnown = solvency && solvency.verdict !== 'unknown'", 'const isKnown = Boolean(solvency)'],
    'test/domain/exit/judgement.test.ts',
    'test/domain/exit/exit-rules.test.ts',
  ),
  sabotage(
    12,
    'a debt needs no maintenance margin',
    'src/domain/risk/solvency.ts',
    [
      'maintenance = maintenance.plus(held.spot.neg().times(price).times(rules.borrowMaintenanceRate))',
      'maintenance = maintenance.plus(0)',
    ],
    SOLVENCY,
  ),
  sabotage(
    14,
    'capital is free again once the order has left',
    'src/domain/risk/exposure.ts',
    ['new Decimal(cashUsdt).minus(reservedUsdt)', 'new Decimal(cashUsdt)'],
    CAPITAL,
    LIMITS,
  ),
  sabotage(
    14,
    'the symbol limit is judged without what others hold',
    'src/domain/risk/limits.ts',
    ['notional.plus(exposure.foreignNotionalUsdt?.[plan.symbol] ?? 0)', 'notional'],
    LIMITS,
  ),
  sabotage(
    14,
    'sizing does not hold the symbol limit',
    'src/domain/entry/sizing.ts',
    [
      'new Decimal(limits.symbolNotionalUsdtMax).minus(inSymbol),',
      'new Decimal(limits.totalNotionalUsdtMax),',
    ],
    CAPITAL,
    'test/domain/entry/opportunity.test.ts',
    LIMITS,
  ),
  sabotage(
    14,
    'fees still to come do not count against the budget',
    'src/domain/risk/limits.ts',
    ['churnReason(exposure, limits, fees)', 'churnReason(exposure, limits)'],
    LIMITS,
  ),
  sabotage(
    10,
    'a quantity is floored by a quotient that was cut',
    'src/domain/grid.ts',
    [
      'const towardsZero = exact.minus(rest)\n  return rest.isNegative()',
      'const towardsZero = exact.div(size).floor().times(size)\n  return rest.isNegative()',
    ],
    'test/domain/grid.test.ts',
  ),
]
