/** What closing one hedge, or all of them, would cost at this moment: shown before anybody presses the button. */
import type { ClosingRow, Closings } from '../../api/rows/closing.ts'
import { amountText, percentText, priceText, qtyText, signTone } from '../../wording/figures.ts'
import { useRows } from '../data/use-rows.ts'
import { Choice } from '../show/choice.tsx'

const EVERY_MS = 2000
const COLOURS = { good: 'text-good', bad: 'text-bad' }

/** The shares that may be picked: of what is held, as the engine takes them. */
export const PARTS = ['0.25', '0.5', '0.75'] as const
export const WHOLE = '1'

/** How much of a hedge is closed. @param whole - all of it may be picked too */
export const PartChoice = ({
  chosen,
  onChoose,
  whole = false,
}: {
  chosen: string
  onChoose: (share: string) => void
  whole?: boolean
}) => (
  <Choice
    name="How much is closed"
    options={[...(whole ? [WHOLE] : []), ...PARTS].map(value => ({
      value,
      name: value === WHOLE ? 'All of it' : percentText(Number(value), { places: 0 }),
    }))}
    chosen={chosen}
    onChoose={onChoose}
  />
)

/** One hedge, or a share of it: its size, then the sum from the net now to what is left. */
export function HedgeClosing({ hedgeId, share = WHOLE }: { hedgeId: string; share?: string }) {
  const { data, error } = useRows('/api/closing', EVERY_MS, { hedge: hedgeId, share: Number(share) })
  const row = data?.hedges[0]
  if (!row) return <Waiting error={error} />
  return (
    <section aria-label={`Cost of closing ${row.hedgeId} now`}>
      <Size row={row} />
      <Lines costs={row} because={row.unknownBecause} />
    </section>
  )
}

/** All open hedges, each with its size and what would be left of it, and their sum. */
export function EveryClosing() {
  const { data, error } = useRows('/api/closing', EVERY_MS)
  if (!data) return <Waiting error={error} />
  if (data.hedges.length === 0) return <p>Nothing is open: there is nothing to close.</p>
  return (
    <section aria-label="Cost of closing all now" className="space-y-2">
      <table className="w-full text-[13px]">
        <thead>
          <tr className="border-b border-line text-[12px] text-soft">
            <th scope="col" className="py-1 text-left font-medium">
              Hedge
            </th>
            <th scope="col" className="num py-1 font-medium">
              Size, USDT
            </th>
            <th scope="col" className="num py-1 font-medium">
              Net after closing
            </th>
          </tr>
        </thead>
        <tbody className="text-ink">
          {data.hedges.map(row => (
            <tr key={row.hedgeId} className="border-b border-line">
              <th scope="row" className="py-1 text-left font-medium">
                {row.symbol} <span className="font-mono text-[11px] text-faint">{row.hedgeId}</span>
              </th>
              <td className="num">{amountText(row.heldUsdt, { places: 0 })}</td>
              <td className="num" title={row.unknownBecause ?? undefined}>
                {row.netAfterUsdt === null ? 'not known' : amountText(row.netAfterUsdt, { sign: true })}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Lines costs={data.total} because={data.hedges.find(each => each.unknownBecause)?.unknownBecause} />
    </section>
  )
}

const Waiting = ({ error }: { error: unknown }) => (
  <p className={error ? 'text-bad' : ''}>
    {error
      ? `The cost is not known: ${error instanceof Error ? error.message : String(error)}`
      : 'Calculating the cost…'}
  </p>
)

const Size = ({ row: { symbol, baseCoin, heldUsdt, legs, share } }: { row: ClosingRow }) => (
  <p className="text-ink">
    <strong>{symbol}</strong>, {amountText(heldUsdt)} USDT
    {share < 1 && ` (${percentText(share, { places: 0 })} of it)`}
    {legs && (
      <span className="block text-[12.5px] text-soft">
        {legText(legs.spot, baseCoin, 'on spot')}; {legText(legs.perp, baseCoin, 'of the perpetual')}
      </span>
    )}
  </p>
)

/** `sell 400 XRP on spot at 2.499`. */
const legText = (
  { side, base, fillPrice }: NonNullable<ClosingRow['legs']>['spot'],
  coin: string,
  where: string,
) =>
  fillPrice === null
    ? `nothing ${where}`
    : `${side.toLowerCase()} ${qtyText(base)} ${coin} ${where} at ${priceText(fillPrice)}`

type Costs = Pick<
  Closings['total'],
  'feesUsdt' | 'slippageUsdt' | 'markGapUsdt' | 'netNowUsdt' | 'netAfterUsdt'
>

/** From what it stands at now to what is left: the lines add up. */
function Lines({ costs, because }: { costs: Costs; because: string | null | undefined }) {
  const { feesUsdt, slippageUsdt, markGapUsdt, netNowUsdt, netAfterUsdt } = costs
  const paid = (cost: string | null) =>
    cost === null ? null : cost.startsWith('-') ? cost.slice(1) : `-${cost}`
  const rows: [name: string, value: string | null][] = [
    ['Net now', netNowUsdt],
    ['Taker fees', paid(feesUsdt)],
    ['Slippage at current depth', paid(slippageUsdt)],
    ...(Number(markGapUsdt ?? 0) === 0
      ? []
      : [['Book against mark price', markGapUsdt] as [string, string | null]]),
  ]
  const tone = signTone(netAfterUsdt)
  return (
    <>
      <dl className="mt-2 grid grid-cols-[1fr_auto] gap-x-4 gap-y-0.5 text-[13px]">
        {rows.map(([name, value]) => (
          <div key={name} className="contents">
            <dt>{name}</dt>
            <dd className="num text-ink">
              {value === null ? 'not known' : amountText(value, { sign: true })}
            </dd>
          </div>
        ))}
        <div className="contents font-semibold text-ink">
          <dt className="mt-1 border-t border-line pt-1">Net after closing, USDT</dt>
          <dd className={`num mt-1 border-t border-line pt-1 ${tone ? COLOURS[tone] : ''}`}>
            {netAfterUsdt === null ? 'not known' : amountText(netAfterUsdt, { sign: true })}
          </dd>
        </div>
      </dl>
      {because && <p className="text-warn">Not all of it is known: {because}.</p>}
    </>
  )
}
