/** What can be lent, to whom, and how much is owed: spot margin's side readings over REST. */
import { Decimal } from 'decimal.js'
import type { Json } from '../../../domain/json.ts'
import { accountNumbers, lockedOf, marginRate } from '../account/accounts.ts'
import { borrowable, inventoryOf } from '../account/borrowing.ts'
import { coinPrice, dec, heldOf, ZERO } from '../exchange-state.ts'
import { badRequest, refusalOf, text } from '../kit/params.ts'
import { type RequestRoute, type RouteAnswer, type SignedCall, signedGet } from './routes.ts'

/** Bybit prints this envelope field of three lending replies as a text. */
const PRINTED_EXT_INFO = '{}'
const MANUAL_DECIMALS = 8

const wanted = ({ exchange, params }: SignedCall): readonly string[] => {
  const coin = text(params, 'currency')
  return exchange.universe.coins.filter(one => !coin || one === coin)
}

/** What may be borrowed by hand, at a floating rate; loans of a fixed term are not simulated. */
function borrowables(call: SignedCall): RouteAnswer {
  const list = wanted(call).map(
    (currency): Json => ({
      currency,
      flexibleManualBorrowable: inventoryOf(call.exchange, currency).gt(0),
      minFlexibleManualBorrowQty: new Decimal(10).pow(-MANUAL_DECIMALS).toFixed(),
      flexibleManualBorrowAccuracy: String(MANUAL_DECIMALS),
      fixedManualBorrowable: false,
      minFixedManualBorrowQty: '',
      fixedManualBorrowAccuracy: '',
      fixedInterestRateAccuracy: '',
      minFixedInterestRate: '',
      maxFixedInterestRate: '',
    }),
  )
  return { result: { list }, retExtInfo: PRINTED_EXT_INFO }
}

/** One tier per coin: the simulated account's debt is charged the same rates whatever its size. */
function positionTiers(call: SignedCall): RouteAnswer {
  const list = wanted(call)
    .filter(currency => inventoryOf(call.exchange, currency).gt(0))
    .map(
      (currency): Json => ({
        currency,
        positionTiersRatioList: [
          {
            tier: '1',
            borrowLimit: inventoryOf(call.exchange, currency).toFixed(),
            positionMMR: '0.04',
            positionIMR: '0.1',
            maxLeverage: '10',
          },
        ],
      }),
    )
  return { result: { list }, retExtInfo: PRINTED_EXT_INFO }
}

const down = (value: Decimal, decimals: number) => Decimal.max(0, value).toFixed(decimals, Decimal.ROUND_DOWN)

/** What a spot order may spend or sell: of one's own, and with what could be borrowed for it. Priced by index. */
function borrowCheck({ exchange, account, params }: SignedCall): RouteAnswer {
  if (text(params, 'category') !== 'spot') return badRequest(`category invalid: ${text(params, 'category')}`)
  const found = exchange.universe.find('spot', text(params, 'symbol'))
  if (!found) return refusalOf(10001, 'Not supported symbols')
  const side = text(params, 'side')
  if (side !== 'Buy' && side !== 'Sell') return badRequest(`side invalid: ${side}`)
  const { baseCoin, quoteCoin, json } = found.instrument
  const coin = side === 'Buy' ? quoteCoin : baseCoin
  const own = Decimal.max(0, dec(heldOf(account, coin).wallet).minus(lockedOf(exchange, account, coin)))
  const lent = json.marginTrading === 'none' ? ZERO : borrowable(exchange, account, coin)
  const price = coinPrice(exchange, baseCoin).div(coinPrice(exchange, quoteCoin))
  const [qtyOf, amountOf] =
    side === 'Buy'
      ? [(value: Decimal) => value.div(price), (value: Decimal) => value]
      : [(value: Decimal) => value, (value: Decimal) => value.times(price)]
  return {
    result: {
      symbol: found.instrument.symbol,
      maxTradeQty: down(qtyOf(own.plus(lent)), 4),
      side,
      spotMaxTradeAmount: down(amountOf(own), 8),
      maxTradeAmount: down(amountOf(own.plus(lent)), 8),
      borrowCoin: coin,
      spotMaxTradeQty: down(qtyOf(own), 4),
    },
  }
}

