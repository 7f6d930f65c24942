/** Messages of the private stream, with Bybit's envelope. A topic is always the plain one (`order`); shells may split it. */
import type { JsonObject } from '../../../domain/json.ts'
import { type AccountNumbers, walletJson } from '../account/accounts.ts'
import { positionOf, positionPushJson } from '../account/positions.ts'
import {
  type AccountState,
  type ExecutionState,
  nextNumber,
  type OrderState,
  type SimExchange,
} from '../exchange-state.ts'
import { uuid } from '../kit/random.ts'
import { orderPushJson } from '../orders/orders.ts'

const ID_PURPOSE = 3

/** An event is named by the account and an identifier. */
const idOf = (exchange: SimExchange, { uid }: AccountState): string =>
  uid + uuid(exchange.seed, nextNumber(exchange), ID_PURPOSE)

/** Says something to one account. */
export function push(
  exchange: SimExchange,
  account: AccountState,
  topic: string,
  data: JsonObject[],
  id = idOf(exchange, account),
): void {
  const message = { id, topic, creationTime: exchange.state.nowMs, data }
  exchange.pushes.push({ channel: 'private', topic, uid: account.uid, message })
}

/** The order as it is now. */
export const pushOrder = (exchange: SimExchange, account: AccountState, order: OrderState): void =>
  push(exchange, account, 'order', [orderPushJson(exchange, order)])

/** An execution's event is named by account, symbol and a number, unlike the others. */
export function pushExecutions(
  exchange: SimExchange,
  account: AccountState,
  list: readonly ExecutionState[],
): void {
  const data = list.map(execution => execution.json)
  const [first] = data
  if (first)
    push(exchange, account, 'execution', data, `${account.uid}_${first.symbol}_${nextNumber(exchange)}`)
}

/**
 * The position as it is now; Bybit sends it for every order verb on the symbol, changed or not.
 *
 * @param known - the account's numbers, where they are known; the same for `pushWallet`
 */
export function pushPosition(
  exchange: SimExchange,
  account: AccountState,
  symbol: string,
  known?: AccountNumbers,
): void {
  const found = exchange.universe.find('linear', symbol)
  if (!found) return
  push(exchange, account, 'position', [
    positionPushJson(exchange, account, found.listing, positionOf(exchange, account, symbol), known),
  ])
}

/** Tells the account’s wallet, of these coins. */
export const pushWallet = (
  exchange: SimExchange,
  account: AccountState,
  coins: readonly string[],
  known?: AccountNumbers,
): void => push(exchange, account, 'wallet', [walletJson(exchange, account, coins, known)])
