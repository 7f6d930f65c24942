/** Which payload of the simulator each example is compared with, and which examples have no counterpart, and why not. */

/** One payload a line, then the examples of it. */
const COMPARED = `
account/borrow = docs/account_borrow__1
account/borrow-history = docs/account_borrow-history__1, jkorf/Account__GetBorrowHistory
account/collateral-info = docs/account_collateral-info__1, jkorf/Account__GetCollateralInfo
account/fee-rate linear = docs/account_fee-rate__1, jkorf/Account__GetFeeRate
account/fee-rate spot = nautilus/http_get_fee_rate
account/info = docs/account_account-info__1, jkorf/Account__GetMarginAccountInfo, nautilus/http_get_account_info
account/instruments-info linear = docs/account_instrument__1
account/instruments-info spot = docs/account_instrument__2, jkorf/Account__GetAccountSpotSymbols
account/no-convert-repay = docs/account_no-convert-repay__1
account/pay-info = docs/account_pay-info__1
account/query-dcp-info = docs/account_dcp-info__1
account/quick-repayment = docs/account_repay-liability__1
account/repay = docs/account_repay__1
account/set-collateral-switch = docs/account_set-collateral__1, jkorf/Account__SetCollateralAsset
account/set-collateral-switch-batch = docs/account_batch-set-collateral__1, jkorf/Account__SetMultipleCollateralAssets
account/set-delta-mode = docs/account_set-delta-mode__1
account/set-hedging-mode = docs/account_set-spot-hedge__1, jkorf/Account__SetSpotHedgingMode
account/set-limit-px-action = docs/account_set-price-limit__1, jkorf/Account__SetPriceLimitBehavior
account/set-margin-mode = docs/account_set-margin-mode__1, jkorf/Account__SetMarginMode
account/smp-group = docs/account_smp-group__1
account/trade-info-for-analysis = docs/account_trade-info-for-analysis__1, jkorf/Account__GetAnalysisTradeInfo
account/transaction-log = docs/account_transaction-log__1, jkorf/Account__GetTransactionHistory
account/user-setting-config = docs/account_get-user-setting-config__1
account/wallet-balance = docs/account_wallet-balance__1, jkorf/Account__GetBalances, nautilus/http_get_wallet_balance
account/wallet-balance = nautilus/http_get_wallet_balance_spot_short, nautilus/http_get_wallet_balance_with_spot_borrow
account/withdrawal = docs/account_unified-trans-amnt__1
announcements/index = docs/announcement__1, jkorf/ExchangeData__GetAnnouncements
asset/coin/query-info = jkorf/Account__GetAssetInfo
execution/list linear = nautilus/http_get_executions_funding
execution/list linear = docs/order_execution__1, jkorf/Trading__GetUserTrades, nautilus/http_get_executions
linear pong = docs/websocket_wss-authentication__4
linear subscribed = docs/websocket_wss-authentication__12, recorded/linear subscribe ack
linear subscribed by id = jkorf/push Linear__Liquidations ack1, jkorf/push Linear__Ticker ack1
linear subscribed by id = jkorf/push Linear__Trades ack1, nautilus/ws_subscription_ack
market/account-ratio = docs/market_long-short-ratio__1, jkorf/ExchangeData__GetLongShortRatio
market/adlAlert = docs/market_adl-alert__1
market/funding/history = docs/market_history-fund-rate__1, jkorf/ExchangeData__GetFundingRateHistory
market/funding/history = nautilus/http_get_funding_history
market/index-price-kline = docs/market_index-kline__1, jkorf/ExchangeData__GetIndexPriceKlines
market/instruments-info linear = docs/market_instrument__1, jkorf/ExchangeData__GetLinearInverseSymbols
market/instruments-info linear = nautilus/http_get_instruments_linear, nautilus/http_get_instruments_linear_symbol_type
market/instruments-info linear = recorded/instruments-info linear
market/instruments-info spot = docs/market_instrument__3, jkorf/ExchangeData__GetSpotSymbols
market/instruments-info spot = jkorf/ExchangeData__GetSpotSymbolsAsync, nautilus/http_get_instruments_spot
market/instruments-info spot = recorded/instruments-info spot
market/insurance = docs/market_insurance__1, jkorf/ExchangeData__GetInsurance
market/kline = docs/market_kline__1, jkorf/ExchangeData__GetKlines, nautilus/http_get_klines_linear
market/mark-price-kline = docs/market_mark-kline__1, jkorf/ExchangeData__GetMarkPriceKlines
market/open-interest = docs/market_open-interest__1, jkorf/ExchangeData__GetOpenInterest
market/orderbook = docs/market_orderbook__1, jkorf/ExchangeData__GetOrderbook, nautilus/http_get_orderbook
market/premium-index-price-kline = docs/market_premium-index-kline__1, jkorf/ExchangeData__GetPremiumIndexPriceKlines
market/price-limit = docs/market_order-price-limit__1, jkorf/ExchangeData__GetOrderPriceLimit
market/recent-trade linear = nautilus/http_get_trades_recent
market/recent-trade spot = docs/market_recent-trade__1, jkorf/ExchangeData__GetTradeHistory
market/risk-limit = jkorf/ExchangeData__GetRiskLimit
market/rpi_orderbook = docs/market_rpi-orderbook__1
market/tickers linear = docs/market_tickers__1, jkorf/ExchangeData__GetLinearInverseTickers
market/tickers spot = docs/market_tickers__2, docs/market_tickers__3, jkorf/ExchangeData__GetSpotTickers
market/time = docs/market_time__1
order/amend = docs/order_amend-order__1, jkorf/Trading__EditOrder
order/amend-batch = docs/order_batch-amend__1, jkorf/Trading__EditMultipleOrders
order/cancel = docs/order_cancel-order__1, jkorf/Trading__CancelOrder
order/cancel-all = docs/order_cancel-all__1, jkorf/Trading__CancelAllOrder
order/cancel-batch = docs/order_batch-cancel__1, jkorf/Trading__CancelMultipleOrders
order/create = docs/order_create-order__1, jkorf/Trading__PlaceOrder
order/create-batch = docs/order_batch-place__1, jkorf/Trading__PlaceMultipleOrders
order/history linear = docs/order_order-list__1, jkorf/Trading__GetOrderHistory, nautilus/http_get_orders_history
order/history linear = nautilus/http_get_order_partially_filled_rejected, nautilus/http_get_orders_history_with_duplicate
order/pre-check = docs/order_pre-check-order__1, jkorf/Trading__PreCheckOrder
order/realtime linear = docs/order_open-order__1, jkorf/Trading__GetOrders, nautilus/http_get_orders_realtime
order/spot-borrow-check = docs/order_spot-borrow-quota__1, jkorf/Trading__GetBorrowQuota
position/closed-pnl = docs/position_close-pnl__1, jkorf/Trading__GetClosedProfitLoss
position/confirm-pending-mmr = docs/position_confirm-mmr__1
position/list = docs/position_position__1, jkorf/Trading__GetPositions, jkorf/Trading__GetPositionsAsync
position/list = nautilus/http_get_positions, nautilus/http_get_positions_with_open_time
position/list = jkorf/Trading__GetPositionsAsync2
position/set-leverage = docs/guide__1, docs/position_leverage__1, jkorf/Account__SetLeverage
position/switch-mode = docs/position_position-mode__1, jkorf/Account__SwitchPositionMode
position/symbol-info = docs/position_batch-lvg__1
private authenticated = docs/websocket_wss-authentication__2
private authenticated by id = jkorf/push Private__Balance ack1, jkorf/push Private__MinimalUserTrades ack1
private authenticated by id = jkorf/push Private__Order ack1, jkorf/push Private__Position ack1
private authenticated by id = jkorf/push Private__UserTrades ack1
private pong = docs/websocket_wss-authentication__5
private pong by id = docs/websocket_wss-authentication__6
private subscribed = docs/websocket_wss-authentication__10
private subscribed by id = jkorf/push Private__Balance ack2, jkorf/push Private__MinimalUserTrades ack2
private subscribed by id = jkorf/push Private__Order ack2, jkorf/push Private__Position ack2
private subscribed by id = jkorf/push Private__UserTrades ack2
public-linear kline.1 any = recorded/linear kline.1 snapshot
public-linear kline.5 any = docs/websocket_public_kline__1, nautilus/ws_kline
public-linear orderbook.1 snapshot = nautilus/ws_orderbook_snapshot, nautilus/ws_orderbook_delta
public-linear orderbook.200 delta = recorded/linear orderbook.200 delta
public-linear orderbook.200 snapshot = recorded/linear orderbook.200 snapshot
public-linear orderbook.50 delta = docs/websocket_public_orderbook__1
public-linear publicTrade any = docs/websocket_public_trade__1, jkorf/push Linear__Trades update1
public-linear publicTrade any = nautilus/ws_public_trade, recorded/linear publicTrade snapshot
public-linear tickers any = jkorf/push Linear__Ticker update1, nautilus/ws_ticker_linear
public-linear tickers any = recorded/linear tickers delta, recorded/linear tickers snapshot
public-spot kline.1 any = recorded/spot kline.1 snapshot
public-spot orderbook.200 delta = recorded/spot orderbook.200 delta
public-spot orderbook.200 snapshot = recorded/spot orderbook.200 snapshot
public-spot priceLimit any = docs/websocket_public_order-price-limit__2, jkorf/push Spot__PriceLimit update1
public-spot publicTrade any = jkorf/push Spot__Trades update1, recorded/spot publicTrade snapshot
public-spot tickers any = docs/websocket_public_ticker__1
public-spot tickers any = jkorf/push Spot__Ticker update1, recorded/spot tickers snapshot
push allLiquidation = docs/websocket_public_all-liquidation__1, jkorf/push Linear__Liquidations update1
push execution linear = nautilus/ws_account_execution_adl, nautilus/ws_account_execution_funding
push execution linear = docs/websocket_private_execution__2, jkorf/push Private__UserTrades update1
push execution linear = nautilus/ws_account_execution
push execution spot = nautilus/ws_account_execution_spot
push execution.fast = docs/websocket_private_fast-execution__2, jkorf/push Private__MinimalUserTrades update1
push execution.fast = nautilus/ws_account_execution_fast, nautilus/ws_account_execution_fast_envelope_id
push insurance = docs/websocket_public_insurance-pool__2
push order linear = docs/websocket_private_order__2, jkorf/push Private__Order update1, nautilus/ws_account_order
push order linear = nautilus/ws_account_order_filled, nautilus/ws_account_order_partially_filled_rejected
push position = docs/websocket_private_position__2, jkorf/push Private__Position update1, nautilus/ws_account_position
push position = nautilus/ws_account_position_short
push system.status = docs/websocket_system_system-status__2, jkorf/push Spot__SystemStatus update1
push wallet = docs/websocket_private_wallet__2, jkorf/push Private__Balance update1, nautilus/ws_account_wallet
push wallet = nautilus/ws_account_wallet_locked_exceeds_total, nautilus/ws_account_wallet_small_order
push position = nautilus/ws_account_position_with_open_time
spot pong = docs/websocket_wss-authentication__3
spot refused = nautilus/ws_subscription_failure
spot subscribed = docs/websocket_public_orderbook-rpi__2, recorded/spot subscribe ack
spot subscribed by id = docs/websocket_wss-authentication__11, jkorf/push Spot__Concurrent ack1
spot subscribed by id = jkorf/push Spot__Concurrent ack2, jkorf/push Spot__PriceLimit ack1
spot subscribed by id = jkorf/push Spot__SystemStatus ack1, jkorf/push Spot__Ticker ack1, jkorf/push Spot__Trades ack1
spot-margin-trade/coinstate = docs/spot-margin-uta_coinstate__1
spot-margin-trade/collateral = docs/spot-margin-uta_tier-collateral-ratio__1
spot-margin-trade/currency-data = docs/spot-margin-uta_currency-data__1, jkorf/Account__GetBorrowAssetData
spot-margin-trade/data = docs/spot-margin-uta_vip-margin__1, jkorf/Account__GetSpotMarginData
spot-margin-trade/flexible-available-inventory = docs/spot-margin-uta_flexible-available-inventory__1
spot-margin-trade/get-auto-repay-mode = docs/spot-margin-uta_get-auto-repay-mode__1
spot-margin-trade/get-auto-repay-mode = jkorf/Account__GetSpotMarginAutoRepayMode
spot-margin-trade/interest-rate-history = docs/spot-margin-uta_historical-interest__1
spot-margin-trade/interest-rate-history = jkorf/Account__GetSpotMarginInterestRateHistory
spot-margin-trade/liability = docs/spot-margin-uta_liability__1
spot-margin-trade/max-borrowable = docs/spot-margin-uta_max-borrowable__1
spot-margin-trade/position-tiers = docs/spot-margin-uta_position-tiers__1
spot-margin-trade/repayment-available-amount = docs/spot-margin-uta_repayment-available-amount__1
spot-margin-trade/set-auto-repay-mode = docs/spot-margin-uta_set-auto-repay-mode__1
spot-margin-trade/set-auto-repay-mode = jkorf/Account__SetSpotMarginAutoRepayMode
spot-margin-trade/set-leverage = docs/spot-margin-uta_set-leverage__1, jkorf/Account__SetSpotMarginLeverage
spot-margin-trade/state = docs/spot-margin-uta_status__1, jkorf/Account__GetSpotMarginStatusAndLeverage
spot-margin-trade/switch-mode = docs/spot-margin-uta_switch-mode__1, jkorf/Account__SetSpotMarginTradeMode
system/status = docs/system-status__1, jkorf/ExchangeData__GetSystemStatus
trade amended = jkorf/trade Private__EditOrder update1
trade authenticated = docs/websocket_trade_guideline__2
trade authenticated by id = jkorf/trade Private__CancelOrder ack1, jkorf/trade Private__EditOrder ack1
trade authenticated by id = jkorf/trade Private__PlaceOrder ack1
trade batch refused = docs/websocket_trade_guideline__6
trade cancelled = jkorf/trade Private__CancelOrder update1
trade created = docs/websocket_trade_guideline__4, jkorf/trade Private__PlaceOrder update1, nautilus/ws_order_response
trade pong = docs/websocket_trade_guideline__8
user/query-api = docs/user_apikey-info__1, jkorf/Account__GetApiKeyInfo
`

