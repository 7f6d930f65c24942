/** Spot margin over REST: inventory, limits, debts, repaying, collateral switches. */
import type { Decimal } from 'decimal.js'
import type { Json } from '../../../domain/json.ts'
import { accountNumbers, lockedOf } from '../account/accounts.ts'
import { lossBorrow } from '../account/amounts.ts'
import { borrowable, inventoryOf, isBlackout } from '../account/borrowing.ts'
import { borrow, moveMoney, repay } from '../account/wallet.ts'
import { coinPrice, dec, heldOf, type SimExchange, ZERO } from '../exchange-state.ts'
import { borrowRate } from '../kit/grid.ts'
import { type ApiRefusal, badRequest, decimalParam, instantParam, refusalOf, text } from '../kit/params.ts'
import { pushWallet } from '../pushes/private.ts'
import { type RequestRoute, type RouteAnswer, type SignedCall, signedGet, signedPost } from './routes.ts'

const HOUR_MS = 3_600_000
const WEEK_HOURS = 168
const MONTH_HOURS = 720

function coinOfRequest(exchange: SimExchange, call: SignedCall, name: string): string | ApiRefusal {
  const coin = text(call.params, name)
  return exchange.universe.coins.includes(coin) ? coin : badRequest(`${name} invalid: ${coin}`)
}

/** Answers with something of the one coin that the request names. */
const ofCoin =
  (name: string, answer: (call: SignedCall, coin: string) => RouteAnswer) => (call: SignedCall) => {
    const coin = coinOfRequest(call.exchange, call, name)
    return typeof coin === 'string' ? answer(call, coin) : coin
  }

const inventory = ofCoin('currency', ({ exchange }, currency) => ({
  result: {
    currency,
    availableInventory: inventoryOf(exchange, currency).toFixed(8),
    updateTime: String(exchange.state.nowMs),
  },
}))

const maxBorrowable = ofCoin('currency', ({ exchange, account }, currency) => ({
  result: { maxLoan: borrowable(exchange, account, currency).toFixed(8), currency },
}))

const liability = ofCoin('currency', ({ exchange, account }, currency) => {
  const held = heldOf(account, currency)
  const loss = accountNumbers(exchange, account).bySettle.get(currency)?.unrealised ?? ZERO
  const fromLoss = lossBorrow(held.wallet, loss)
  return {
    result: {
      currency,
      totalBorrowAmount: dec(held.borrowed).plus(fromLoss).toFixed(8),
      fixedBorrowAmount: '0.00000000',
      flexibleBorrowAmount: dec(held.borrowed).plus(fromLoss).toFixed(8),
      spotTotalBorrow: dec(held.borrowed).toFixed(8),
      derivativesBorrow: fromLoss.toFixed(8),
    },
  }
})

const repayable = ofCoin('currency', ({ exchange, account }, currency) => ({
  result: { lossLessRepaymentAmount: ownFunds(exchange, account, currency).toFixed(8), currency },
}))

/** What an account can repay of a coin from the coin itself. */
function ownFunds(exchange: SimExchange, account: SignedCall['account'], coin: string): Decimal {
  const held = heldOf(account, coin)
  const free = dec(held.wallet).minus(lockedOf(exchange, account, coin))
  return free.lt(held.borrowed) ? (free.isNegative() ? ZERO : free) : dec(held.borrowed)
}

