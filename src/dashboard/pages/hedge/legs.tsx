/** Both legs of an open hedge: what each holds, at which price, and the orders at work. */
import type { Holding, LegHolding, OrderAtWork } from '../../../api/rows/rows.ts'
import { priceText, qtyText } from '../../../wording/figures.ts'
import { facing, orderOf, orderText, routeWords } from '../../../wording/hedges.ts'
import { Amount } from '../../show/amount.tsx'
import { Panel } from '../../show/panel.tsx'

export function LegsPanel({ holding }: { holding: Holding }) {
  const { spot, perp, baseCoin, direction, route, ordersAtWork } = holding
  const { does, ...legs } = facing(direction)
  return (
    <Panel title="Legs" note={`coins of ${baseCoin}; prices in USDT a coin`}>
      <p className="border-b border-line px-4 py-2 text-[13px] text-soft">
        <span className="text-ink">{capital(legs.name)}</span>: {does}. Entered with{' '}
        <span className="text-ink">{routeWords(route).name}</span>: {routeWords(route).does}.
      </p>
      <table className="w-full text-[13px]">
        <thead>
          <tr className="border-b border-line text-[12px] text-soft">
            <th scope="col" className="px-4 py-1.5 text-left font-medium">
              Leg
            </th>
            <th scope="col" className="num px-3 font-medium">
              Coins
            </th>
            <th scope="col" className="num px-3 font-medium">
              Filled at
            </th>
            <th scope="col" className="num px-3 font-medium">
              Price now
            </th>
            <th scope="col" className="num px-3 font-medium">
              Worth USDT
            </th>
            <th scope="col" className="px-4 text-left font-medium">
              Order
            </th>
          </tr>
        </thead>
        <tbody>
          <LegLine name={legs.spot} leg={spot} sign={legs.spotSign} order={orderOf(ordersAtWork, 'spot')} />
          <LegLine name={legs.perp} leg={perp} sign={legs.perpSign} order={orderOf(ordersAtWork, 'perp')} />
        </tbody>
      </table>
      {ordersAtWork.length > 0 && (
        <ul className="border-t border-line px-4 py-2 text-[13px]" aria-label="Orders at work">
          {ordersAtWork.map(order => (
            <li key={order.orderLinkId}>
              <span className="text-soft">{ORDER_LEGS[order.leg]}:</span> {orderText(order)}{' '}
              <span className="font-mono text-[11px] text-faint">{order.orderLinkId}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

const ORDER_LEGS = { spot: 'Spot', perp: 'Perpetual', both: 'Both legs' }

type LegLineParts = { name: string; leg: LegHolding; sign: string; order: OrderAtWork | undefined }

const LegLine = ({ name, leg, sign, order }: LegLineParts) => (
  <tr className="border-b border-line last:border-0">
    <th scope="row" className="px-4 py-2 text-left font-medium">
      {name}
    </th>
    <td className="num live px-3">
      {Number(leg.base) === 0 ? '' : sign}
      {qtyText(leg.base)}
    </td>
    <td className="num px-3">{leg.entryPrice === null ? '–' : priceText(leg.entryPrice)}</td>
    <td className="num live px-3">{leg.price === null ? '–' : priceText(leg.price)}</td>
    <td className="num px-3">
      <Amount value={leg.valueUsdt} plain />
    </td>
    <td className="px-4 leading-tight">
      {order ? (
        <span className="whitespace-nowrap text-accent">{order.rests ? 'rests' : 'in flight'}</span>
      ) : (
        <span className="whitespace-nowrap text-faint">none</span>
      )}
      <span className="block whitespace-nowrap text-[11px] text-faint">{leg.orders} so far</span>
    </td>
  </tr>
)
