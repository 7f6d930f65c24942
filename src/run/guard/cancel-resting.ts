/**
 * Takes the resting orders of an engine that is gone off the book: nothing rests unwatched. Knows nothing of hedges and needs
 * no database: an order is the engine's by the salt its id begins with.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { startStopwatch } from '../../clock/clock.ts'
import { ownerOfOrder } from '../../domain/legs/order.ts'
import type { Exchange } from '../../exchange/exchange.ts'
import { isAlive } from '../../store/embedded/home.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import { readPost } from './guard.ts'

type Swept = {
  /** Cancelled, by their ids. */
  cancelled: string[]
  /** Were all of them seen to be gone? */
  isClear: boolean
}

type Options = {
  salt: string
  /** Gives up: somebody else watches the account now. Asked before every look. */
  isOver(): boolean
  /** Says what could not be done, and that it is tried again. */
  failed(cause: string): void
}

const AGAIN_MS = 250
/** While the exchange does not answer. */
const AGAIN_MS_MAX = 5_000
/** An order that was on its way when the engine went is listed a moment later: so often nothing must be seen in a row. */
const CLEAR_LOOKS = 4

/** Looks and cancels until nothing of the engine's rests. Never throws. */
export async function cancelResting(
  exchange: Pick<Exchange, 'openOrders' | 'cancelOrder'>,
  { salt, isOver, failed }: Options,
): Promise<Swept> {
  const cancelled = new Set<string>()
  const swept = (isClear: boolean): Swept => ({ cancelled: [...cancelled], isClear })
  let failures = 0
  for (let clear = 0; clear < CLEAR_LOOKS; ) {
    if (isOver()) return swept(false)
    try {
      const resting = (await exchange.openOrders()).filter(
        ({ orderLinkId }) => ownerOfOrder(orderLinkId) && orderLinkId.startsWith(salt),
      )
      failures = 0
      clear = resting.length === 0 ? clear + 1 : 0
      if (resting.length > 0 && isOver()) return swept(false)
      await Promise.all(
        resting.map(async ({ market, symbol, orderLinkId }) => {
          cancelled.add(orderLinkId)
          if (!(await exchange.cancelOrder(market, symbol, orderLinkId)))
            failed(`order ${orderLinkId}: whether it is off the book is not known`)
        }),
      )
    } catch (error) {
      failures++
      failed(error instanceof Error ? error.message : String(error))
    }
    await pause(Math.min(AGAIN_MS_MAX, AGAIN_MS * 2 ** Math.min(failures, 8)))
  }
  return swept(true)
}

/** How long a start looks after what the last engine left; what remains is found again when it reconciles. */
const LEFT_MS_MAX = 20_000

/**
 * What an engine that did not end in order left resting: taken off before anything else is waited for. Orders of one that
 * still runs are its own. A number that another program has by now is taken for the engine's: then what is left is found
 * when this engine reconciles.
 */
export async function cancelLeft(
  dataDir: string,
  exchange: Exchange,
  { log }: Pick<Telemetry, 'log'>,
): Promise<void> {
  const post = readPost(dataDir)
  if (!post || (post.enginePid !== undefined && isAlive(post.enginePid))) return
  const sinceStart = startStopwatch()
  const { cancelled, isClear } = await cancelResting(exchange, {
    salt: post.salt,
    isOver: () => sinceStart() > LEFT_MS_MAX,
    failed: cause => log.warn('guard.left', { error: cause }),
  })
  log.warn('guard.swept', { cancelled: cancelled.join(', '), isClear })
}
