/** Messages of the private stream, with Bybit's envelope. A topic is always the plain one (`order`); shells may split it. */
import type { JsonObject } from '../../domain/json.ts'
import { walletJson } from './accounts.ts'
import { orderPushJson } from './orders.ts'
import { positionOf, positionPushJson } from './positions.ts'
import { uuid } from './random.ts'
import { type AccountState, type ExecutionState, nextNumber, type OrderState, type World } from './world.ts'

const ID_PURPOSE = 3

export function push(world: World, account: AccountState, topic: string, data: JsonObject[]): void {
  const id = uuid(world.seed, nextNumber(world), ID_PURPOSE)
  const message = { id, topic, creationTime: world.state.nowMs, data }
  world.pushes.push({ channel: 'private', topic, uid: account.uid, message })
}

/** The order as it is now. */
export const pushOrder = (world: World, account: AccountState, order: OrderState): void =>
  push(world, account, 'order', [orderPushJson(world, order)])

export const pushExecutions = (
  world: World,
  account: AccountState,
  list: readonly ExecutionState[],
): void => {
  if (list.length > 0)
    push(
      world,
      account,
      'execution',
      list.map(execution => execution.json),
    )
}

/** The position as it is now; Bybit sends it for every order verb on the symbol, changed or not. */
export function pushPosition(world: World, account: AccountState, symbol: string): void {
  const found = world.universe.find('linear', symbol)
  if (!found) return
  push(world, account, 'position', [
    positionPushJson(world, account, found.listing, positionOf(world, account, symbol)),
  ])
}

export const pushWallet = (world: World, account: AccountState, coins: readonly string[]): void =>
  push(world, account, 'wallet', [walletJson(world, account, coins)])
