/** Settings and side readings that clients ask for now and then: enough to be answered in shape, few of them with an effect. */
import type { Json } from '../../domain/json.ts'
import { accountNumbers, lockedOf, marginRate } from './accounts.ts'
import { HOUR_MS } from './funding.ts'
import { badRequest, decimal, instant, refuse, text, whole } from './params.ts'
import { borrowRate } from './rates.ts'
import {
  type Answer,
  type PublicCall,
  publicGet,
  type Route,
  type SignedCall,
  signedGet,
  signedPost,
} from './routes.ts'
import { linearTicker } from './tickers.ts'
import { collateralRatio, dec, heldOf } from './world.ts'

function openInterest({ world, params }: PublicCall): Answer {
  const found = world.universe.find('linear', text(params, 'symbol'))
  if (!found) return refuse(10001, 'Not supported symbols')
  const ticker = linearTicker(world, found.listing)
  const newestMs = Math.floor((instant(params, 'endTime') ?? world.state.nowMs) / HOUR_MS) * HOUR_MS
  const list = Array.from(
    { length: ticker ? whole(params, 'limit', 50, 200) : 0 },
    (_, at): Json => ({
      openInterest: String(ticker?.openInterest ?? '0'),
      singleOpenInterest: String(Number(ticker?.openInterest ?? 0) / 2),
      timestamp: String(newestMs - at * HOUR_MS),
    }),
  )
  return { result: { symbol: found.listing.perp.symbol, category: 'linear', list, nextPageCursor: '' } }
}

const lendingData = ({ world }: PublicCall): Answer => ({
  result: {
    vipCoinList: [
      {
        list: world.universe.coins.map(coin => ({
          borrowable: true,
          collateralRatio: collateralRatio(world, coin).toFixed(),
          currency: coin,
          hourlyBorrowRate: borrowRate(coin),
          liquidationOrder: '1',
          marginCollateral: true,
          maxBorrowingAmount: '100000',
        })),
        vipLevel: 'No VIP',
      },
    ],
  },
})

function collateralTiers({ world, params }: PublicCall): Answer {
  const wanted = text(params, 'currency')
  const list = world.universe.coins
    .filter(coin => !wanted || coin === wanted)
    .map(coin => ({
      currency: coin,
      collateralRatioList: [
        { minQty: '0', maxQty: '', collateralRatio: collateralRatio(world, coin).toFixed() },
      ],
    }))
  return { result: { list } }
}

function setDeltaMode({ account, params }: SignedCall): Answer {
  account.deltaNeutral = ['1', 'true', 'ON'].includes(text(params, 'deltaEnable'))
  return { result: {} }
}

function switchSpotMargin({ account, params }: SignedCall): Answer {
  const mode = text(params, 'spotMarginMode')
  if (mode !== '0' && mode !== '1') return badRequest(`spotMarginMode invalid: ${mode}`)
  account.spotMargin = mode === '1'
  return { result: { spotMarginMode: mode } }
}

function setSpotLeverage({ account, params }: SignedCall): Answer {
  const leverage = decimal(params, 'leverage')
  if (!leverage || leverage.lt(2) || leverage.gt(10)) return badRequest('leverage must be from 2 to 10')
  account.spotLeverage = leverage.toFixed()
  return { result: {} }
}

/** Cross margin is what the simulator keeps; asking for it changes nothing, asking for another mode is refused. */
const setMarginMode = ({ params }: SignedCall): Answer =>
  text(params, 'setMarginMode') === 'REGULAR_MARGIN'
    ? refuse(110026, 'Cross/isolated margin mode is not modified')
    : refuse(110024, 'Only REGULAR_MARGIN is simulated')

