/** What a hedge of a symbol would bring if it were opened now, line by line, and what is made of that. */
import type { Opportunity } from '../../api/rows/books.ts'
import {
  amountText,
  bpsText,
  countText,
  lengthText,
  paybackText,
  percentText,
} from '../../wording/figures.ts'
import { facing, routeWords } from '../../wording/hedges.ts'
import { Amount } from '../show/amount.tsx'
import { Empty, Panel } from '../show/panel.tsx'

type Carry = NonNullable<Opportunity['carry']>

export function CarryPanel({ judged }: { judged: Opportunity }) {
  const { carry } = judged
  return (
    <Panel
      title="If it were hedged now"
      note={
        carry
          ? `${facing(carry.direction).name}, ${routeWords(carry.route).name}, ${amountText(carry.notionalUsdt, { places: 0 })} USDT, if held ${lengthText(carry.horizonHours * 3_600_000)}`
          : undefined
      }
    >
      {carry ? <Lines carry={carry} /> : <Empty>No sum was made: what it needs is not there.</Empty>}
    </Panel>
  )
}

function Lines({ carry }: { carry: Carry }) {
  const lines: [name: string, value: string, note?: string][] = [
    ['Expected funding', carry.fundingUsdt, countText(carry.settlements, 'settlement')],
    ['Basis and slippage', carry.basisUsdt, basisNote(carry)],
    ['Fees of four fills', carry.feesUsdt, routeWords(carry.route).name],
    ['Adverse moves', carry.adverseUsdt, 'of resting orders, and between the two fills'],
    ['Orders that miss', carry.escalationUsdt, 'and must be priced further away'],
    ['Borrow interest', carry.borrowUsdt],
    ['USDT interest', carry.interestUsdt, 'expected on a negative USDT balance'],
    ['Orphan leg', carry.orphanUsdt, 'probability times cost'],
  ]
  const shown = lines.filter(([, value], at) => at < 3 || Number(value) !== 0)
  return (
    <>
      <table className="w-full text-[13px]">
        <thead className="sr-only">
          <tr>
            <th scope="col">Part</th>
            <th scope="col">USDT</th>
            <th scope="col">Note</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(([name, value, note]) => (
            <Line key={name} name={name} value={value} note={note} />
          ))}
          <tr className="border-b border-line font-semibold">
            <th scope="row" className="px-4 py-1.5 text-left">
              Net carry, USDT
            </th>
            <td className="num px-3">
              <Amount value={carry.netUsdt} />
            </td>
            <td className="px-4 text-[12px] font-normal text-faint">
              of {amountText(carry.capitalUsdt, { places: 0 })} of capital
            </td>
          </tr>
          <Line
            name="May be less by"
            value={carry.allowanceUsdt}
            note={`for what its past does not tell of ${lengthText(carry.horizonHours * 3_600_000)}`}
          />
        </tbody>
      </table>
      <p className="border-t border-line px-4 py-2 text-[13px] text-soft">
        <span className="live text-ink">{percentText(carry.aprOnCapital, { places: 1, sign: true })}</span> a
        year on capital; after the allowance, which decides,{' '}
        <strong className="live text-ink">{percentText(carry.cautiousApr, { places: 1, sign: true })}</strong>
        . It {paybackText(carry)}. Funding now is{' '}
        <span className="live">{percentText(carry.fundingApr, { places: 1, sign: true })}</span> a year on
        notional, before costs.
      </p>
    </>
  )
}

const basisNote = ({ entryBasisBps, exitBasisBps }: Carry): string =>
  `in at ${bpsText(entryBasisBps)}, out at ${bpsText(exitBasisBps)}`

type LineParts = { name: string; value: string; note: string | undefined }

const Line = ({ name, value, note }: LineParts) => (
  <tr className="border-b border-line last:border-0">
    <th scope="row" className="px-4 py-1 text-left font-normal text-soft">
      {name}
    </th>
    <td className="num px-3">
      <Amount value={value} digits={4} />
    </td>
    <td className="px-4 text-[12px] text-faint">{note}</td>
  </tr>
)
