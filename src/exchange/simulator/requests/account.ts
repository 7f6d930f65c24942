/** The account over REST: positions, wallet, facts, fees, transaction log. */
import type { Json } from '../../../domain/json.ts'
import { accountNumbers, walletJson } from '../account/accounts.ts'
import { freeBorrowLimit } from '../account/amounts.ts'
import { borrowable, inventoryOf } from '../account/borrowing.ts'
import { keyJson } from '../account/keys.ts'
import { emptyPosition, positionRestJson } from '../account/positions.ts'
import { collateralRatioOf, dec, heldOf } from '../exchange-state.ts'
import { borrowRate } from '../kit/grid.ts'
import { badRequest, decimalParam, marketParam, refusalOf, text, whole } from '../kit/params.ts'
import { pushPosition } from '../pushes/private.ts'
import { windowOf } from './orders.ts'
import {
  page,
  type RequestRoute,
  type RouteAnswer,
  type SignedCall,
  signedGet,
  signedPost,
} from './routes.ts'

const DAY_MS = 86_400_000

function positions({ exchange, account, params }: SignedCall): RouteAnswer {
  const category = text(params, 'category')
  const result = (list: Json[]): RouteAnswer => ({ result: { list, nextPageCursor: '', category } })
  // Categories that the simulator does not trade: an account has nothing there, and clients that look at all of them ask.
  if (category === 'inverse' || category === 'option') return result([])
  if (category !== 'linear') return badRequest(`category invalid: ${category}`)
  const symbol = text(params, 'symbol')
  if (symbol) {
    const found = exchange.universe.find('linear', symbol)
    if (!found) return refusalOf(10001, 'Not supported symbols')
    const position = account.positions[symbol] ?? emptyPosition(exchange, symbol)
    const row = positionRestJson(exchange, account, found.listing, position)
    // Both sides are listed where they are held apart; the simulator holds nothing there.
    return result(account.hedgeMode ? [1, 2].map(positionIdx => ({ ...row, positionIdx })) : [row])
  }
  if (!text(params, 'settleCoin') && !text(params, 'baseCoin'))
    return badRequest('symbol or settleCoin is required')
  const list: Json[] = []
  const numbers = accountNumbers(exchange, account)
  for (const position of Object.values(account.positions)) {
    const found = exchange.universe.find('linear', position.symbol)
    if (found && !dec(position.size).isZero())
      list.push(positionRestJson(exchange, account, found.listing, position, numbers))
  }
  return result(list)
}

function setLeverage({ exchange, account, params }: SignedCall): RouteAnswer {
  const found = exchange.universe.find('linear', text(params, 'symbol'))
  if (!found) return refusalOf(10001, 'Not supported symbols')
  const wanted = decimalParam(params, 'buyLeverage')
  if (!wanted?.eq(decimalParam(params, 'sellLeverage') ?? -1))
    return refusalOf(10001, 'buyLeverage and sellLeverage must be equal in one-way mode')
  if (wanted.lt(1) || wanted.gt(found.listing.maxLeverage))
    return refusalOf(110013, 'cannot set leverage due to risk limit')
  const symbol = found.listing.perp.symbol
  if (wanted.eq(account.leverage[symbol] ?? '10')) return refusalOf(110043, 'leverage not modified')
  account.leverage[symbol] = wanted.toFixed()
  pushPosition(exchange, account, symbol)
  return { result: {} }
}

/** 0: one-way, 3: long and short apart. Possible for an account without positions and orders. */
function switchMode({ account, params }: SignedCall): RouteAnswer {
  const mode = text(params, 'mode')
  if (mode !== '0' && mode !== '3') return badRequest(`mode invalid: ${mode}`)
  const hedge = mode === '3'
  if (hedge === (account.hedgeMode === true)) return refusalOf(110025, 'Position mode is not modified')
  if (Object.values(account.positions).some(({ size }) => size !== '0'))
    return refusalOf(110024, 'You have an existing position, so position mode cannot be switched')
  if (account.open.some(({ market }) => market === 'linear'))
    return refusalOf(110028, 'You have existing open orders, so position mode cannot be switched')
  account.hedgeMode = hedge
  return { result: {} }
}

function wallet({ exchange, account, params }: SignedCall): RouteAnswer {
  if (text(params, 'accountType') !== 'UNIFIED')
    return badRequest(`accountType invalid: ${text(params, 'accountType')}`)
  const wanted = text(params, 'coin')
    .split(',')
    .filter(coin => coin !== '')
  const held = Object.entries(account.coins)
    .filter(([, state]) => !dec(state.wallet).isZero() || !dec(state.borrowed).isZero())
    .map(([coin]) => coin)
  return { result: { list: [walletJson(exchange, account, wanted.length > 0 ? wanted : held)] } }
}

const accountInfo = ({ exchange, account }: SignedCall): RouteAnswer => ({
  result: {
    marginMode: account.marginMode,
    updatedTime: String(exchange.state.nowMs),
    unifiedMarginStatus: 5,
    dcpStatus: 'OFF',
    timeWindow: 10,
    smpGroup: 0,
    isMasterTrader: false,
    spotHedgingStatus: 'OFF',
  },
})