function borrowHistory({ account }: SignedCall): Answer {
  const rows = account.log.filter(row => row.json.type === 'INTEREST').slice(-20)
  const list = rows.reverse().map(({ atMs, json }) => ({
    borrowAmount: String(json.qty),
    costExemption: '0',
    freeBorrowedAmount: '0',
    createdTime: atMs,
    InterestBearingBorrowSize: String(json.qty),
    currency: String(json.currency),
    unrealisedLoss: '0',
    hourlyBorrowRate: String(json.feeRate),
    borrowCost: dec(String(json.cashFlow)).negated().toFixed(),
  }))
  return { result: { nextPageCursor: '', list } }
}

function withdrawable({ world, account, params }: SignedCall): Answer {
  const coins = text(params, 'coinName').split(',')
  const free = Object.fromEntries(
    coins.map(coin => [
      coin,
      dec(heldOf(account, coin).wallet)
        .minus(lockedOf(world, account, coin))
        .toFixed(),
    ]),
  )
  const { available } = accountNumbers(world, account)
  return {
    result: {
      availableWithdrawal: free[coins[0] ?? ''] ?? available.toFixed(),
      availableWithdrawalMap: free,
    },
  }
}

/** Margin rates before an order; after it they are not worked out. */
function preCheck({ world, account, params }: SignedCall): Answer {
  const { initial, maintenance, margin } = accountNumbers(world, account)
  const e4 = (part: typeof initial) => marginRate(part, margin).times(10_000).round().toNumber()
  return {
    result: {
      orderId: '',
      orderLinkId: text(params, 'orderLinkId'),
      preImrE4: e4(initial),
      preMmrE4: e4(maintenance),
      postImrE4: e4(initial),
      postMmrE4: e4(maintenance),
    },
  }
}

/** One row for each closing execution, newest first. */
function closedPnl({ account, params }: SignedCall): Answer {
  const symbol = text(params, 'symbol')
  const rows = account.executions
    .filter(({ json }) => Number(json.closedSize) > 0 && (!symbol || json.symbol === symbol))
    .slice(-whole(params, 'limit', 50, 100))
    .reverse()
  const list = rows.map(({ json }) => {
    const closed = dec(String(json.closedSize))
    const exit = closed.times(String(json.execPrice))
    const profit = dec(String(json.execPnl))
    const entry = json.side === 'Sell' ? exit.minus(profit) : exit.plus(profit)
    return {
      symbol: String(json.symbol),
      orderType: String(json.orderType),
      leverage: account.leverage[String(json.symbol)] ?? '10',
      updatedTime: String(json.execTime),
      side: String(json.side),
      orderId: String(json.orderId),
      closedPnl: profit.minus(String(json.execFee)).toFixed(),
      avgEntryPrice: entry.div(closed).toDecimalPlaces(12).toFixed(),
      qty: String(json.orderQty),
      cumEntryValue: entry.toFixed(),
      createdTime: String(json.execTime),
      orderPrice: String(json.orderPrice),
      closedSize: closed.toFixed(),
      avgExitPrice: String(json.execPrice),
      execType: String(json.execType),
      fillCount: '1',
      cumExitValue: exit.toFixed(),
    }
  })
  return { result: { nextPageCursor: '', category: 'linear', list } }
}

export const extraRoutes: Readonly<Record<string, Route>> = {
  '/v5/market/open-interest': publicGet(openInterest),
  '/v5/spot-margin-trade/data': publicGet(lendingData),
  '/v5/spot-margin-trade/collateral': publicGet(collateralTiers),
  '/v5/spot-margin-trade/switch-mode': signedPost(switchSpotMargin),
  '/v5/spot-margin-trade/set-leverage': signedPost(setSpotLeverage),
  '/v5/account/set-delta-mode': signedPost(setDeltaMode),
  '/v5/account/set-margin-mode': signedPost(setMarginMode),
  '/v5/account/borrow-history': signedGet(borrowHistory),
  '/v5/account/withdrawal': signedGet(withdrawable),
  '/v5/account/query-dcp-info': signedGet(() => ({ result: { dcpInfos: [] } })),
  '/v5/order/pre-check': signedPost(preCheck),
  '/v5/position/closed-pnl': signedGet(closedPnl),
}
