/** The books: does the exchange agree with the engine, does the ledger tie out, what does the account hold. */
import { Link } from 'wouter'
import type { PostingRow } from '../../../api/rows/books.ts'
import type { ReconciliationLine } from '../../../api/rows/rows.ts'
import {
  amountText,
  clockText,
  instantText,
  percentText,
  priceText,
  qtyText,
} from '../../../wording/figures.ts'
import { useLive } from '../../data/use-live.ts'
import { usePages, useRows } from '../../data/use-rows.ts'
import { PageTitle } from '../../shell/layout.tsx'
import { Amount } from '../../show/amount.tsx'
import { type Column, DataTable } from '../../show/data-table.tsx'
import { Empty, Failed, MoreRows, Panel } from '../../show/panel.tsx'
import { RequestLimits } from './request-limits.tsx'

export function LedgerPage() {
  return (
    <div className="flex flex-col gap-2.5 p-3">
      <PageTitle title="Ledger and account" />
      <div className="grid items-start gap-2.5 lg:grid-cols-[minmax(0,1fr)_360px]">
        <div className="flex min-w-0 flex-col gap-2.5">
          <Compared />
          <Limits />
        </div>
        <div className="flex flex-col gap-2.5">
          <Residuals />
          <Account />
        </div>
      </div>
      <Postings />
    </div>
  )
}

const VERDICTS = {
  same: { word: 'agree', tone: 'good' },
  dust: { word: 'dust', tone: '' },
  moving: { word: 'in flight', tone: 'accent' },
  unclaimed: { word: 'nobody’s', tone: 'warn' },
  broken: { word: 'differ', tone: 'bad' },
} as const

const LINES: readonly Column<ReconciliationLine>[] = [
  { head: 'What', value: ({ what }) => what },
  {
    head: 'Subject',
    value: ({ subject }) => subject,
    cell: ({ subject }) => <span className="font-semibold">{subject}</span>,
  },
  {
    head: 'Engine',
    unit: 'in our hedges',
    figure: true,
    value: row => row.engine,
    cell: row => <Side text={row.engine} />,
  },
  {
    head: 'Exchange',
    unit: 'at the exchange',
    figure: true,
    value: row => row.exchange,
    cell: row => <Side text={row.exchange} />,
  },
  {
    head: 'Difference',
    figure: true,
    value: ({ difference }) => difference,
    cell: ({ difference, verdict }) => (
      <span className={verdict === 'broken' ? 'font-semibold text-bad' : 'text-soft'}>
        {difference === '' ? '' : qtyText(difference)}
      </span>
    ),
  },
  { head: 'Unit', value: ({ unit }) => unit, cell: ({ unit }) => <span className="text-faint">{unit}</span> },
  {
    head: 'Verdict',
    value: ({ verdict }) => VERDICTS[verdict].word,
    cell: ({ verdict }) => (
      <span className="chip" data-tone={VERDICTS[verdict].tone}>
        {VERDICTS[verdict].word}
      </span>
    ),
  },
  {
    head: 'Hedges',
    value: ({ hedgeIds }) => hedgeIds.join(' '),
    cell: ({ hedgeIds }) => (
      <span className="flex gap-2">
        {hedgeIds.map(id => (
          <Link key={id} href={`/hedges/${id}`} className="font-mono text-[12px]">
            {id}
          </Link>
        ))}
      </span>
    ),
  },
]

const Side = ({ text }: { text: string }) => (
  <span className="live">{/^-?\d/.test(text) ? qtyText(text) : text}</span>
)

function Compared() {
  const { data, error } = useRows('/api/reconciliation', 4000)
  if (error && !data)
    return (
      <Panel title="Engine against exchange">
        <Failed error={error} />
      </Panel>
    )
  const inFlight = data?.inFlight.length ?? 0
  return (
    <DataTable
      title="Engine against exchange"
      note={
        data
          ? `read ${clockText(data.readAtMs)} UTC${inFlight > 0 ? ` · ${inFlight} orders in flight: until they end, lines may differ` : ''}`
          : undefined
      }
      rows={data?.lines}
      columns={LINES}
      rowKey={({ what, subject }) => `${what} ${subject}`}
      file="reconciliation"
      empty="Nothing is held, here or at the exchange."
    />
  )
}

