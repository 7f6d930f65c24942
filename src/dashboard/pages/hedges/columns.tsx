/** What every table of hedges says alike: which hedge, and what it received and paid. */
import { Link } from 'wouter'
import type { StoredHedge } from '../../../api/rows/books.ts'
import { Amount } from '../../show/amount.tsx'
import type { Column } from '../../show/data-table.tsx'

type HedgeColumn = Column<StoredHedge>

/** Its symbol and its id, linked to its page; the id is a column of its own in files. */
export const WHICH_HEDGE: readonly HedgeColumn[] = [
  {
    head: 'Hedge',
    value: ({ symbol }) => symbol,
    cell: ({ id, symbol }) => (
      <Link href={`/hedges/${id}`}>
        <span className="font-semibold">{symbol}</span>{' '}
        <span className="font-mono text-[11px] text-faint">{id}</span>
      </Link>
    ),
  },
  { head: 'Id', value: ({ id }) => id, hidden: true },
]

const money = (head: string, of: (row: StoredHedge) => string | null | undefined): HedgeColumn => ({
  head,
  unit: 'USDT',
  figure: true,
  value: row => of(row),
  cell: row => <Amount value={of(row) ?? null} />,
})
export const FUNDING = money('Funding', row => row.fundingUsdt)
export const FEES = money('Fees', row => row.feesUsdt)
export const BASIS = money('Basis', row => row.basisUsdt)
export const SLIPPAGE = money('Slippage', row => row.slippageUsdt)
