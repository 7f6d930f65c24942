/** `account` and `reconciliation`: what the exchange itself shows, and how it compares with what our hedges say. */
import type { AccountRow, QuotaRow, Reconciliation, ReconciliationLine } from '../../../api/rows/rows.ts'
import { amountText, instantText, lengthText, percentText, qtyText } from '../../../wording/figures.ts'
import type { Shown } from '../../kit/asking.ts'
import { engineClient } from '../../kit/client.ts'
import { CliFailure } from '../../kit/failure.ts'
import { dim, green, pairs, print, printJson, red, table, yellow } from '../../kit/output.ts'

/** Prints the account as the exchange shows it. */
export async function showAccount({ json, ...where }: Shown): Promise<void> {
  const account = (await engineClient(where).get('/api/account')) as AccountRow
  if (json) return printJson(account)
  const { maintenanceMarginRate, maintenanceMarginLimit, clockSkewMs, roundTripMs } = account
  const near = maintenanceMarginRate !== null && Number(maintenanceMarginRate) >= maintenanceMarginLimit
  const rate = percentText(maintenanceMarginRate)
  print(
    pairs({
      equity: `${amountText(account.equityUsdt)} USDT`,
      available: `${amountText(account.availableUsdt)} USDT`,
      'initial margin': percentText(account.initialMarginRate),
      'maintenance margin': `${near ? red(rate) : rate} ${dim(`of ${percentText(maintenanceMarginLimit)} allowed; at 100 % the exchange liquidates`)}`,
      'order entry': account.orderEntryReady ? green('ready') : red('down'),
      clock: `${lengthText(Math.abs(clockSkewMs))} ${clockSkewMs < 0 ? 'ahead of' : 'behind'} the exchange ${dim(`known to ${lengthText(roundTripMs / 2)}`)}`,
      read: `${instantText(account.readAtMs)} UTC`,
    }),
  )
  const rows = account.coins.map(({ coin, wallet, borrowed, usdValue }) => ({
    coin,
    wallet: qtyText(wallet),
    borrowed: qtyText(borrowed),
    value: amountText(usdValue),
  }))
  print(`\n${table(rows, { coin: 'COIN', wallet: 'WALLET', borrowed: 'BORROWED', value: 'USD' })}`)
  if (account.quota.length > 0) print(`\n${limitsTable(account.quota)}`)
}

/** The exchange's limits on requests. */
function limitsTable(quota: readonly QuotaRow[]): string {
  const rows = quota.map(row => ({
    endpoint: row.endpoint,
    left: leftText(row),
    entries: String(row.leftToEnter),
    limit: String(row.limit),
  }))
  const columns = { endpoint: 'REQUESTS TO', left: 'LEFT', entries: 'FOR ENTRIES', limit: 'LIMIT' }
  return table(rows, columns)
}

const leftText = ({ left, leftToEnter }: QuotaRow) =>
  left === 0 ? red('0') : leftToEnter === 0 ? yellow(String(left)) : String(left)

/** `8 of 10 left on /v5/order/create linear`: the limit that is nearest, in one line. */
export function scarcestText(quota: readonly QuotaRow[]): string {
  const [first] = quota.toSorted((a, b) => a.left / a.limit - b.left / b.limit)
  if (!first) return 'nothing has been asked yet'
  return `${leftText(first)} of ${first.limit} requests left on ${first.endpoint}${first.leftToEnter === 0 ? yellow(', kept for exits') : ''}`
}

const VERDICTS: Record<ReconciliationLine['verdict'], (text: string) => string> = {
  same: green,
  dust: dim,
  moving: yellow,
  unclaimed: yellow,
  broken: red,
}

/** Prints engine and exchange side by side. @throws CliFailure when they differ */
export async function showReconciliation({ json, ...where }: Shown): Promise<void> {
  const found = (await engineClient(where).get('/api/reconciliation')) as Reconciliation
  const broken = found.lines.filter(({ verdict }) => verdict === 'broken').length
  if (json) printJson(found)
  else {
    const rows = found.lines.map(
      ({ verdict, what, subject, engine, exchange, difference, differenceUsdt, unit, hedgeIds }) => ({
        verdict: VERDICTS[verdict](verdict),
        what,
        subject,
        engine: qtyText(engine),
        exchange: qtyText(exchange),
        difference: qtyText(difference),
        worth: amountText(differenceUsdt, { sign: true }),
        unit,
        hedges: hedgeIds.join(' '),
      }),
    )
    const columns = {
      verdict: 'VERDICT',
      what: 'WHAT',
      subject: 'SUBJECT',
      engine: 'ENGINE',
      exchange: 'EXCHANGE',
      difference: 'DIFFERENCE',
      worth: 'WORTH USDT',
      unit: 'UNIT',
      hedges: 'HEDGES',
    }
    print(
      rows.length > 0
        ? table(rows, columns, { spare: ['unit', 'what', 'hedges'] })
        : 'nothing is held, here or at the exchange',
    )
    print(
      `\n${dim('net delta of the account')}  ${amountText(found.deltaUsdt)} USDT${dim('; belongs to no hedge')}  ${amountText(found.unclaimedUsdt)} USDT`,
    )
    if (found.inFlight.length > 0)
      print(dim(`orders in flight, so lines may differ: ${found.inFlight.join(', ')}`))
  }
  if (broken > 0) throw new CliFailure(`${broken} of ${found.lines.length} lines differ`)
}