function Residuals() {
  const residuals = Object.entries(useLive(live => live.engine?.ledgerResiduals) ?? {})
  return (
    <Panel title="Ledger residuals" note="wallet less ledger; must be 0">
      {residuals.length === 0 && <Empty>The ledger has not been compared with the wallet yet.</Empty>}
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1 px-4 py-3 text-[13px]">
        {residuals.map(([coin, residual]) => (
          <div key={coin} className="col-span-2 grid grid-cols-subgrid">
            <dt className="text-soft">{coin}</dt>
            <dd className={`num ${Number(residual) === 0 ? 'text-good' : 'font-semibold text-bad'}`}>
              {qtyText(residual, 18)}
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  )
}

function Limits() {
  const { data } = useRows('/api/account', 4000)
  return <RequestLimits rows={data?.quota} />
}

function Account() {
  const { data: account, error } = useRows('/api/account', 4000)
  const speed = useLive(live => live.engine?.speed ?? 1)
  if (!account)
    return (
      <Panel title="Account">
        {error ? <Failed error={error} /> : <p className="p-4 text-soft">Asking the exchange…</p>}
      </Panel>
    )
  return (
    <Panel title="Account" note={`read ${clockText(account.readAtMs)} UTC`}>
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1 px-4 py-3 text-[13px]">
        <Fact name="Equity">{amountText(account.equityUsdt)} USDT</Fact>
        <Fact name="Free for orders">{amountText(account.availableUsdt)} USDT</Fact>
        <Fact name="Initial margin rate">{percentText(account.initialMarginRate)}</Fact>
        <Fact name="Maintenance margin rate">
          {percentText(account.maintenanceMarginRate)}{' '}
          <span className="text-faint">
            of {percentText(account.maintenanceMarginLimit, { places: 0 })} allowed
          </span>
        </Fact>
        <Fact name="Order entry">
          <span className={account.orderEntryReady ? 'text-good' : 'text-bad'}>
            {account.orderEntryReady ? 'ready' : 'down'}
          </span>
        </Fact>
        <Fact name="Clock skew">
          {wallText(account.clockSkewMs, speed)}{' '}
          <span className="text-faint">± {wallText(account.roundTripMs / 2, speed)}</span>
        </Fact>
      </dl>
      <table className="w-full border-t border-line text-[13px]">
        <caption className="sr-only">Balances</caption>
        <thead>
          <tr className="text-[12px] text-soft">
            <th scope="col" className="px-4 py-1.5 text-left font-medium">
              Coin
            </th>
            <th scope="col" className="num px-2 font-medium">
              Wallet
            </th>
            <th scope="col" className="num px-2 font-medium">
              Borrowed
            </th>
            <th scope="col" className="num px-4 font-medium">
              Worth USD
            </th>
          </tr>
        </thead>
        <tbody>
          {account.coins.map(({ coin, wallet, borrowed, usdValue }) => (
            <tr key={coin} className="border-t border-line">
              <td className="px-4 py-1 font-semibold">{coin}</td>
              <td className="num px-2">{qtyText(wallet, 4)}</td>
              <td className="num px-2 text-soft">{qtyText(borrowed, 4)}</td>
              <td className="num px-4">{amountText(usdValue)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  )
}

/** Milliseconds of engine time as the wall saw them. */
const wallText = (ms: number, speed: number) =>
  `${(ms / speed).toFixed(ms / speed < 10 ? 1 : 0).replace('-', '−')} ms`

const Fact = ({ name, children }: { name: string; children: React.ReactNode }) => (
  <div className="col-span-2 grid grid-cols-subgrid">
    <dt className="text-soft">{name}</dt>
    <dd className="num live">{children}</dd>
  </div>
)

const POSTINGS: readonly Column<PostingRow>[] = [
  { head: 'At', unit: 'UTC', value: ({ atMs }) => instantText(atMs) },
  {
    head: 'Account',
    value: ({ account }) => account,
    cell: ({ account }) => <span className="font-mono text-[12px]">{account}</span>,
  },
  {
    head: 'Amount',
    unit: 'of the coin',
    figure: true,
    value: row => row.amount,
    cell: row => <Amount value={row.amount} digits={6} plain />,
  },
  { head: 'Coin', value: ({ coin }) => coin },
  { head: 'Symbol', value: ({ symbol }) => symbol },
  {
    head: 'Price',
    unit: 'USDT',
    figure: true,
    value: ({ price }) => price,
    cell: ({ price }) => (Number(price) === 0 ? '' : priceText(price)),
  },
  {
    head: 'Hedge',
    value: ({ hedgeId }) => hedgeId,
    cell: ({ hedgeId }) =>
      hedgeId && (
        <Link href={`/hedges/${hedgeId}`} className="font-mono text-[12px]">
          {hedgeId}
        </Link>
      ),
  },
  {
    head: 'Row of the exchange',
    value: ({ rowId }) => rowId,
    cell: ({ rowId }) => (
      <span className="block max-w-[260px] truncate font-mono text-[11px] text-faint" title={rowId}>
        {rowId}
      </span>
    ),
  },
]

function Postings() {
  const { rows, error, all, more, isLoadingMore } = usePages('/api/ledger', 5000)
  return (
    <DataTable
      title="Postings"
      note="double entry: the lines of one row sum to 0 per coin"
      rows={rows}
      error={error}
      columns={POSTINGS}
      rowKey={({ rowId, account, amount }) => `${rowId} ${account} ${amount}`}
      file="ledger"
      allRows={all}
      empty="Nothing is booked yet."
      footer={<MoreRows more={more} isLoading={isLoadingMore} />}
    />
  )
}