/** One reason a line, then the examples. */
const NOT_APPLICABLE = `
what a client sends = docs/websocket_private_dcp__1, docs/websocket_private_execution__1
what a client sends = docs/websocket_private_fast-execution__1, docs/websocket_private_greek__1
what a client sends = docs/websocket_private_order__1, docs/websocket_private_position__1
what a client sends = docs/websocket_private_wallet__1, docs/websocket_public_insurance-pool__1
what a client sends = docs/websocket_public_order-price-limit__1, docs/websocket_public_orderbook-rpi__1
what a client sends = docs/websocket_system_system-status__1, docs/websocket_trade_guideline__1
what a client sends = docs/websocket_trade_guideline__3, docs/websocket_trade_guideline__5
what a client sends = docs/websocket_trade_guideline__7, docs/websocket_wss-authentication__1
what a client sends = docs/websocket_wss-authentication__7, docs/websocket_wss-authentication__8
what a client sends = docs/websocket_wss-authentication__9
options are not traded here = docs/account_coin-greeks__1, docs/websocket_private_greek__2
options are not traded here = docs/websocket_wss-authentication__13, docs/position_close-position__1
options are not traded here = jkorf/ExchangeData__GetHistoricalVolatility
dated contracts and options only: perpetuals that end are in the execution list = docs/asset_delivery__1
dated contracts and options only: perpetuals that end are in the execution list = docs/market_delivery-price__1
dated contracts and options only: perpetuals that end are in the execution list = jkorf/ExchangeData__GetDeliveryPrice
dated contracts and options only: perpetuals that end are in the execution list = jkorf/Trading__GetDeliveryHistory
sessions of contracts settled in USDC = docs/asset_settlement__1, jkorf/Trading__GetSettlementHistory
contracts before their listing = docs/market_instrument__2, jkorf/ExchangeData__GetLinearInverseSymbolsPreListing
tokenised shares = nautilus/http_get_instruments_spot_xstocks
moving money between accounts, deposits and conversions = docs/asset_balance_all-balance__1
moving money between accounts, deposits and conversions = docs/asset_transfer_create-inter-transfer__1
moving money between accounts, deposits and conversions = jkorf/Account__GetAssetOverview
moving money between accounts, deposits and conversions = jkorf/Account__GetFundingTransactionHistory
moving money between accounts, deposits and conversions = jkorf/Account__GetInternalDepositsAsync
moving money between accounts, deposits and conversions = jkorf/Trading__GetAssetExchangeHistory
keys, members and agreements of a user = jkorf/Account__DeleteApiKey, jkorf/Account__EditApiKey
keys, members and agreements of a user = jkorf/Account__GetAccountTypes, jkorf/Account__GetAccountTypesAsync
keys, members and agreements of a user = jkorf/Account__SignAgreement
portfolio margin is not simulated = docs/asset_portfolio-margin__1
isolated margin is not simulated = docs/position_auto-add-margin__1, docs/position_manual-add-margin__1
isolated margin is not simulated = jkorf/Account__AddOrReduceMargin, jkorf/Account__AddOrReduceMarginAsync
isolated margin is not simulated = jkorf/Account__SetAutoAddMargin, jkorf/Account__SwitchCrossIsolatedMargin
risk limits follow the position by themselves = jkorf/Account__SetRiskLimit
conditional orders and stops are refused at the door = docs/position_trading-stop__1, jkorf/Trading__SetTradingStop
conditional orders and stops are refused at the door = jkorf/Account__SetTakeProfitStopLossMode
conditional orders and stops are refused at the door = nautilus/http_get_orders_realtime_tp_sl
conditional orders and stops are refused at the door = nautilus/ws_account_order_buy_stop_market
conditional orders and stops are refused at the door = nautilus/ws_account_order_limit_if_touched
conditional orders and stops are refused at the door = nautilus/ws_account_order_market_if_touched
conditional orders and stops are refused at the door = nautilus/ws_account_order_sell_market_if_touched
conditional orders and stops are refused at the door = nautilus/ws_account_order_stop_limit
conditional orders and stops are refused at the door = nautilus/ws_account_order_stop_loss
conditional orders and stops are refused at the door = nautilus/ws_account_order_stop_market
conditional orders and stops are refused at the door = nautilus/ws_account_order_take_profit
for institutions only = docs/order_dcp__1, jkorf/Trading__SetDisconnectCancelAll, docs/position_move-position__1
fees of tiers that the simulated account cannot have = docs/market_fee-group-info__1
the simulated index is one price, without markets behind it = docs/market_index-components__1
quotes of market makers for retail orders are not simulated = docs/websocket_public_orderbook-rpi__3
the older answer to a path that now refuses, which is compared = docs/account_repay-liability__2
the older answer to a path that now refuses, which is compared = jkorf/Account__RepayLiabilities
cut down by its authors to three fields = jkorf/push Spot__Concurrent update1, jkorf/push Spot__Concurrent update2
the library's own words: auth on Bybit's private socket says ret_msg and conn_id = nautilus/ws_auth_failure
the library's own words: auth on Bybit's private socket says ret_msg and conn_id = nautilus/ws_auth_success
`

function table(text: string): [left: string, example: string][] {
  return text
    .trim()
    .split('\n')
    .flatMap(line => {
      const [left = '', right = ''] = line.split(' = ')
      return right.split(', ').map((example): [string, string] => [left, example])
    })
}

const clientSends = (example: string) => / sent\d+$/.test(example)

/** Payload and example. */
export const compared: readonly (readonly [payload: string, example: string])[] = table(COMPARED)
/** Reason and example. */
export const notApplicable: readonly (readonly [reason: string, example: string])[] = table(NOT_APPLICABLE)

/** Examples that neither table names; requests inside a file of exchanges are none. */
export const unnamed = (examples: Iterable<string>): string[] => {
  const named = new Set([...compared, ...notApplicable].map(([, example]) => example))
  return [...examples].filter(example => !named.has(example) && !clientSends(example))
}

/** Examples named that do not exist, or named twice. */
export function misnamed(examples: ReadonlySet<string>): string[] {
  const named = [...compared, ...notApplicable].map(([, example]) => example)
  return named.filter((example, at) => !examples.has(example) || named.indexOf(example) !== at)
}
