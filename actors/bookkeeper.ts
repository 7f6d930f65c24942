/**
 * Books every row of the exchange's transaction log, exactly once, and measures what is left unexplained: the residual.
 * Rows are read from a little before the newest booked one, and now and then from long before: the exchange may list them late.
 */
import { type Posting, postingsOf, residuals } from '../src/domain/books/ledger.ts'
import { execKey, type HedgeClaim, ownersOfRows } from '../src/domain/books/row-owner.ts'
import type { TransactionRow } from '../src/domain/books/transaction.ts'
import type { DustLot } from '../src/domain/entry/plan.ts'
import { ownedOf } from '../src/domain/legs/venue-legs.ts'
import type { Amount, Usdt } from '../src/domain/units.ts'
import { totalsOf, type Wallet } from '../src/exchange/exchange.ts'
import {
  createLateBooks,
  createLookBack,
  LOOKED_BACK_MS,
  tellResidual,
  tellRow,
  tellSettlement,
} from './account/book-news.ts'
import { createFeeCoins } from './account/fee-coins.ts'
import { namesHeld } from './account/reconciler.ts'
import type { Funds, Ports } from './ports.ts'
import type { PlainKind } from './runtime/running.ts'
import { pause, service } from './service.ts'
import { type Claims, createClaims, livingPlans } from './trading/claims.ts'

type BookkeeperPorts = Ports<
  'clock' | 'pace' | 'speed' | 'exchange' | 'rules' | 'telemetry' | 'alerts' | 'runtime' | 'recorder'
>

type BookRowsPorts = Ports<'clock' | 'exchange' | 'telemetry' | 'alerts' | 'runtime' | 'recorder'>