/** Every coin held or owed, as the older margin account tells it; sums are in bitcoin. */
function marginAccount({ exchange, account }: SignedCall): RouteAnswer {
  const bitcoin = coinPrice(exchange, 'BTC')
  const inBitcoin = (value: Decimal) => (bitcoin.isZero() ? ZERO : value.div(bitcoin)).toFixed(18)
  const coins = Object.entries(account.coins)
  const debt = coins.reduce(
    (sum, [coin, { borrowed }]) => sum.plus(coinPrice(exchange, coin).times(borrowed)),
    ZERO,
  )
  const { equity, maintenance, margin } = accountNumbers(exchange, account)
  const loanAccountList = coins.map(([tokenId, state]): Json => {
    const locked = lockedOf(exchange, account, tokenId)
    return {
      tokenId,
      total: state.wallet,
      locked: locked.toFixed(),
      loan: state.borrowed,
      interest: state.accruedInterest,
      free: dec(state.wallet).minus(locked).toFixed(),
    }
  })
  return {
    result: {
      status: account.spotMargin ? '1' : '0',
      riskRate: marginRate(maintenance, margin).toDecimalPlaces(4).toFixed(),
      acctBalanceSum: inBitcoin(equity.plus(debt)),
      debtBalanceSum: inBitcoin(debt),
      loanAccountList,
    },
  }
}

/** What could pay a debt: everything the account holds, and the debt itself. */
function payInfo({ exchange, account, params }: SignedCall): RouteAnswer {
  const coin = text(params, 'coin')
  const owed = dec(heldOf(account, coin).borrowed)
  if (coin && !owed.gt(0)) return refusalOf(10001, 'There is no liability to repay')
  const debts = Object.entries(account.coins).filter(([name]) => !coin || name === coin)
  const sumOf = (part: (name: string) => Decimal) => debts.reduce((sum, [name]) => sum.plus(part(name)), ZERO)
  const ofCoin = (name: string) => {
    const { wallet, borrowed } = heldOf(account, name)
    const frozen = lockedOf(exchange, account, name)
    return { free: dec(wallet).minus(frozen), frozen, debt: dec(borrowed), price: coinPrice(exchange, name) }
  }
  const collateralList = Object.keys(account.coins).map((name): Json => {
    const { free, frozen, debt, price } = ofCoin(name)
    return {
      availableValue: free.times(price).toFixed(),
      coinScale: 8,
      borrowSize: debt.toFixed(),
      spotHedgeAmount: '0',
      assetFrozen: frozen.toFixed(),
      availableSize: free.toFixed(),
      coin: name,
    }
  })
  return {
    result: {
      collateralInfo: { collateralList },
      borrowInfo: {
        borrowSize: sumOf(name => ofCoin(name).debt).toFixed(),
        assetFrozen: sumOf(name => ofCoin(name).frozen).toFixed(),
        borrowValue: sumOf(name => ofCoin(name).debt.times(ofCoin(name).price)).toFixed(),
        ...(coin && { coin }),
        availableBalance: sumOf(name => ofCoin(name).free).toFixed(),
      },
    },
  }
}

export const loanRoutes: Readonly<Record<string, RequestRoute>> = {
  '/v5/spot-margin-trade/currency-data': signedGet(borrowables),
  '/v5/spot-margin-trade/position-tiers': signedGet(positionTiers),
  '/v5/spot-cross-margin-trade/account': signedGet(marginAccount),
  '/v5/order/spot-borrow-check': signedGet(borrowCheck),
  '/v5/account/pay-info': signedGet(payInfo),
}
