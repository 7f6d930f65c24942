/**
 * The simulated Bybit: markets and accounts, moved by time and by requests. Everything that happens is a
 * function of the seed, the start and the requests with their instants; how often it is advanced and who listens change
 * nothing in the books of account, so a saved exchange and the requests after it can be replayed.
 */
import { Decimal } from 'decimal.js'
import type { JsonObject } from '../../domain/json.ts'
import { newAccount } from './account/accounts.ts'
import { keepDebts, nextDebtAtMs } from './account/borrowing.ts'
import { settleFunding } from './account/settlement.ts'
import { deposit } from './account/wallet.ts'
import { keepAgenda, nextAgendaAtMs, schedule } from './events/agenda.ts'
import { liquidate } from './events/liquidation.ts'
import {
  type AccountState,
  type ExchangeState,
  type LifeState,
  lifeKey,
  type SimExchange,
} from './exchange-state.ts'
import { FEE_TIERS, type FeeTable, type VipLevel } from './kit/grid.ts'
import { hash } from './kit/random.ts'
import type { MarketSource } from './market/market.ts'
import { seededMarket } from './market/market-model.ts'
import { createBook } from './market/order-book.ts'
import { matchResting } from './orders/matching.ts'
import { pushWallet } from './pushes/private.ts'
import { createPublisher, type IsWanted } from './pushes/public.ts'
import { answerRequest } from './requests/requests.ts'
import type { CoreReply, CoreRequest, Push, SimulatedBybit } from './simulated.ts'
import { matchSpreads } from './spread/trading.ts'
import { builtInUniverse, type Universe } from './universe/universe.ts'

export type SimulatedBybitOptions = {
  seed: number
  startAtMs: number
  /** The built-in coins when left out. */
  universe?: Universe
  /** The seeded model over `universe` when left out. */
  market?: MarketSource
  /** Accounts that exist from the start, with what they own; others come into being with their first deposit or request. */
  accounts?: readonly { uid: string; balances: Readonly<Record<string, string>> }[]
  /** What `save` gave; wins over `startAtMs` and `accounts`. */
  saved?: JsonObject | undefined
  /** Wins over the level's. */
  fees?: FeeTable
  vipLevel?: VipLevel
  /** The one way out: sees every reply and push before it leaves. The place for faults. */
  intercept?: Intercept
}

export type Outgoing =
  | { kind: 'reply'; request: CoreRequest; reply: CoreReply }
  | { kind: 'push'; push: Push }
/** Gives what leaves in its place: nothing, itself, or more. Of a reply the first counts; without one it stays. */
export type Intercept = (out: Outgoing) => Outgoing[]

const PRIVATE_TOPICS =
  /^(order|execution|position|wallet)(\.(spot|linear))?$|^(execution\.fast|greeks)(\.|$)|^spread\.(order|execution)$/

function makeExchange(options: SimulatedBybitOptions): SimExchange {
  const { seed } = options
  const universe = options.universe ?? builtInUniverse()
  const market = options.market ?? seededMarket({ seed, startAtMs: options.startAtMs, universe })
  const bookSet = (name: 'spot' | 'linear') =>
    universe.listings.map(listing => {
      const spot = name === 'spot'
      const instrument = spot ? listing.spot : listing.perp
      // Once, not at every look: books are looked at thousands of times a second.
      const life = lifeKey(name, instrument.symbol)
      return createBook(instrument, {
        salt: hash(seed, listing.index, spot ? 21 : 22),
        depthUsdtPerBps: listing.depthUsdtPerBps * (spot ? 0.6 : 1),
        halfSpreadBps: market.halfSpreadBps(listing.index),
        clock: () => exchange.state.nowMs,
        lookedAtMs: () => market.nowMs(),
        look: () =>
          isOffered(exchange.state.life[life])
            ? market.quote(listing.index)?.[spot ? 'spotMid' : 'perpMid']
            : undefined,
      })
    })
  const state: ExchangeState = {
    ...quietState(),
    nowMs: options.startAtMs,
    createdAtMs: options.startAtMs,
    counter: 0,
    seq: 1000,
    accounts: {},
    house: {},
  }
  const exchange: SimExchange = {
    seed,
    universe,
    market,
    fees: options.fees ?? FEE_TIERS[options.vipLevel ?? 'No VIP'],
    vipLevel: options.vipLevel ?? 'No VIP',
    books: { spot: [], linear: [] },
    state,
    pushes: [],
  }
  Object.assign(exchange.books, { spot: bookSet('spot'), linear: bookSet('linear') })
  return exchange
}

/** Nothing scheduled, nothing restricted. */
const quietState = () => ({
  agenda: [],
  life: {},
  announcements: [],
  pools: {},
  lending: {},
  collateral: {},
  ratios: {},
  minValues: {},
  riskShares: {},
  maintenance: [],
  cascades: [],
  rejects: {},
  refusals: [],
  keys: {},
  restartedAtMs: 0,
})