function feeRate({ exchange, params }: SignedCall): RouteAnswer {
  // Bybit's own example leaves the category out and is answered with contracts.
  const market = text(params, 'category') === '' ? 'linear' : marketParam(params)
  if (!market) return badRequest(`category invalid: ${text(params, 'category')}`)
  const symbol = text(params, 'symbol')
  if (symbol && !exchange.universe.find(market, symbol)) return refusalOf(10001, 'Not supported symbols')
  const fees = exchange.fees[market]
  const list = exchange.universe
    .listed(market)
    .map(({ instrument }) => instrument.symbol)
    .filter(name => !symbol || name === symbol)
    .map(name => ({
      symbol: name,
      ...(market === 'spot' && { baseCoin: '' }),
      takerFeeRate: fees.taker,
      makerFeeRate: fees.maker,
    }))
  return { result: { ...(market === 'spot' && { category: market }), list } }
}

function transactionLog({ exchange, account, params }: SignedCall): RouteAnswer {
  const window = windowOf(params, exchange.state.nowMs, DAY_MS)
  if (!window) return badRequest('the time window is longer than 7 days')
  const [category, type, currency] = [
    text(params, 'category'),
    text(params, 'type'),
    text(params, 'currency'),
  ]
  const base = text(params, 'baseCoin')
  const rows = account.log.filter(
    ({ atMs, market, json }) =>
      atMs >= window.fromMs &&
      atMs <= window.toMs &&
      (!category || market === category) &&
      (!type || json.type === type) &&
      (!currency || json.currency === currency) &&
      (!base || String(json.symbol).startsWith(base)),
  )
  const { rows: list, nextPageCursor } = page(rows, text(params, 'cursor'), whole(params, 'limit', 20, 50))
  return { result: { nextPageCursor, list: list.map(row => row.json) } }
}

function collateralInfo({ exchange, account, params }: SignedCall): RouteAnswer {
  const wanted = text(params, 'currency')
  const list = exchange.universe.coins
    .filter(coin => !wanted || coin === wanted)
    .map(coin => ({
      availableToBorrow: borrowable(exchange, account, coin).toFixed(),
      freeBorrowingAmount: '',
      freeBorrowAmount: '0',
      maxBorrowingAmount: inventoryOf(exchange, coin).toFixed(),
      hourlyBorrowRate: borrowRate(coin),
      borrowUsageRate: '0',
      collateralSwitch: !account.collateralOff?.[coin],
      borrowAmount: heldOf(account, coin).borrowed,
      borrowable: inventoryOf(exchange, coin).gt(0),
      currency: coin,
      otherBorrowAmount: '0',
      marginCollateral: true,
      freeBorrowingLimit: freeBorrowLimit(coin).toFixed(),
      collateralRatio: collateralRatioOf(exchange, coin).toFixed(),
    }))
  return { result: { list } }
}

const apiKey = ({ exchange, account, caller }: SignedCall): RouteAnswer => ({
  result: keyJson(exchange, account, caller),
})

function coinInfo({ exchange, params }: SignedCall): RouteAnswer {
  const wanted = text(params, 'coin')
  const rows = exchange.universe.coins
    .filter(coin => !wanted || coin === wanted)
    .map(coin => ({
      name: coin,
      coin,
      remainAmount: '100000000',
      chains: [
        {
          chainType: coin,
          confirmation: '1',
          withdrawFee: '1',
          depositMin: '0',
          withdrawMin: '1',
          chain: coin,
          chainDeposit: '1',
          chainWithdraw: '1',
          minAccuracy: '8',
          withdrawPercentageFee: '0',
          contractAddress: '',
          safeConfirmNumber: '1',
        },
      ],
    }))
  return { result: { rows } }
}

/** modifyEnable true: prices beyond the limit are moved to it; false: they are refused. */
function setLimitAction({ account, params }: SignedCall): RouteAnswer {
  const category = marketParam(params)
  const modify = text(params, 'modifyEnable')
  if (!category) return badRequest(`category invalid: ${text(params, 'category')}`)
  if (modify !== 'true' && modify !== 'false') return badRequest(`modifyEnable invalid: ${modify}`)
  if (category === 'spot') account.lpaSpot = modify === 'true'
  else account.lpaPerp = modify === 'false'
  return { result: {} }
}

const settings = ({ account }: SignedCall): RouteAnswer => ({
  result: {
    lpaSpot: account.lpaSpot === true,
    lpaPerp: account.lpaPerp === true,
    smsef: account.mntFees === true,
    fmsef: account.mntFees === true,
    deltaEnable: account.deltaNeutral,
  },
})

export const accountRequests: Readonly<Record<string, RequestRoute>> = {
  '/v5/position/list': signedGet(positions),
  '/v5/position/set-leverage': signedPost(setLeverage),
  '/v5/position/switch-mode': signedPost(switchMode),
  '/v5/account/wallet-balance': signedGet(wallet),
  '/v5/account/info': signedGet(accountInfo),
  '/v5/account/fee-rate': signedGet(feeRate),
  '/v5/account/transaction-log': signedGet(transactionLog),
  '/v5/account/collateral-info': signedGet(collateralInfo),
  '/v5/account/user-setting-config': signedGet(settings),
  '/v5/account/set-limit-px-action': signedPost(setLimitAction),
  '/v5/user/query-api': signedGet(apiKey),
  '/v5/asset/coin/query-info': signedGet(coinInfo),
  '/v5/spot-margin-trade/state': signedGet(({ account }) => ({
    result: {
      spotLeverage: account.spotLeverage,
      spotMarginMode: account.spotMargin ? '1' : '0',
      effectiveLeverage: '1',
    },
  })),
}
