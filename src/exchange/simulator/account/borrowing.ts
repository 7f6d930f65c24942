/**
 * Spot-margin debt: interest at five past each hour, repayment at each half hour from what lies free. A wallet that would go
 * below zero borrows instead, so wallets are never negative.
 */

import type { Decimal } from 'decimal.js'
import { borrowRate } from '../kit/rates.ts'
import { pushWallet } from '../pushes/private.ts'
import { type AccountState, dec, heldOf, nextNumber, type World, ZERO } from '../world.ts'
import { accountNumbers, lockedOf } from './accounts.ts'
import { bearing, freeBorrowLimit, lossBorrow } from './loss-loan.ts'
import { moveMoney, repay } from './wallet.ts'

const INTEREST_KEPT = 1000
const REPAY_EVERY_MS = 1_800_000
const HOUR_MS = 3_600_000
const INTEREST_AT_MS = 300_000

/** The hour's row of the borrow history: also a debt that cost nothing is told. */
function note(
  world: World,
  account: AccountState,
  coin: string,
  loss: Decimal,
  size: Decimal,
  cost: Decimal,
): void {
  const borrowed = loss.plus(heldOf(account, coin).borrowed)
  if (borrowed.isZero()) return
  account.interest ??= []
  account.interest.push({
    number: nextNumber(world),
    atMs: world.state.nowMs,
    coin,
    borrowed: borrowed.toFixed(),
    bearing: size.toFixed(),
    free: (loss.gt(freeBorrowLimit(coin)) ? freeBorrowLimit(coin) : loss).toFixed(),
    loss: loss.toFixed(),
    rate: borrowRate(coin),
    cost: cost.toFixed(),
  })
  if (account.interest.length > INTEREST_KEPT) account.interest.shift()
}

function chargeInterest(world: World, account: AccountState): void {
  const { bySettle } = accountNumbers(world, account)
  for (const [coin, state] of Object.entries(account.coins)) {
    const loss = lossBorrow(state.wallet, bySettle.get(coin)?.unrealised ?? ZERO)
    const size = bearing(coin, state.borrowed, loss)
    const interest = size.times(borrowRate(coin)).toDecimalPlaces(12)
    note(world, account, coin, loss, size, interest)
    if (!interest.gt(0)) continue
    moveMoney(world, account, {
      coin,
      type: 'INTEREST',
      market: 'spot',
      cashFlow: interest.negated(),
      qty: size.toFixed(),
      feeRate: borrowRate(coin),
    })
    pushWallet(world, account, [coin])
  }
}

function repayFree(world: World, account: AccountState): void {
  for (const [coin, state] of Object.entries(account.coins)) {
    if (!dec(state.borrowed).gt(0) || account.autoRepayOff?.[coin]) continue
    const before = state.borrowed
    repay(world, account, coin, lockedOf(world, account, coin))
    if (state.borrowed !== before) pushWallet(world, account, [coin])
  }
}

const hasDebt = (world: World): boolean =>
  Object.values(world.state.accounts).some(account =>
    Object.values(account.coins).some(({ borrowed }) => borrowed !== '0'),
  )

/** The next of those instants after now; never when it is not before `soonerMs`, or nobody owes anything. */
export function nextDebtAtMs(world: World, soonerMs: number): number {
  const { nowMs } = world.state
  const halfHour = (Math.floor(nowMs / REPAY_EVERY_MS) + 1) * REPAY_EVERY_MS
  const fivePast = (Math.floor((nowMs - INTEREST_AT_MS) / HOUR_MS) + 1) * HOUR_MS + INTEREST_AT_MS
  const nextMs = Math.min(halfHour, fivePast)
  return nextMs < soonerMs && hasDebt(world) ? nextMs : Number.POSITIVE_INFINITY
}

/** To be called at every step; does something at :00, :05 and :30 of the hour only. */
export function keepDebts(world: World): void {
  const { nowMs } = world.state
  const interest = nowMs % HOUR_MS === INTEREST_AT_MS
  const repayment = nowMs % REPAY_EVERY_MS === 0
  if (!interest && !repayment) return
  for (const account of Object.values(world.state.accounts)) {
    if (interest) chargeInterest(world, account)
    if (repayment) repayFree(world, account)
  }
}
