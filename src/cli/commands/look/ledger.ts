/** `ledger`, `funding` and `audit`: what was booked and what was commanded, a page at a time. */
import type { Page } from '../../../api/engine-view.ts'
import type { AuditRow } from '../../../api/rows/rows.ts'
import type { Posting } from '../../../domain/books/ledger.ts'
import { amountText, instantText, qtyText } from '../../../wording/figures.ts'
import { eventText } from '../../../wording/stories.ts'
import type { Shown } from '../../kit/asking.ts'
import { type Client, engineClient } from '../../kit/client.ts'
import { dim, green, print, printJson, red, signed, table } from '../../kit/output.ts'

type Paging = { limit: number; cursor?: string; all?: boolean }
type Payment = {
  hedgeId: string
  symbol: string
  coin: string
  amount: string
  qty: string
  markPrice: string
  settledAtMs: number
}
type LedgerPage = Page<Posting> & { residuals: Record<string, string> }

/** Prints postings, newest first, page by page. */
export async function showLedger({ json, limit, cursor, all, ...where }: Shown & Paging): Promise<void> {
  const page = (await read(engineClient(where), '/api/ledger', { limit, cursor, all })) as LedgerPage
  if (json) return printJson(page)
  const rows = page.rows.map(({ atMs, account, amount, symbol, hedgeId, price }) => ({
    at: instantText(atMs),
    account,
    amount: qtyText(amount),
    symbol,
    price: price === '0' ? '' : qtyText(price),
    hedge: hedgeId,
  }))
  const columns = {
    at: 'AT (UTC)',
    account: 'ACCOUNT',
    amount: 'AMOUNT',
    symbol: 'SYMBOL',
    price: 'PRICE',
    hedge: 'HEDGE',
  }
  print(rows.length > 0 ? table(rows, columns, { spare: ['price', 'hedge'] }) : 'nothing was booked yet')
  print('')
  for (const [coin, residual] of Object.entries(page.residuals))
    print(`${dim('unexplained')}  ${Number(residual) === 0 ? residual : red(residual)} ${coin}`)
  more('ledger', page.next)
}

/** Prints funding payments, newest first, page by page. */
export async function showFunding({ json, limit, cursor, all, ...where }: Shown & Paging): Promise<void> {
  const page = (await read(engineClient(where), '/api/funding', { limit, cursor, all })) as Page<Payment>
  if (json) return printJson(page)
  if (page.rows.length === 0) return print('no funding was settled yet')
  const rows = page.rows.map(({ settledAtMs, symbol, amount, coin, qty, markPrice, hedgeId }) => ({
    at: instantText(settledAtMs),
    symbol,
    amount: signed(amountText(amount, { places: 4, sign: true })),
    coin,
    qty: qtyText(qty),
    price: qtyText(markPrice),
    hedge: hedgeId,
  }))
  const columns = {
    at: 'SETTLED (UTC)',
    symbol: 'SYMBOL',
    amount: 'RECEIVED',
    coin: 'COIN',
    qty: 'QTY',
    price: 'MARK',
    hedge: 'HEDGE',
  }
  print(table(rows, columns, { spare: ['coin', 'price', 'qty'] }))
  more('funding', page.next)
}

/** Prints commands of people, newest first, page by page. */
export async function showAudit({ json, limit, cursor, all, ...where }: Shown & Paging): Promise<void> {
  const page = (await read(engineClient(where), '/api/audit', { limit, cursor, all })) as Page<AuditRow>
  if (json) return printJson(page)
  if (page.rows.length === 0) return print('no command yet')
  const rows = page.rows.map(({ atMs, operator, source, target, event, before, after, outcome }) => ({
    at: instantText(atMs),
    operator,
    source,
    target,
    event: eventText(event),
    outcome: outcome === 'accepted' ? green(outcome) : red(outcome),
    moved: before === after ? 'stayed' : `${firstOf(before)} → ${firstOf(after)}`,
  }))
  const columns = {
    at: 'AT (UTC)',
    operator: 'WHO',
    source: 'FROM',
    target: 'TARGET',
    outcome: 'OUTCOME',
    moved: 'STATE',
    event: 'WHAT',
  }
  print(table(rows, columns, { spare: ['source', 'at'] }))
  more('audit', page.next)
}

const firstOf = (state: string | null) => state?.split(' | ')[0] ?? '–'

function more(command: string, next: string | null): void {
  if (next) print(dim(`\nmore: hedgerow ${command} --cursor ${next}`))
}

const PAGE_OF_ALL = 1000

/** One page, or all of them as one. */
async function read(client: Client, path: string, { limit, cursor, all }: Wanted): Promise<Page<unknown>> {
  const get = async (size: number, from: string | null | undefined) => {
    const query = new URLSearchParams({ limit: String(size), ...(from && { cursor: from }) })
    return (await client.get(`${path}?${query}`)) as Page<unknown>
  }
  if (!all) return get(limit, cursor)
  const whole = await get(PAGE_OF_ALL, cursor)
  while (whole.next) {
    const page = await get(PAGE_OF_ALL, whole.next)
    whole.rows.push(...page.rows)
    whole.next = page.next
  }
  return whole
}
type Wanted = { limit: number; cursor: string | undefined; all: boolean | undefined }
