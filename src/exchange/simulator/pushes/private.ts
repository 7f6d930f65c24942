/** Messages of the private stream, with Bybit's envelope. A topic is always the plain one (`order`); shells may split it. */
import type { JsonObject } from '../../../domain/json.ts'
import { type AccountNumbers, walletJson } from '../account/accounts.ts'
import { positionOf, positionPushJson } from '../account/positions.ts'
import { uuid } from '../kit/random.ts'
import { orderPushJson } from '../orders/orders.ts'
import { type AccountState, type ExecutionState, nextNumber, type OrderState, type World } from '../world.ts'

const ID_PURPOSE = 3

/** An event is named by the account and an identifier. */
const idOf = (world: World, { uid }: AccountState): string =>
  uid + uuid(world.seed, nextNumber(world), ID_PURPOSE)

export function push(
  world: World,
  account: AccountState,
  topic: string,
  data: JsonObject[],
  id = idOf(world, account),
): void {
  const message = { id, topic, creationTime: world.state.nowMs, data }
  world.pushes.push({ channel: 'private', topic, uid: account.uid, message })
}

/** The order as it is now. */
export const pushOrder = (world: World, account: AccountState, order: OrderState): void =>
  push(world, account, 'order', [orderPushJson(world, order)])

/** An execution's event is named by account, symbol and a number, unlike the others. */
export function pushExecutions(world: World, account: AccountState, list: readonly ExecutionState[]): void {
  const data = list.map(execution => execution.json)
  const [first] = data
  if (first) push(world, account, 'execution', data, `${account.uid}_${first.symbol}_${nextNumber(world)}`)
}

/**
 * The position as it is now; Bybit sends it for every order verb on the symbol, changed or not.
 *
 * @param known - the account's numbers, where they are known; the same for `pushWallet`
 */
export function pushPosition(
  world: World,
  account: AccountState,
  symbol: string,
  known?: AccountNumbers,
): void {
  const found = world.universe.find('linear', symbol)
  if (!found) return
  push(world, account, 'position', [
    positionPushJson(world, account, found.listing, positionOf(world, account, symbol), known),
  ])
}

export const pushWallet = (
  world: World,
  account: AccountState,
  coins: readonly string[],
  known?: AccountNumbers,
): void => push(world, account, 'wallet', [walletJson(world, account, coins, known)])
