/** What a hedge made by parts beside what was expected, how it was executed, and the judgements it came from and went by. */
import type { HedgeDetail } from '../../../api/rows/books.ts'
import type { DecisionRow } from '../../../api/rows/results.ts'
import {
  amountText,
  bpsText,
  instantText,
  lengthText,
  percentText,
  qtyText,
} from '../../../wording/figures.ts'
import { routeWords } from '../../../wording/hedges.ts'
import { reasonText } from '../../../wording/reasons.ts'
import { Amount } from '../../show/amount.tsx'
import { Panel } from '../../show/panel.tsx'

// From funding through costs to what is left, as steps: each bar begins where the one before ended.

type Part = { name: string; value: string }

const WIDTH = 420
const ROW = 30
const LEFT = 118
const RIGHT = 74

function Waterfall({ parts, total }: { parts: readonly Part[]; total: Part }) {
  const steps = stepsOf(parts, total)
  const ends = steps.flatMap(({ from, to }) => [from, to])
  const [low, high] = [Math.min(0, ...ends), Math.max(0, ...ends)]
  const scale = (WIDTH - LEFT - RIGHT) / Math.max(high - low, 0.01)
  const x = (value: number) => LEFT + (value - low) * scale
  const label = steps.map(({ name, value }) => `${name} ${amountText(value, { sign: true })}`).join(', ')
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${steps.length * ROW}`}
      role="img"
      aria-label={`${label} USDT`}
      className="live w-full max-w-[440px]"
    >
      <title>Profit by its parts</title>
      <line x1={x(0)} x2={x(0)} y1={0} y2={steps.length * ROW} className="stroke-edge" />
      {steps.map(({ name, value, from, to, isTotal }, at) => {
        const width = Math.max(1.5, Math.abs(to - from) * scale)
        const y = at * ROW + 7
        return (
          <g key={name}>
            <text
              x={LEFT - 10}
              y={y + 12}
              textAnchor="end"
              className={`text-[12px] ${isTotal ? 'fill-ink font-semibold' : 'fill-soft'}`}
            >
              {name}
            </text>
            <rect
              x={x(Math.min(from, to))}
              y={y}
              width={width}
              height={16}
              rx={2}
              className={to >= from ? 'fill-good' : 'fill-bad'}
              opacity={isTotal ? 1 : 0.75}
            />
            <text x={x(Math.max(from, to)) + 7} y={y + 12} className="fill-ink text-[12px] tabular-nums">
              {amountText(value, { sign: true })}
            </text>
          </g>
        )
      })}
    </svg>
  )
}

function stepsOf(parts: readonly Part[], total: Part) {
  let sum = 0
  const steps = parts.map(({ name, value }) => {
    const from = sum
    sum += Number(value)
    return { name, value, from, to: sum, isTotal: false }
  })
  return [...steps, { ...total, from: 0, to: Number(total.value), isTotal: true }]
}

const HOUR_MS = 3_600_000
const isSome = ({ value }: { value: string }) => Number(value) !== 0

/** @param filledShare - of the plan, what is held; left out once it is closed */
export function Profit({
  hedge: { profit, carry, state },
  filledShare,
}: {
  hedge: HedgeDetail
  filledShare: number | undefined
}) {
  const open = state !== 'closed'
  const { realisedAprOnCapital: apr, expectedAprOnCapital } = carry
  const rare = [
    { name: 'Borrow', value: profit.borrowUsdt },
    { name: 'Dust', value: profit.dustUsdt },
  ]
  return (
    <Panel title="Profit by its parts" note={open ? 'USDT, valued now, not closed' : 'USDT, as booked'}>
      <div className="px-3 py-3">
        <Waterfall
          parts={[
            { name: 'Funding', value: profit.fundingUsdt },
            { name: 'Fees', value: profit.feesUsdt },
            { name: 'Basis', value: profit.basisUsdt },
            { name: 'Slippage', value: profit.slippageUsdt },
            ...rare.filter(isSome),
          ]}
          total={{ name: 'Net', value: profit.netUsdt }}
        />
        {open && (
          <p className="mt-1 text-[12px] text-soft">
            Realised {amountText(profit.realisedUsdt, { sign: true })}, open at today’s prices{' '}
            {amountText(profit.unrealisedUsdt, { sign: true })}.
          </p>
        )}
        {profit.inventory.length > 0 && !open && (
          <p className="mt-1 text-[12px] text-soft">
            Dust left: {profit.inventory.map(({ coin, qty }) => `${qtyText(qty)} ${coin}`).join(', ')}
          </p>
        )}
        {profit.measuredShare < 1 && (
          <p className="mt-1 text-[12px] text-soft">
            Slippage is measured on {percentText(profit.measuredShare, { places: 0 })} of the trades; the rest
            is in basis.
          </p>
        )}
      </div>
      <Expected carry={carry} share={filledShare} />
      <p className="border-t border-line px-4 py-2 text-[12px] text-soft">
        {apr === null
          ? 'Too short to annualise'
          : `${percentText(apr, { places: 1, sign: true })} a year on capital`}
        , expected {percentText(expectedAprOnCapital, { places: 1, sign: true })}; held{' '}
        {lengthText(carry.heldHours * HOUR_MS)} of a horizon of {lengthText(carry.horizonHours * HOUR_MS)}.
      </p>
    </Panel>
  )
}

const PART_NAMES: Record<HedgeDetail['carry']['lines'][number]['part'], string> = {
  funding: 'Funding',
  fees: 'Fees',
  basis: 'Basis',
  slippage: 'Slippage',
  borrow: 'Borrow',
  mishaps: 'Missed orders and dust',
  net: 'Net',
}

type ExpectedParts = Pick<HedgeDetail, 'carry'> & { share: number | undefined }

/** The plan's, for as much of it as is held; of a closed one for all of it. Funding by now is of what was really held already. */
function expectedLines({ carry: { lines }, share = 1 }: ExpectedParts) {
  const [funding] = lines
  const scaled = lines.map(({ part, expectedUsdt, expectedSoFarUsdt, realisedUsdt }) => ({
    part,
    realisedUsdt,
    whole: Number(expectedUsdt) * share,
    soFar: Number(expectedSoFarUsdt) * (part === funding?.part ? 1 : share),
  }))
  const soFar = scaled.reduce((sum, line) => sum + (line.part === 'net' ? 0 : line.soFar), 0)
  return scaled.map(line => (line.part === 'net' ? { ...line, soFar } : line))
}

const Expected = ({ carry, share }: ExpectedParts) => (
  <table className="w-full border-t border-line text-[13px]">
    <thead>
      <tr className="border-b border-line text-[12px] text-soft">
        <th scope="col" className="px-4 py-1.5 text-left font-medium">
          {share === undefined
            ? 'Carry, all of the plan'
            : `Carry of the ${percentText(share, { places: 0 })} held`}
        </th>
        <th scope="col" className="num px-3 font-medium">
          Expected in {lengthText(carry.heldHours * HOUR_MS)}
        </th>
        <th scope="col" className="num px-3 font-medium">
          If held {lengthText(carry.horizonHours * HOUR_MS)}
        </th>
        <th scope="col" className="num px-4 font-medium">
          Made
        </th>
      </tr>
    </thead>
    <tbody>
      {expectedLines({ carry, share }).map(({ part, whole, soFar, realisedUsdt }) => (
        <tr
          key={part}
          className={`border-b border-line last:border-0 ${part === 'net' ? 'font-semibold' : ''}`}
        >
          <th scope="row" className="px-4 py-1 text-left font-[inherit]">
            {PART_NAMES[part]}
          </th>
          <td className="num px-3">{amountText(soFar, { sign: true })}</td>
          <td className="num px-3 text-faint">{amountText(whole, { sign: true })}</td>
          <td className="num px-4">
            <Amount value={realisedUsdt} />
          </td>
        </tr>
      ))}
    </tbody>
  </table>
)

/** Costs are stored as what they cost: people read + as received everywhere. */
const received = (costBps: number | null) => (costBps === null ? null : -costBps)

export function Execution({ hedge: { quality } }: { hedge: HedgeDetail }) {
  if (quality.fills === 0) return null
  const { slippageBps, entryShortfallBps, makerRatio, repairs } = quality
  const rows: [name: string, figure: string][] = [
    ['Longest time unhedged', lengthText(quality.legGapMs)],
    ['Unhedged in all', `${amountText(String(quality.unhedgedNotionalSeconds), { places: 0 })} USDT × s`],
    ['Repairs', String(repairs)],
    ['Slippage of the fills', bpsText(received(slippageBps))],
    ['Entry against the plan', bpsText(received(entryShortfallBps))],
    ['Maker share', makerRatio === null ? '–' : percentText(makerRatio, { places: 0 })],
    ['Fees and slippage, of the notional', bpsText(received(quality.costBps))],
    ['The same with four taker fills', bpsText(received(quality.allTakerBps))],
    ['Cost so far', `${amountText(quality.costUsdt)} USDT`],
    ['Estimated for the round trip', `${amountText(quality.expectedCostUsdt)} USDT`],
  ]
  return (
    <Panel title="Execution" note={`by ${routeWords(quality.route).name}; − is a cost`}>
      <dl className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-1 px-4 py-2.5 text-[13px]">
        {rows.map(([name, figure]) => (
          <div key={name} className="contents">
            <dt className="text-soft">{name}</dt>
            <dd className="num">{figure}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  )
}

/** Only what was judged: a person's command or a fault has its own line at the top. */
export function Decided({ hedge: { decisions } }: { hedge: HedgeDetail }) {
  const { opened, closed } = decisions
  if (!opened && !closed) return null
  return (
    <Panel title="Decided" note="UTC">
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 px-4 py-2.5 text-[13px]">
        {opened && <Decision name="Opened" decision={opened} />}
        {closed && <Decision name="Closed" decision={closed} />}
      </dl>
    </Panel>
  )
}

const Decision = ({ name, decision }: { name: string; decision: DecisionRow }) => (
  <>
    <dt className="text-soft">{name}</dt>
    <dd>
      {instantText(decision.atMs)}: {reasonText(decision)}
    </dd>
  </>
)