/** What the bookkeeper needs of the ledger's store. */
export type Books = {
  /** Where the books begin, and the newest row in them; undefined before the opening. */
  span(): Promise<{ openedAtMs: number; newestAtMs: number } | undefined>
  /** The wallet as it was at `atMs`: rows from that instant on are booked, earlier ones are inside. */
  open(coins: readonly { coin: string; wallet: Amount }[], atMs: number): Promise<void>
  /** Books rows with their postings, each once; gives those that were new. */
  book(entries: readonly { row: TransactionRow; postings: readonly Posting[] }[]): Promise<TransactionRow[]>
  /** Sum of the postings per account, at least of the `wallet:COIN` ones. */
  accountBalances(): Promise<Record<string, Amount>>
  appendEquity(point: { atMs: number; equityUsdt: Usdt; availableUsdt: Usdt }): Promise<void>
  /** What hedges hold of a coin: asked while all of them are closed, what they left over. */
  dust(coin: string): Promise<DustLot[]>
  /** Passes them to the hedge that began with them, each once. */
  passDust(lots: readonly DustLot[], to: { hedgeId: string; baseCoin: string }, atMs: number): Promise<void>
  /** The hedges of stored executions, by `execKey`. Books that keep no fills leave it out. */
  ownersOfExecs?(execIds: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Hedges that ended lately, for rows that come after them. */
  endedClaims?(): Promise<HedgeClaim[]>
  /** Writes the results of hedges that closed: called when the books tie out. */
  settleResults?(): Promise<void>
}

/** Rows booked in one statement. */
const BOOKED_AT_ONCE = 500
/** The books are looked at this often even when nothing calls for it. */
const EVERY_MS = 30_000
const EQUITY_EVERY_MS = 60_000
/** Rows may trail the balance they explain: a residual is believed when it is seen this often in a row. */
const LOOKS_MAX = 5
const LOOK_AGAIN_MS = 1_000

export type Bookkeeper = {
  kind: PlainKind
  bookSoon(): void
  /** Books all there is and gives the residual per coin. */
  bookNow(): Promise<Record<string, string>>
  residuals(): Record<string, string>
  funds(): Funds | undefined
  /** What a new hedge of the coin may begin with: none while the books are not sure of it. */
  dust(baseCoin: string): Promise<DustLot[]>
}

/**
 * Reads the transaction log into the ledger and measures the residual. `ports` is asked late, because they name the
 * bookkeeper.
 */
export function createBookkeeper(ports: () => BookkeeperPorts, books: Books): Bookkeeper {
  const claims = createClaims(ports)
  const lookBack = createLookBack(ports)
  const feeCoins = createFeeCoins(ports)
  const purse = createPurse(ports, books, feeCoins)
  const settle = createSettling(ports, books)
  const passed = new Set<string>()
  let last: Record<string, string> = {}
  let remembered = false
  let isFirst = true

  /** What ended before this process began. */
  const rememberEnded = async () => {
    if (remembered) return
    claims.remember((await books.endedClaims?.()) ?? [])
    remembered = true
  }

  const bookAll = async (): Promise<Record<string, string>> => {
    await rememberEnded()
    let booked = 0
    for (let look = 1; ; look++) {
      const wallet = await purse.read()
      await passDust(books, claims, passed)
      const backMs = look === 1 ? lookBack.spanMs() : LOOKED_BACK_MS
      booked += await bookRows(ports(), books, claims, { backMs, isFirst, feeCoins })
      isFirst = false
      const found = await residualsOf(wallet, books)
      const isTied = Object.values(found).every(residual => residual === '0')
      // Between a fill and its row the two differ for a moment: only what stays is told.
      if (isTied || look === LOOKS_MAX) {
        last = found
        tellAll(ports(), found)
        lookBack.looked(isTied)
        await purse.keepEquity()
        if (isTied) await settle(booked)
        return last
      }
      await pause(ports().clock, LOOK_AGAIN_MS, NEVER)
    }
  }
  // Two readers of the same rows would only wait for each other in the database.
  const bookNow = oneAtATime(bookAll)
  const { kind, bookSoon } = rounds(ports, bookNow)

  return {
    kind,
    bookSoon,
    bookNow,
    residuals: () => last,
    funds: purse.funds,
    async dust(baseCoin) {
      const own = claims.now().filter(claim => claim.baseCoin === baseCoin)
      const isSettled = own.every(
        ({ untilMs, hedgeId, dust }) => untilMs !== null && (!dust || passed.has(hedgeId)),
      )
      return isSettled && (last[baseCoin] ?? '0') === '0' ? books.dust(baseCoin) : []
    },
  }
}

/** The wallet as it was read last, and the equity kept of it now and then. */
function createPurse(
  ports: () => BookkeeperPorts,
  books: Books,
  feeCoins: Pick<ReturnType<typeof createFeeCoins>, 'heard'>,
) {
  let funds: Funds | undefined
  let equityAtMs = 0
  return {
    async read(): Promise<Wallet> {
      const { exchange, clock } = ports()
      const wallet = await exchange.wallet(namesHeld(ports()).coins)
      const totals = totalsOf(wallet)
      funds = totals && { ...totals, readAtMs: clock.nowMs() }
      feeCoins.heard(wallet)
      return wallet
    },
    async keepEquity(): Promise<void> {
      const atMs = ports().clock.nowMs()
      if (!funds || atMs - equityAtMs < EQUITY_EVERY_MS) return
      equityAtMs = atMs
      await books.appendEquity({ atMs, equityUsdt: funds.equityUsdt, availableUsdt: funds.availableUsdt })
    },
    funds: () => funds,
  }
}

/** Writes results, only when something was booked or a hedge came or went: else none can be missing. */
function createSettling(ports: () => BookkeeperPorts, books: Books): (booked: number) => Promise<void> {
  let settledFor: string | undefined
  return async booked => {
    const living = livingPlans(ports())
      .map(({ hedgeId }) => hedgeId)
      .join()
    if (booked === 0 && living === settledFor) return
    await books.settleResults?.()
    settledFor = living
  }
}

/** Wallet less ledger, per coin, of the coins whose wallet could be read. */
async function residualsOf(wallet: Wallet, books: Books): Promise<Record<string, string>> {
  const coins = wallet.coins.map(each => ({ coin: each.coin, wallet: ownedOf(each) }))
  const found = residuals(coins, await books.accountBalances())
  // What the wallet says of these is not known: neither tied out nor untied.
  for (const coin of wallet.unread ?? []) delete found[coin]
  return found
}

function tellAll(ports: BookkeeperPorts, found: Record<string, string>): void {
  for (const [coin, residual] of Object.entries(found)) {
    ports.telemetry.ledgerResidual(coin, Number(residual))
    tellResidual(ports, coin, residual)
  }
}

function oneAtATime<Answer>(work: () => Promise<Answer>): () => Promise<Answer> {
  let turn: Promise<unknown> = Promise.resolve()
  return () => {
    const next = turn.then(work, work)
    turn = next.catch(() => undefined)
    return next
  }
}

/** Books again and again: at its own pace, and soon after it is asked to. */
function rounds(ports: () => BookkeeperPorts, bookNow: () => Promise<Record<string, string>>) {
  let nudge = () => {}
  let nudged = false
  const kind = service(async signal => {
    const late = createLateBooks(ports)
    while (!signal.aborted) {
      const waitMs = await bookNow().then(late.booked, late.failed)
      if (!nudged || waitMs !== undefined) {
        const rest = new AbortController()
        // What could not be read is not read sooner because there is more of it.
        nudge = waitMs === undefined ? () => rest.abort() : () => {}
        const nextMs = waitMs ?? EVERY_MS * ports().pace
        await pause(ports().clock, nextMs, AbortSignal.any([rest.signal, signal]))
      }
      nudged = false
    }
  })
  const bookSoon = () => {
    nudged = true
    nudge()
  }
  return { kind, bookSoon }
}

const NEVER = new AbortController().signal

/** Of hedges that began with what others left: also of one that was over before anybody looked. */
async function passDust(books: Books, claims: Claims, passed: Set<string>): Promise<void> {
  const due = claims.now().filter(({ hedgeId, dust }) => dust && !passed.has(hedgeId))
  const span = due.length > 0 ? await books.span() : undefined
  if (!span) return
  for (const { hedgeId, baseCoin, dust = [], fromMs } of due) {
    // Never newer than the newest row: from there on the exchange's log is read.
    await books.passDust(dust, { hedgeId, baseCoin }, Math.min(fromMs, span.newestAtMs))
    passed.add(hedgeId)
  }
}

type Reading = { backMs: number; isFirst: boolean; feeCoins: ReturnType<typeof createFeeCoins> }

/** Gives how many rows were new. @param backMs - how far before the newest booked row it begins */
async function bookRows(
  ports: BookRowsPorts,
  books: Books,
  claims: Claims,
  { backMs, isFirst, feeCoins }: Reading,
): Promise<number> {
  const span = await books.span()
  if (!span) {
    await openBooks(ports, books)
    return 0
  }
  const { openedAtMs, newestAtMs } = span
  const untilMs = (await ports.exchange.serverTimeMs()) + 1
  const rows = await ports.exchange.transactions(Math.max(openedAtMs, newestAtMs - backMs), untilMs)
  const ownersOfExecs = await execOwners(ports, books, rows)
  const owners = ownersOfRows(rows, { claims: claims.now(), ownersOfExecs })
  const feePrices = await feeCoins.pricesOf(rows)
  let count = 0
  for (let at = 0; at < rows.length; at += BOOKED_AT_ONCE) {
    const entries = rows
      .slice(at, at + BOOKED_AT_ONCE)
      .map(row => ({ row, postings: postingsOf(row, ({ id }) => owners.get(id), feePrices.get(row.id)) }))
    const booked = await books.book(entries)
    for (const row of booked) tellRow(ports, row, owners.get(row.id))
    count += booked.length
  }
  // What was booked just before a crash was told to nobody.
  if (isFirst) for (const row of rows) tellSettlement(ports, row, owners.get(row.id))
  return count
}

/** Of the rows that name no order of ours: heard lately, or stored before this process began. */
async function execOwners(ports: Ports<'recorder'>, books: Books, rows: readonly TransactionRow[]) {
  const heard = ports.recorder.ownersOfExecs()
  const unheard = rows
    .filter(
      row => row.orderLinkId === '' && row.tradeId !== '' && !heard.has(execKey(row.market, row.tradeId)),
    )
    .map(({ tradeId }) => tradeId)
  const stored = unheard.length > 0 ? await books.ownersOfExecs?.(unheard) : undefined
  return stored ? new Map([...stored, ...heard]) : heard
}

/** The opening balance is the wallet of an instant after which, and before reading it, nothing moved. */
async function openBooks({ exchange, clock }: Ports<'clock' | 'exchange'>, books: Books): Promise<void> {
  for (let look = 0; look < LOOKS_MAX; look++) {
    const openedAtMs = await exchange.serverTimeMs()
    const { coins: shown } = await exchange.wallet()
    const coins = shown.map(each => ({ coin: each.coin, wallet: ownedOf(each) }))
    const moved = await exchange.transactions(openedAtMs, (await exchange.serverTimeMs()) + 1)
    if (moved.length === 0) return books.open(coins, openedAtMs)
    await pause(clock, LOOK_AGAIN_MS, NEVER)
  }
  throw new Error('opening the books: expected the wallet to rest for a moment, found it moving')
}
