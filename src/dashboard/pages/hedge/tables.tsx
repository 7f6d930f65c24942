/** What was filled and what was settled, row by row. */
import type { FillRow, FundingRow } from '../../../api/rows/books.ts'
import { instantText, priceText, qtyText, storyInstantText } from '../../../wording/figures.ts'
import { Amount } from '../../show/amount.tsx'
import { type Column, DataTable } from '../../show/data-table.tsx'

const marketName = (market: FillRow['market']) => (market === 'linear' ? 'perp' : market)

/** What a market counts in: coins, or contracts of so many, such as 1000PEPE. */
const unitOf = (symbol: string) => symbol.replace(/USDT$/, '')

const FILLS: readonly Column<FillRow>[] = [
  {
    head: 'Filled',
    unit: 'UTC',
    value: ({ filledAtMs }) => instantText(filledAtMs),
    cell: ({ filledAtMs }) => storyInstantText(filledAtMs),
  },
  {
    head: 'Market',
    value: ({ market }) => marketName(market),
    cell: ({ market, side }) => `${side} ${marketName(market)}`,
  },
  { head: 'Side', value: ({ side }) => side, hidden: true },
  { head: 'Maker', value: ({ maker }) => (maker ? 'maker' : 'taker'), hidden: true },
  {
    head: 'Qty',
    figure: true,
    value: ({ qty }) => qty,
    cell: ({ qty, symbol }) => `${qtyText(qty)} ${unitOf(symbol)}`,
  },
  { head: 'Of', value: ({ symbol }) => unitOf(symbol), hidden: true },
  { head: 'Price', figure: true, value: ({ price }) => price, cell: ({ price }) => priceText(price) },
  {
    head: 'Fee',
    figure: true,
    value: ({ fee }) => fee,
    cell: ({ fee, feeCoin }) => `${qtyText(fee, 6)} ${feeCoin}`,
  },
  { head: 'Fee coin', value: ({ feeCoin }) => feeCoin, hidden: true },
  {
    head: 'Order',
    value: ({ orderLinkId }) => orderLinkId,
    cell: ({ orderLinkId }) => (
      <span className="whitespace-nowrap font-mono text-[11px] text-faint">{orderLinkId}</span>
    ),
  },
]

export const Fills = ({ rows }: { rows: FillRow[] }) => (
  <DataTable
    title="Fills"
    rows={rows}
    columns={FILLS}
    rowKey={({ execId }) => execId}
    file="fills"
    sortedBy="-Filled"
    empty="No fills."
    maxHeight={320}
    filter={false}
  />
)

const FUNDING: readonly Column<FundingRow>[] = [
  { head: 'Settled', unit: 'UTC', value: ({ settledAtMs }) => instantText(settledAtMs) },
  {
    head: 'Amount',
    unit: 'received +',
    figure: true,
    value: ({ amount }) => amount,
    cell: ({ amount }) => <Amount value={amount} digits={4} />,
  },
  {
    head: 'Position',
    unit: 'contracts',
    figure: true,
    value: ({ qty }) => qty,
    cell: ({ qty }) => qtyText(qty),
  },
  {
    head: 'Mark price',
    figure: true,
    value: ({ markPrice }) => markPrice,
    cell: ({ markPrice }) => priceText(markPrice),
  },
]

export const Funding = ({ rows }: { rows: FundingRow[] }) => (
  <DataTable
    title="Funding"
    rows={rows}
    columns={FUNDING}
    rowKey={({ transactionId }) => transactionId}
    file="hedge-funding"
    sortedBy="-Settled"
    empty="No settlement while it was open."
    maxHeight={320}
    filter={false}
  />
)
