/** How much the exchange still lets us ask, by endpoint: a bar for the eye, the same in words beside it. */
import type { QuotaRow } from '../../../api/rows/rows.ts'
import { clockText } from '../../../wording/figures.ts'
import { useEngineNowMs } from '../../data/use-live.ts'
import { type Column, DataTable } from '../../show/data-table.tsx'

const PLACES: Readonly<Record<string, string>> = {
  address: 'all requests of this machine',
  '/v5/order/create spot': 'place spot orders',
  '/v5/order/create linear': 'place perpetual orders',
  '/v5/spread/order/create': 'place spread orders',
  '/v5/order/cancel spot': 'cancel spot orders',
  '/v5/order/cancel linear': 'cancel perpetual orders',
  '/v5/order/realtime': 'ask for orders',
  '/v5/execution/list': 'ask for fills',
  '/v5/position/list': 'ask for positions',
  '/v5/account/wallet-balance': 'ask for balances',
  '/v5/account/transaction-log': 'read the transaction log',
  '/v5/account/fee-rate': 'ask for fee rates',
  '/v5/account/info': 'ask for the account mode',
  '/v5/account/collateral-info': 'ask for collateral and loans',
  '/v5/spread/order/realtime': 'ask for spread orders',
  '/v5/spread/execution/list': 'ask for spread fills',
  '/v5/order/history': 'ask for past orders',
  '/v5/account/borrow-history': 'ask for interest',
  '/v5/spot-margin-trade/flexible-available-inventory': 'ask what may be borrowed',
}

const windowOf = (endpoint: string) => (endpoint === 'address' ? '5 s' : '1 s')

/** Of reads nothing is kept back: they tell how an order ended. */
const isPlacing = (endpoint: string) => /\/order\/create/.test(endpoint)

const COLUMNS: readonly Column<QuotaRow>[] = [
  {
    head: 'To',
    value: ({ endpoint }) => PLACES[endpoint] ?? '',
    cell: ({ endpoint }) => (
      <span className="whitespace-nowrap" title={endpoint}>
        {PLACES[endpoint] ?? <span className="font-mono text-[12px] text-soft">{endpoint}</span>}
      </span>
    ),
  },
  { head: 'Endpoint', value: ({ endpoint }) => endpoint, hidden: true },
  {
    head: 'Used',
    unit: 'of the window',
    value: ({ limit, left }) => limit - left,
    cell: row => <Bar {...row} />,
  },
  { head: 'Left', unit: 'requests', figure: true, value: ({ left }) => left, cell: row => <Left {...row} /> },
  {
    head: 'For entries',
    unit: 'the rest is for exits',
    figure: true,
    value: ({ leftToEnter }) => leftToEnter,
    cell: ({ leftToEnter, endpoint }) => (
      <span className="live">
        {isPlacing(endpoint) ? leftToEnter : <span className="text-faint">–</span>}
      </span>
    ),
  },
  {
    head: 'Limit',
    unit: 'per window',
    figure: true,
    value: ({ limit }) => limit,
    cell: ({ limit, endpoint }) => (
      <span className="whitespace-nowrap">{`${limit} in ${windowOf(endpoint)}`}</span>
    ),
  },
  { head: 'Held back until (ms)', value: ({ blockedUntilMs }) => blockedUntilMs, hidden: true },
]

/** Calm above the part kept for exits, a warning inside it, red when nothing may leave. */
const toneOf = ({ left, leftToEnter, endpoint }: QuotaRow) =>
  left === 0 ? 'fill-bad' : leftToEnter === 0 && isPlacing(endpoint) ? 'fill-warn' : 'fill-accent'

const WIDTH = 120

function Bar(row: QuotaRow) {
  const used = row.limit > 0 ? Math.max(0, Math.min(1, (row.limit - row.left) / row.limit)) : 0
  return (
    <span className="inline-flex items-center gap-2">
      <svg width={WIDTH} height={8} aria-hidden="true" className="live">
        <rect width={WIDTH} height={8} rx={4} className="fill-line" />
        <rect width={WIDTH * used} height={8} rx={4} className={toneOf(row)} />
      </svg>
      <span className="live whitespace-nowrap text-[12px] tabular-nums text-soft">
        {(used * 100).toFixed(0)} %
      </span>
    </span>
  )
}

function Left({ left, blockedUntilMs }: QuotaRow) {
  const nowMs = useEngineNowMs()
  if (blockedUntilMs > nowMs) return <span className="text-bad">none until {clockText(blockedUntilMs)}</span>
  return <span className={`live ${left === 0 ? 'text-bad' : ''}`}>{left}</span>
}

export const RequestLimits = ({ rows }: { rows: readonly QuotaRow[] | undefined }) => (
  <DataTable
    title="Request limits of the exchange"
    note="placing orders first; part of each limit is kept for closing hedges"
    maxHeight={420}
    rows={rows}
    columns={COLUMNS}
    rowKey={({ endpoint }) => endpoint}
    file="request-limits"
    empty="No request yet."
    filter={false}
  />
)
