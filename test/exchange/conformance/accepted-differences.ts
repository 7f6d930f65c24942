/**
 * Every difference in shape that is known and meant to be, one a line: who has it, where, what it is, why it stays. Who is an example
 * for what only that one shows, or a payload for what none of its examples shows. Braces stand for several keys.
 */
const ACCEPTED = `
account/fee-rate spot | result.category | extra | the example's authors cut it; the documentation has it
account/info | {retExtInfo,time} | extra | the documentation's reply is cut there; every reply has them
account/instruments-info linear | result.list[].forbidUplWithdrawal | extra | in the recorded traffic, younger than the example
account/instruments-info linear | result.list[].symbolType | form: text, here empty | the example is an innovation-zone contract
account/instruments-info spot | result.list[].xstockMultiplier | extra | in the recorded traffic, younger than the example
docs/account_dcp-info__1 | result.dcpInfos[] | empty | disconnection protection is for institutions: nothing is set
account/quick-repayment | {result,retExtInfo,time} | extra | the documentation's refusal is cut there; every reply has them
account/set-hedging-mode | {result,retExtInfo,time} | extra | the documentation's reply is cut there; every reply has them
account/set-margin-mode | {retExtInfo,time} | extra | the documentation's reply is cut there; every reply has them
account/user-setting-config | result.deltaEnable | extra | documented in the table, younger than the example
account/wallet-balance | result.list[].coin[].{availableToBorrow,availableToWithdraw} | form: numeric, here empty | emptied for unified accounts since January 2025
account/wallet-balance | result.list[].coin[].colRes | extra | documented since May 2026, younger than the examples
nautilus/http_get_wallet_balance | time | unit: s, here ms | edited by its authors: replies tell milliseconds
nautilus/http_get_wallet_balance_spot_short | time | unit: s, here ms | edited by its authors: replies tell milliseconds
nautilus/http_get_wallet_balance_with_spot_borrow | time | unit: s, here ms | edited by its authors: replies tell milliseconds
nautilus/http_get_instruments_linear | result.nextPageCursor | type: null, here string | edited by its authors: recorded as a text
nautilus/http_get_instruments_spot | result.nextPageCursor | missing | edited by its authors: spot is not paged, and recorded without it
jkorf/ExchangeData__GetSpotSymbolsAsync | result.list[].riskParameters.{limitParameter,marketParameter} | missing | since replaced by the price limit ratios, as recorded
market/recent-trade linear | result.list[].{isRPITrade,seq} | extra | cut by its authors: the documentation has them
market/recent-trade linear | retExtInfo | extra | cut by its authors: every reply has it
market/risk-limit | result.list[].mmDeduction | extra | documented, younger than the example
market/risk-limit | result.nextPageCursor | extra | documented, younger than the example
nautilus/http_get_order_partially_filled_rejected | result.list[].{blockTradeId,orderIv} | type: null, here string | edited by its authors: documented as text
nautilus/http_get_orders_history | result.list[].{avgPrice,blockTradeId,orderIv} | type: null, here string | edited by its authors: documented as text
nautilus/http_get_orders_history_with_duplicate | result.list[].{avgPrice,blockTradeId,orderIv} | type: null, here string | edited by its authors: documented as text
nautilus/http_get_orders_realtime | result.list[].{avgPrice,blockTradeId,orderIv} | type: null, here string | edited by its authors: documented as text
order/history linear | result.list[].{createType,marketUnit} | extra | documented in the table, younger than the examples
order/history linear | result.list[].{stopLoss,takeProfit,triggerPrice} | form: numeric, here empty | the examples carry stops, which the simulator refuses
order/realtime linear | result.list[].{createType,extraFees,marketUnit} | extra | documented in the table, younger than the examples
order/realtime linear | result.list[].{rpiMatchedQty,rpiTakerAccess} | extra | in the example of the history, whose rows are the same
order/realtime linear | result.list[].{slippageTolerance,slippageToleranceType} | extra | in the example of the history, whose rows are the same
order/realtime linear | result.list[].{stopLoss,takeProfit,triggerPrice} | form: numeric, here empty | the examples carry stops, which the simulator refuses
order/realtime linear | result.list[].{slTriggerBy,tpTriggerBy,tpslMode,triggerBy} | form: text, here empty | the examples carry stops, which the simulator refuses
jkorf/Trading__GetClosedProfitLoss | result.list[].createdTime | unit: ns, here ms | an older example: documented in milliseconds
docs/position_position__1 | result.list[].mmrSysUpdateTime | missing | the documentation's own error: its table says mmrSysUpdatedTime
jkorf/Trading__GetPositions | result.list[].mmrSysUpdateTime | missing | the documentation's own error: its table says mmrSysUpdatedTime
position/symbol-info | result.list[].side | form: text, here empty | the example is of hedge mode; documented as meaningless
private pong | conn_id | extra | in the younger example of the same reply
private subscribed by id | ret_msg | form: text, here empty | the library took the spot socket's words; documented empty on the private one
public-linear orderbook.1 snapshot | cts | extra | cut by its authors: recorded with it
jkorf/push Spot__Trades update1 | data[].L | missing | the library took a contract's message; recorded without it on spot
docs/websocket_private_execution__2 | data[].extraFees | type: list, here string | a list where a country taxes trades, a text elsewhere
push execution spot | data[].closedSize | form: numeric, here empty | the library took a contract's message: nothing is closed on spot
push execution spot | data[].{createType,execPnl,extraFees,feeCurrency,marketUnit} | extra | cut by its authors: the documentation has them
push execution spot | data[].orderId | form: uuid, here long number | the library took a contract's message: spot orders are numbers
push order linear | data[].{isLeverage,marketUnit} | extra | documented in the table, in no example of a contract
push order linear | data[].placeType | form: text, here empty | of options only, and the examples come from one
push wallet | data[].coin[].availableToWithdraw | form: numeric, here empty | emptied for unified accounts since January 2025
push wallet | data[].coin[].colRes | extra | documented since May 2026, younger than the examples
nautilus/ws_account_wallet | data[].totalPerpUpl | missing | misspelt by its authors: documented as totalPerpUPL
nautilus/ws_account_wallet_locked_exceeds_total | data[].totalPerpUpl | missing | misspelt by its authors: documented as totalPerpUPL
nautilus/ws_account_wallet_small_order | data[].totalPerpUpl | missing | misspelt by its authors: documented as totalPerpUPL
spot-margin-trade/data | {retExtInfo,time} | extra | the documentation's reply is cut there; every reply has them
docs/user_apikey-info__1 | result.permissions.{BitCard,ByXPost,Earn,FiatConvertBroker,FiatP2P}[] | empty | a key here trades and nothing else
docs/user_apikey-info__1 | result.permissions.{FiatBitPay,FiatGlobalPay} | missing | a key here trades and nothing else
`

/** `a.{b,c}` is `a.b` and `a.c`. */
function spread(path: string): string[] {
  const [, before = '', inside, after = ''] = /^(.*?)\{(.*?)\}(.*)$/.exec(path) ?? []
  return inside === undefined ? [path] : inside.split(',').map(name => `${before}${name}${after}`)
}

/** Each as `who | path | what`, the way differences are printed. */
export const acceptedDifferences: readonly string[] = ACCEPTED.trim()
  .split('\n')
  .flatMap(line => {
    const [who = '', path = '', what = '', reason = ''] = line.split(' | ')
    if (reason === '') throw new Error(`accepted differences: expected four columns, found "${line}"`)
    return spread(path).map(one => `${who} | ${one} | ${what}`)
  })

/** Lines of the list. */
export const acceptedCount: number = ACCEPTED.trim().split('\n').length
