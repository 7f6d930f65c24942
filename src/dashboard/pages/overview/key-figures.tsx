/** The answers one looks for first: what we have, what we hold, is it level, what did it earn and pay. */
import type { AccountRow, Holding } from '../../../api/rows/rows.ts'
import { amountText, percentText, signTone } from '../../../wording/figures.ts'
import { useLive } from '../../data/use-live.ts'
import { useRows } from '../../data/use-rows.ts'
import { Tile, Tiles } from '../../show/panel.tsx'

export function KeyFigures() {
  const holdings = useLive(live => live.holdings)
  const held = holdings && [...holdings.values()]
  const isOld = held?.some(row => row.isOld) ?? false
  const { data: account } = useRows('/api/account', 5000)
  const { data: profit } = useRows('/api/profit', 5000, { by: 'all' })
  const closed = profit?.rows
  const net = sum(held, ({ netUsdt }) => netUsdt)
  const made = sum(closed, ({ netUsdt }) => netUsdt)
  const of = (part: 'fundingUsdt' | 'feesUsdt' | 'basisUsdt') =>
    both(
      sum(held, row => row[part]),
      sum(closed, row => row[part]),
    )
  const [funding, fees] = [of('fundingUsdt'), of('feesUsdt')]
  const basis = both(
    of('basisUsdt'),
    sum(closed, row => row.slippageUsdt),
  )
  const margin = account?.maintenanceMarginRate ?? null
  return (
    <Tiles>
      <Equity account={account} />
      <OpenHedges held={held} />
      <AccountDelta />
      <Tile
        name="Funding"
        isOld={isOld}
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
        isOld={isOld}
        unit="USDT"
        tone={signTone(both(net, made))}
        note={`open ${figure(net)} · closed ${figure(made)}`}
      >
        {figure(both(net, made))}
      </Tile>
      <Tile
        name="Maintenance margin"
        tone={
          account && margin !== null && Number(margin) > account.maintenanceMarginLimit ? 'bad' : undefined
        }
        note={
          account
            ? `limit ${percentText(account.maintenanceMarginLimit, { places: 0 })} · initial ${percentText(account.initialMarginRate)}`
            : ' '
        }
      >
        {percentText(margin)}
      </Tile>
    </Tiles>
  )
}

function OpenHedges({ held }: { held: readonly Holding[] | null }) {
  const tilted = held?.filter(({ isLevel }) => !isLevel) ?? []
  return (
    <Tile
      name="Open hedges"
      tone={tilted.length > 0 ? 'bad' : undefined}
      note={
        !held
          ? 'loading…'
          : held.length === 0
            ? 'nothing held'
            : `${worthText(sum(held, row => row.notionalUsdt))} · ${tilted.length > 0 ? `${tilted.length} not level` : 'all level'}`
      }
    >
      {held?.length ?? '–'}
    </Tile>
  )
}

/** The whole account, what no hedge claims among it: what a move of all prices would do. */
function AccountDelta() {
  const { data, error } = useRows('/api/reconciliation', 5000)
  const isBroken = data?.lines.some(({ verdict }) => verdict === 'broken')
  const isForeign = data?.lines.some(({ verdict }) => verdict === 'unclaimed') ?? false
  const unclaimed = data?.unclaimedUsdt ?? null
  return (
    <Tile
      name="Account delta"
      unit="USDT"
      tone={isBroken ? 'bad' : isForeign ? 'warn' : undefined}
      note={
        !data
          ? error
            ? 'not known: the exchange does not answer'
            : 'asking the exchange…'
          : isBroken
            ? 'the exchange shows something else'
            : isForeign
              ? unclaimed === null
                ? 'part of it belongs to no hedge'
                : `${amountText(unclaimed, { places: 0 })} belongs to no hedge`
              : 'all of it in hedges'
      }
    >
      {amountText(data?.deltaUsdt, { sign: true })}
    </Tile>
  )
}

function Equity({ account }: { account: AccountRow | undefined }) {
  const { data } = useRows('/api/equity', 10_000, { points: 1200, sinceMs: 0 })
  const first = data?.[0]?.equityUsdt
  const grown =
    account?.equityUsdt && first !== undefined ? Number(account.equityUsdt) - Number(first) : undefined
  return (
    <Tile
      name="Equity"
      unit="USDT"
      note={
        account
          ? `${grown === undefined ? '' : `${figure(grown)} in all · `}${amountText(account.availableUsdt, { places: 0 })} free`
          : ' '
      }
    >
      {amountText(account?.equityUsdt)}
    </Tile>
  )
}

const figure = (value: number | null) => (value === null ? '–' : amountText(value.toFixed(2), { sign: true }))
const worthText = (value: number | null) =>
  value === null ? 'worth not known' : `${amountText(value.toFixed(0), { places: 0 })} USDT`

/** For the eye: sums of a few figures, which no decision rests on. What is not known of one is not known of all. */
function sum<Row>(
  rows: readonly Row[] | null | undefined,
  part: (row: Row) => string | null | undefined,
): number | null {
  if (!rows) return null
  const parts = rows.map(part)
  if (parts.includes(null)) return null
  return parts.reduce((total, each) => total + Number(each ?? 0), 0)
}

const both = (open: number | null, closed: number | null): number | null =>
  open === null || closed === null ? null : open + closed
