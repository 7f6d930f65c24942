/** The answers one looks for first: what we have, what we hold, is it level, what did it earn and pay. */
import type { AccountRow, Holding } from '../../api/rows.ts'
import type { StoredHedge } from '../../api/rows-books.ts'
import { useLive } from '../live/use-live.ts'
import { amountText, percentText, signTone } from '../show/figures.ts'
import { Tile, Tiles } from '../show/tile.tsx'
import { useRows } from '../use-rows.ts'

/** As many hedges as the API gives unasked: what is summed is said to be of these. */
const STORED_SHOWN = 200

export function KeyFigures() {
  const holdings = useLive(live => live.holdings)
  const held = [...(holdings?.values() ?? [])]
  const { data: account } = useRows('/api/account', 5000)
  const { data: stored } = useRows('/api/hedges', 5000)
  const closed = (stored ?? []).filter(({ state }) => state === 'closed')
  const closedName = (stored?.length ?? 0) >= STORED_SHOWN ? `last ${closed.length} closed` : 'closed'
  const tilted = held.filter(({ isLevel }) => !isLevel)
  const net = sum(held, ({ netUsdt }) => netUsdt)
  const made = sum(closed, ({ netUsdt }) => netUsdt)
  const funding = sum(held, row => row.fundingUsdt) + sum(closed, row => row.fundingUsdt)
  const fees = sum(held, row => row.feesUsdt) + sum(closed, row => row.feesUsdt)
  const basis = sum(held, row => row.basisUsdt) + sum(closed, row => row.basisUsdt)
  const margin = Number(account?.maintenanceMarginRate ?? 0)
  return (
    <Tiles>
      <Equity account={account} />
      <Tile
        name="Open hedges"
        tone={tilted.length > 0 ? 'bad' : undefined}
        note={
          held.length === 0
            ? 'nothing held'
            : `${amountText(sum(held, row => row.notionalUsdt).toFixed(0), 0)} USDT · ${tilted.length > 0 ? `${tilted.length} not balanced` : 'all balanced'}`
        }
      >
        {held.length}
      </Tile>
      <Tile
        name="Funding"
        unit="USDT"
        tone={signTone(funding)}
        note={`${figure(sum(held, row => row.nextFundingUsdt))} at the next settlements`}
      >
        {figure(funding)}
      </Tile>
      <Tile name="Fees" unit="USDT" tone={signTone(fees)} note={`basis and slip ${figure(basis)}`}>
        {figure(fees)}
      </Tile>
      <Tile
        name="Net of all hedges"
        unit="USDT"
        tone={signTone(net + made)}
        note={`open ${figure(net)} · ${closedName} ${figure(made)}`}
      >
        {figure(net + made)}
      </Tile>
      <Tile
        name="Maintenance margin"
        tone={account && margin > account.maintenanceMarginLimit ? 'bad' : undefined}
        note={
          account
            ? `limit ${percentText(account.maintenanceMarginLimit, 0)} · initial ${percentText(Number(account.initialMarginRate), 2)}`
            : ' '
        }
      >
        {account ? percentText(margin, 2) : '–'}
      </Tile>
    </Tiles>
  )
}

function Equity({ account }: { account: AccountRow | undefined }) {
  const { data } = useRows('/api/equity', 10_000, { points: 1200, sinceMs: 0 })
  const first = data?.[0]?.equityUsdt
  const grown = account && first !== undefined ? Number(account.equityUsdt) - Number(first) : undefined
  return (
    <Tile
      name="Equity"
      unit="USDT"
      note={
        account
          ? `${grown === undefined ? '' : `${figure(grown)} in all · `}${amountText(account.availableUsdt, 0)} free`
          : ' '
      }
    >
      {account ? amountText(account.equityUsdt, 2) : '–'}
    </Tile>
  )
}

const figure = (value: number) => amountText(value.toFixed(2), 2, true)

/** For the eye: sums of a few figures, which no decision rests on. */
const sum = <Row extends Partial<Holding> | StoredHedge>(
  rows: readonly Row[],
  part: (row: Row) => string | null | undefined,
) => rows.reduce((total, row) => total + Number(part(row) ?? 0), 0)
