/** Settings and side readings that clients ask for now and then: enough to be answered in shape, few of them with an effect. */
import { accountNumbers, lockedOf, marginRate, positionNumbers } from '../account/accounts.ts'
import { collateralTiersOf as tiersOf } from '../account/amounts.ts'
import { inventoryOf } from '../account/borrowing.ts'
import { emptyPosition, sizeOf } from '../account/positions.ts'
import { collateralRatioOf, dec, heldOf, markOf } from '../exchange-state.ts'
import { borrowRate } from '../kit/grid.ts'
import { badRequest, decimalParam, marketParam, refusalOf, text, whole } from '../kit/params.ts'
import { uuid } from '../kit/random.ts'
import {
  type PublicCall,
  page,
  publicGet,
  type RequestRoute,
  type RouteAnswer,
  type SignedCall,
  signedGet,
  signedPost,
} from './routes.ts'

const lendingData = ({ exchange }: PublicCall): RouteAnswer => ({
  result: {
    vipCoinList: [
      {
        list: exchange.universe.coins.map(coin => ({
          borrowable: inventoryOf(exchange, coin).gt(0),
          collateralRatio: collateralRatioOf(exchange, coin).toFixed(),
          currency: coin,
          hourlyBorrowRate: borrowRate(coin),
          liquidationOrder: '1',
          marginCollateral: true,
          maxBorrowingAmount: inventoryOf(exchange, coin).toFixed(),
        })),
        vipLevel: 'No VIP',
      },
    ],
  },
})

function collateralTiers({ exchange, params }: PublicCall): RouteAnswer {
  const wanted = text(params, 'currency')
  const list = exchange.universe.coins
    .filter(coin => !wanted || coin === wanted)
    .map(coin => ({
      currency: coin,
      collateralRatioList: tiersOf(exchange, coin).map(({ from, upTo, ratio }) => ({
        minQty: from.toFixed(),
        maxQty: upTo?.toFixed() ?? '',
        collateralRatio: ratio.toFixed(),
      })),
    }))
  return { result: { list }, retExtInfo: '{}' }
}

function setDeltaMode({ account, params }: SignedCall): RouteAnswer {
  account.deltaNeutral = ['1', 'true', 'ON'].includes(text(params, 'deltaEnable'))
  return { result: {} }
}

function switchSpotMargin({ account, params }: SignedCall): RouteAnswer {
  const mode = text(params, 'spotMarginMode')
  if (mode !== '0' && mode !== '1') return badRequest(`spotMarginMode invalid: ${mode}`)
  if (mode === '1' && account.marginMode === 'ISOLATED_MARGIN')
    return refusalOf(182021, 'Cannot enable spot margin while in isolated margin mode')
  account.spotMargin = mode === '1'
  return { result: { spotMarginMode: mode } }
}

function setSpotLeverage({ account, params }: SignedCall): RouteAnswer {
  const leverage = decimalParam(params, 'leverage')
  if (!leverage || leverage.lt(2) || leverage.gt(10)) return badRequest('leverage must be from 2 to 10')
  account.spotLeverage = leverage.toFixed()
  return { result: {} }
}

const MARGIN_MODES = ['REGULAR_MARGIN', 'ISOLATED_MARGIN', 'PORTFOLIO_MARGIN'] as const

/**
 * What an account shows of itself changes with its margin mode, and isolated margin lends nothing; positions are kept and
 * liquidated as in cross margin whatever the mode.
 */
function setMarginMode({ account, params }: SignedCall): RouteAnswer {
  const mode = MARGIN_MODES.find(one => one === text(params, 'setMarginMode'))
  if (!mode) return badRequest(`setMarginMode invalid: ${text(params, 'setMarginMode')}`)
  if (mode === account.marginMode) return refusalOf(110026, 'Cross/isolated margin mode is not modified')
  const owes = Object.values(account.coins).some(({ borrowed }) => borrowed !== '0')
  if (mode === 'ISOLATED_MARGIN' && owes)
    return {
      ...refusalOf(3400045, 'Set margin mode failed'),
      result: { reasons: [{ reasonCode: '3400000', reasonMsg: 'There are unpaid spot margin debts' }] },
    }
  account.marginMode = mode
  return { result: { reasons: [] } }
}