/** Hours of a window, newest first: a week unless asked otherwise, thirty days at most. */
function rateHistory({ exchange, params }: SignedCall): RouteAnswer {
  const currency = text(params, 'currency')
  if (!exchange.universe.coins.includes(currency)) return badRequest(`currency invalid: ${currency}`)
  const { nowMs } = exchange.state
  const [start, end] = [instantParam(params, 'startTime'), instantParam(params, 'endTime')]
  if ((start === undefined) !== (end === undefined)) return badRequest('startTime and endTime go together')
  const [fromMs, toMs] = [start ?? nowMs - WEEK_HOURS * HOUR_MS, Math.min(end ?? nowMs, nowMs)]
  if ((end ?? nowMs) - fromMs > MONTH_HOURS * HOUR_MS) return badRequest('the window is longer than 30 days')
  const newest = Math.floor(toMs / HOUR_MS)
  const hours = newest - Math.ceil(fromMs / HOUR_MS) + 1
  const list = Array.from(
    { length: Math.max(0, hours) },
    (_, back): Json => ({
      timestamp: (newest - back) * HOUR_MS,
      currency,
      hourlyBorrowRate: borrowRate(currency),
      vipLevel: 'No VIP',
    }),
  )
  return { result: { list }, retExtInfo: '{}' }
}

const coinState = ({ exchange, account }: SignedCall): RouteAnswer => ({
  result: {
    list: exchange.universe.coins.map(currency => ({ spotLeverage: Number(account.spotLeverage), currency })),
  },
})

const manualBorrow = ofCoin('coin', ({ exchange, account, params }, coin) => {
  const amount = decimalParam(params, 'amount')
  if (!amount?.gt(0)) return badRequest('amount invalid')
  if (!account.spotMargin) return refusalOf(176038, 'Spot margin trading is not enabled.')
  if (amount.gt(inventoryOf(exchange, coin)))
    return refusalOf(170207, 'The platform has no more to lend of this coin.')
  if (amount.gt(borrowable(exchange, account, coin)))
    return refusalOf(176015, 'Insufficient available balance')
  borrow(exchange, account, coin, amount)
  pushWallet(exchange, account, [coin])
  return { result: { coin, amount: amount.toFixed() } }
})

/** `converts`: what the coin's own funds cannot pay is bought with USDT at the index price. */
const manualRepay = (converts: boolean) =>
  ofCoin('coin', ({ exchange, account, params }, coin) => {
    if (isBlackout(exchange.state.nowMs))
      return refusalOf(10001, 'Repayment is not allowed from 04:00 to 05:30 of each hour')
    const debt = dec(heldOf(account, coin).borrowed)
    if (!debt.gt(0)) return refusalOf(10001, 'There is no liability to repay')
    const asked = text(params, 'amount') === '' ? debt : decimalParam(params, 'amount')
    if (!asked?.gt(0)) return badRequest('amount invalid')
    const amount = asked.gt(debt) ? debt : asked
    const own = ownFunds(exchange, account, coin)
    if (amount.gt(own)) {
      if (!converts) return refusalOf(176015, 'Insufficient available balance')
      const refused = convert({ exchange, account }, coin, amount.minus(own))
      if (refused) return refused
    }
    repay(exchange, account, coin, dec(heldOf(account, coin).wallet).minus(amount))
    pushWallet(exchange, account, [coin, 'USDT'])
    return { result: { resultStatus: 'P' } }
  })

/** Buys a coin for USDT at the index price. */
function convert(
  { exchange, account }: Pick<SignedCall, 'exchange' | 'account'>,
  coin: string,
  qty: Decimal,
): ApiRefusal | undefined {
  const cost = qty.times(coinPrice(exchange, coin)).toDecimalPlaces(8)
  const free = dec(heldOf(account, 'USDT').wallet).minus(lockedOf(exchange, account, 'USDT'))
  if (coin === 'USDT' || cost.gt(free)) return refusalOf(176015, 'Insufficient available balance')
  const price = coinPrice(exchange, coin).toFixed()
  const row = { market: 'none' as const, qty: qty.toFixed(), price }
  moveMoney(exchange, account, { ...row, coin: 'USDT', type: 'CURRENCY_SELL', cashFlow: cost.negated() })
  moveMoney(exchange, account, { ...row, coin, type: 'CURRENCY_BUY', cashFlow: qty })
  return undefined
}

const autoRepayRow = ({ account }: SignedCall, currency: string): Json => ({
  currency,
  autoRepayMode: account.autoRepayOff?.[currency] ? '0' : '1',
})