/** Not yet launched and gone markets have no book. */
const isOffered = (life: LifeState | undefined): boolean =>
  life === undefined || life.status === 'Trading' || life.status === 'Delivering'

function accountOf(exchange: SimExchange, uid: string): AccountState {
  exchange.state.accounts[uid] ??= newAccount(uid)
  return exchange.state.accounts[uid]
}

function credit(exchange: SimExchange, uid: string, coin: string, amount: string): void {
  const account = accountOf(exchange, uid)
  deposit(exchange, account, coin, new Decimal(amount))
  pushWallet(exchange, account, [coin])
}

type Saved = { version: number; state: ExchangeState; market: JsonObject; books: JsonObject }
const SAVED_VERSION = 1

function save(exchange: SimExchange): JsonObject {
  const books = {
    spot: exchange.books.spot.map(book => book.save()),
    linear: exchange.books.linear.map(book => book.save()),
  }
  return structuredClone({
    version: SAVED_VERSION,
    state: exchange.state,
    market: exchange.market.save(),
    books,
  }) as unknown as JsonObject
}

function restore(exchange: SimExchange, json: JsonObject): void {
  const saved = structuredClone(json) as unknown as Saved
  if (saved.version !== SAVED_VERSION)
    throw new Error(`saved simulator: expected version ${SAVED_VERSION}, found ${saved.version}`)
  exchange.market.restore(saved.market)
  exchange.state = { ...quietState(), ...saved.state }
  const books = saved.books as unknown as ReturnType<() => Record<'spot' | 'linear', BookSave[]>>
  for (const name of ['spot', 'linear'] as const)
    for (const [index, eaten] of books[name].entries()) exchange.books[name][index]?.restore(eaten)
}
type BookSave = Parameters<SimExchange['books']['spot'][number]['restore']>[0]

/** The next instant at which something happens by itself: the market's, or a debt's where the market is sparser. */
function nextDueAtMs(exchange: SimExchange): number {
  const dueAtMs = Math.min(exchange.market.nextStepAtMs(), nextAgendaAtMs(exchange))
  return Math.min(dueAtMs, nextDebtAtMs(exchange, dueAtMs))
}

/** Steps the market once and lets everything that is due at that instant happen. */
function step(exchange: SimExchange): void {
  const dueAtMs = nextDueAtMs(exchange)
  if (dueAtMs < exchange.market.nextStepAtMs()) {
    exchange.state.nowMs = dueAtMs
    keepAgenda(exchange)
    keepDebts(exchange)
    return
  }
  exchange.market.step()
  exchange.state.nowMs = exchange.market.nowMs()
  keepAgenda(exchange)
  matchResting(exchange)
  matchSpreads(exchange)
  keepDebts(exchange)
  liquidate(exchange)
  for (const settlement of exchange.market.dueSettlements()) settleFunding(exchange, settlement)
}

/** The core. Throws only for a saved state that is not one. */
export function createSimulatedBybit(options: SimulatedBybitOptions): SimulatedBybit {
  const exchange = makeExchange(options)
  if (options.saved) restore(exchange, options.saved)
  else
    for (const { uid, balances } of options.accounts ?? [])
      for (const [coin, amount] of Object.entries(balances)) credit(exchange, uid, coin, amount)
  const publisher = createPublisher(exchange)
  const leave = (out: Outgoing): Outgoing[] => options.intercept?.(out) ?? [out]
  const pushed = (push: Push): Push[] =>
    leave({ kind: 'push', push }).flatMap(out => (out.kind === 'push' ? [out.push] : []))
  let isWanted: IsWanted = () => false

  return {
    nowMs: () => exchange.state.nowMs,
    advance(nowMs) {
      let stepped = false
      while (nextDueAtMs(exchange) <= nowMs) {
        step(exchange)
        stepped = true
      }
      exchange.state.nowMs = Math.max(exchange.state.nowMs, nowMs)
      if (stepped) publisher.publish(isWanted)
    },
    nextDueAtMs: () => nextDueAtMs(exchange),
    request(request) {
      if (request.uid) accountOf(exchange, request.uid)
      const reply = answerRequest(exchange, request)
      return leave({ kind: 'reply', request, reply }).find(out => out.kind === 'reply')?.reply ?? reply
    },
    schedule(happening) {
      const refused = schedule(exchange, { ...happening } as JsonObject)
      if (refused) throw new Error(`schedule: ${refused.retMsg}`)
    },
    subscribe(channel, topic) {
      if (channel === 'private') return PRIVATE_TOPICS.test(topic) ? [] : undefined
      const messages = publisher.subscribe(channel, topic)
      return messages?.flatMap(message =>
        pushed({ channel, uid: '', topic, message }).map(push => push.message),
      )
    },
    takePushes(): Push[] {
      const pushes = exchange.pushes.splice(0)
      return options.intercept ? pushes.flatMap(pushed) : pushes
    },
    want(wanted) {
      isWanted = wanted
    },
    deposit(uid, coin, amount) {
      credit(exchange, uid, coin, amount)
    },
    save: () => save(exchange),
  }
}