function borrowHistory({ account, params }: SignedCall): RouteAnswer {
  const wanted = text(params, 'currency')
  const found = (account.interest ?? []).filter(({ coin }) => !wanted || coin === wanted)
  const { rows, nextPageCursor } = page(found, text(params, 'cursor'), whole(params, 'limit', 20, 50))
  const list = rows.map(row => ({
    borrowAmount: row.borrowed,
    costExemption: dec(row.free).times(row.rate).toFixed(),
    freeBorrowedAmount: row.free,
    createdTime: row.atMs,
    InterestBearingBorrowSize: row.bearing,
    currency: row.coin,
    unrealisedLoss: row.loss,
    hourlyBorrowRate: row.rate,
    borrowCost: row.cost,
  }))
  return { result: { nextPageCursor, list } }
}

function withdrawable({ exchange, account, params }: SignedCall): RouteAnswer {
  const coins = text(params, 'coinName').split(',')
  const free = Object.fromEntries(
    coins.map(coin => [
      coin,
      dec(heldOf(account, coin).wallet)
        .minus(lockedOf(exchange, account, coin))
        .toFixed(),
    ]),
  )
  const { available } = accountNumbers(exchange, account)
  return {
    result: {
      availableWithdrawal: free[coins[0] ?? ''] ?? available.toFixed(),
      availableWithdrawalMap: free,
    },
  }
}

/** An order that is only looked at has an id all the same, and uses up no number. */
const PRE_CHECK_PURPOSE = 5

/** Margin rates before an order, and as they would be if it were filled whole at its price. */
function preCheck({ exchange, account, params }: SignedCall): RouteAnswer {
  if (account.marginMode === 'ISOLATED_MARGIN')
    return refusalOf(10001, 'Pre-check is not supported in isolated margin mode')
  const { initial, maintenance, margin } = accountNumbers(exchange, account)
  if (marketParam(params) !== 'linear') return badRequest(`category invalid: ${text(params, 'category')}`)
  const symbol = text(params, 'symbol')
  const found = exchange.universe.find('linear', symbol)
  if (!found) return refusalOf(10001, 'Not supported symbols')
  const qty = decimalParam(params, 'qty')
  if (!qty?.gt(0)) return refusalOf(10001, 'Qty invalid')
  const size = sizeOf(account, symbol).plus(text(params, 'side') === 'Sell' ? qty.negated() : qty)
  const mark = markOf(exchange, found.listing)
  // The profit so far stays what it is: the position as it would be, at the mark price.
  const unrealised = account.positions[symbol]
    ? positionNumbers(exchange, account, account.positions[symbol]).unrealised
    : mark.times(0)
  const cost = size
    .abs()
    .times(mark)
    .plus(size.isNegative() ? unrealised : unrealised.negated())
  const position = { ...emptyPosition(exchange, symbol), size: size.toFixed(), cost: cost.toFixed() }
  const after = accountNumbers(exchange, {
    ...account,
    positions: { ...account.positions, [symbol]: position },
  })
  const e4 = (part: typeof initial, of = margin) => marginRate(part, of).times(10_000).round().toNumber()
  return {
    result: {
      orderId: uuid(exchange.seed, exchange.state.counter, PRE_CHECK_PURPOSE),
      orderLinkId: text(params, 'orderLinkId'),
      preImrE4: e4(initial),
      preMmrE4: e4(maintenance),
      postImrE4: e4(after.initial, after.margin),
      postMmrE4: e4(after.maintenance, after.margin),
    },
  }
}

/** One row for each closing execution, newest first. */
function closedPnl({ account, params }: SignedCall): RouteAnswer {
  const symbol = text(params, 'symbol')
  const closing = account.executions.filter(
    ({ json }) => Number(json.closedSize) > 0 && (!symbol || json.symbol === symbol),
  )
  const limit = whole(params, 'limit', 50, 100)
  const { rows, nextPageCursor } = page(closing, text(params, 'cursor'), limit)
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
  return { result: { nextPageCursor, category: 'linear', list } }
}

export const extraRoutes: Readonly<Record<string, RequestRoute>> = {
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