function autoRepay(call: SignedCall): RouteAnswer {
  const wanted = text(call.params, 'currency')
  const coins = wanted ? [wanted] : call.exchange.universe.coins
  return { result: { data: coins.map(coin => autoRepayRow(call, coin)) } }
}

function setAutoRepay(call: SignedCall): RouteAnswer {
  const mode = text(call.params, 'autoRepayMode')
  if (mode !== '0' && mode !== '1') return badRequest(`autoRepayMode invalid: ${mode}`)
  const wanted = text(call.params, 'currency')
  if (wanted && !call.exchange.universe.coins.includes(wanted))
    return badRequest(`currency invalid: ${wanted}`)
  const off = { ...call.account.autoRepayOff }
  for (const coin of wanted ? [wanted] : call.exchange.universe.coins)
    if (mode === '0') off[coin] = 1
    else delete off[coin]
  call.account.autoRepayOff = off
  return autoRepay(call)
}

/** Switches coins on or off as collateral; dollars always count, and a coin at the platform's limit cannot be switched on. */
function switchCollateral(
  { exchange, account }: SignedCall,
  coin: string,
  word: string,
): ApiRefusal | undefined {
  if (!exchange.universe.coins.includes(coin)) return badRequest(`coin invalid: ${coin}`)
  if (word !== 'ON' && word !== 'OFF') return badRequest(`collateralSwitch invalid: ${word}`)
  if (word === 'OFF' && (coin === 'USDT' || coin === 'USDC'))
    return refusalOf(10001, `${coin} cannot be switched off as collateral`)
  if (word === 'ON' && exchange.state.collateral[coin] === 2)
    return refusalOf(10001, `${coin} has reached the platform's collateral limit`)
  const off = { ...account.collateralOff }
  if (word === 'OFF') off[coin] = 1
  else delete off[coin]
  account.collateralOff = off
  return undefined
}

const setCollateral = (call: SignedCall): RouteAnswer =>
  switchCollateral(call, text(call.params, 'coin'), text(call.params, 'collateralSwitch')) ?? { result: {} }

function setCollaterals(call: SignedCall): RouteAnswer {
  const { request } = call.params
  if (!Array.isArray(request)) return badRequest('request must be a list')
  const list: Json[] = []
  for (const one of request) {
    const body = one && typeof one === 'object' && !Array.isArray(one) ? one : {}
    const [coin, collateralSwitch] = [text(body, 'coin'), text(body, 'collateralSwitch')]
    const refused = switchCollateral(call, coin, collateralSwitch)
    if (refused) return refused
    list.push({ coin, collateralSwitch })
  }
  return { result: { list } }
}

export const marginRoutes: Readonly<Record<string, RequestRoute>> = {
  '/v5/spot-margin-trade/flexible-available-inventory': signedGet(inventory),
  '/v5/spot-margin-trade/max-borrowable': signedGet(maxBorrowable),
  '/v5/spot-margin-trade/liability': signedGet(liability),
  '/v5/spot-margin-trade/repayment-available-amount': signedGet(repayable),
  '/v5/spot-margin-trade/interest-rate-history': signedGet(rateHistory),
  '/v5/spot-margin-trade/coinstate': signedGet(coinState),
  '/v5/spot-margin-trade/get-auto-repay-mode': signedGet(autoRepay),
  '/v5/spot-margin-trade/set-auto-repay-mode': signedPost(setAutoRepay),
  '/v5/account/borrow': signedPost(manualBorrow),
  '/v5/account/repay': signedPost(manualRepay(true)),
  '/v5/account/no-convert-repay': signedPost(manualRepay(false)),
  '/v5/account/quick-repayment': signedPost(() =>
    refusalOf(182120, 'Please use the repay and no-convert-repay API.'),
  ),
  '/v5/account/set-collateral-switch': signedPost(setCollateral),
  '/v5/account/set-collateral-switch-batch': signedPost(setCollaterals),
}
