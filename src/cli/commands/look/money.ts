/** `profit`: what was earned by period. `explain --close`: what closing a hedge costs now, and what would make it close. */
import type { ClosingRow, Closings, ExitRules, Period, Returns } from '../../../api/rows/closing.ts'
import type { Holding } from '../../../api/rows/rows.ts'
import { amountText, countText, instantText, lengthText, percentText } from '../../../wording/figures.ts'
import type { Shown } from '../../kit/asking.ts'
import { type Client, engineClient } from '../../kit/client.ts'
import { CliFailure } from '../../kit/failure.ts'
import { didYouMean, isCalled } from '../../kit/known-actors.ts'
import { bold, dim, print, printJson, signed, tableLines, yellow } from '../../kit/output.ts'

const cash = (value: string | null | undefined) => signed(amountText(value, { sign: true }))

/** By symbol, with the account above; a period in which nothing was held has no row. */
export async function showProfit({ by, json, ...where }: Shown & { by: Period }): Promise<void> {
  const returns = (await engineClient(where).get(`/api/returns?by=${by}`)) as Returns
  if (json) return printJson(returns)
  const rows = returns.rows.map(row => ({
    from: by === 'all' ? 'all time' : instantText(row.fromMs).slice(0, 10),
    symbol: row.symbol === '' ? bold('account') : row.symbol,
    hedges: row.hedges,
    funding: cash(row.fundingUsdt),
    expected: amountText(row.expectedFundingUsdt, { sign: true }),
    fees: cash(row.feesUsdt),
    borrow: cash(row.borrowUsdt),
    trading: cash(row.tradingUsdt),
    net: cash(row.netUsdt),
    capital: amountText(row.capitalUsdt),
    used: lengthText(row.usedMs),
    apr: percentText(row.apr, { places: 1, sign: true }),
  }))
  if (rows.length === 0) return print('nothing was earned yet')
  const columns = {
    from: by === 'all' ? '' : 'FROM (UTC)',
    symbol: 'SYMBOL',
    hedges: 'HEDGES',
    funding: 'FUNDING',
    expected: 'EXPECTED',
    fees: 'FEES',
    borrow: 'BORROW',
    trading: 'TRADING',
    net: 'NET',
    capital: 'CAPITAL',
    used: 'USED FOR',
    apr: 'APR',
  }
  print(tableLines(rows, columns, { spare: ['borrow', 'trading', 'expected', 'used', 'hedges'] }).join('\n'))
  print(dim('USDT; APR is net on the capital in use, and not known below a day of use'))
}

/** What closing the hedge costs now, and each rule that would close it. */
export async function explainClose(typed: string, { json, ...where }: Shown): Promise<void> {
  const client = engineClient(where)
  const { id } = await openHedge(client, typed)
  const [closing, exit] = await Promise.all([
    askClosing(client, id, 1),
    client.get(`/api/hedges/${encodeURIComponent(id)}/exit`) as Promise<ExitRules>,
  ])
  if (json) return printJson({ closing, exit })
  print([...closingLines(closing), '', ...exitLines(exit)].join('\n'))
}

/** An open hedge by its id, its symbol or its coin. @throws CliFailure when none or more than one is meant */
export async function openHedge(client: Client, typed: string): Promise<Holding> {
  const holdings = (await client.get('/api/holdings')) as Holding[]
  const name = typed.replace(/^(hedge|symbol):/, '')
  const found = holdings.filter(({ id, symbol }) => id === name || isCalled(symbol, name))
  const [first, ...others] = found
  if (first && others.length === 0) return first
  if (first)
    throw new CliFailure(
      `${typed}: expected one hedge, found ${found.map(({ id }) => id).join(', ')}; name one`,
      2,
    )
  const names = holdings.flatMap(({ id, symbol }) => [symbol, id])
  const more = holdings.length === 0 ? ': none is open' : didYouMean(name, names)
  throw new CliFailure(`no open hedge is called ${typed}${more}`)
}

/** @param share - of what is held: above 0, at most 1. @throws CliFailure when it is closed by now */
export async function askClosing(client: Client, id: string, share: number): Promise<ClosingRow> {
  const query = `hedge=${encodeURIComponent(id)}&share=${share}`
  const { hedges } = (await client.get(`/api/closing?${query}`)) as Closings
  const [row] = hedges
  if (!row) throw new CliFailure(`no open hedge is called ${id}`)
  return row
}

/** What closing a hedge now would cost and leave, as lines of a terminal. */
export function closingLines(row: ClosingRow): string[] {
  const part = row.share === 1 ? '' : `${percentText(row.share, { places: 0 })} of `
  const head = `${bold(row.symbol)}  closing ${part}hedge ${row.hedgeId}, ${amountText(row.heldUsdt)} USDT`
  if (row.unknownBecause !== null)
    return [head, `  ${yellow('the cost is not known')}: ${row.unknownBecause}`]
  return [
    head,
    `  ${dim('fees        ')}${amountText(row.feesUsdt)} USDT`,
    `  ${dim('slippage    ')}${amountText(row.slippageUsdt)} USDT at the present depth`,
    `  ${dim('net now     ')}${cash(row.netNowUsdt)} USDT`,
    `  ${dim('net after   ')}${cash(row.netAfterUsdt)} USDT once it is closed`,
  ]
}

function exitLines({ because, unseenBecause, judgement, settlement, conditions }: ExitRules): string[] {
  const lines = [bold('It closes when')]
  if (because !== null) lines.push(`  it is being closed: ${because}`)
  if (unseenBecause !== null) lines.push(`  ${yellow('the market cannot be judged now')}: ${unseenBecause}`)
  for (const { text, isMet, heldMs, heldMsMin, times, timesMin } of conditions) {
    const lasting =
      heldMsMin === undefined ? '' : `, for ${lengthText(heldMs ?? 0)} of ${lengthText(heldMsMin)}`
    const often = timesMin === undefined ? '' : `, seen ${times ?? 0} of ${countText(timesMin, 'time')}`
    lines.push(`  ${isMet ? yellow('met  ') : dim('no   ')}  ${text}${lasting}${often}`)
  }
  if (settlement?.waitsForIt)
    lines.push(dim(`  most rules wait for the settlement in ${lengthText(settlement.inMs)}, which pays`))
  if (judgement) lines.push(dim(`  last judged: ${judgement.text}`))
  return lines
}
