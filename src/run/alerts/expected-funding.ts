/**
 * What the last shown rate promised of each settlement, so that people see funding expected beside funding received.
 * For people only: the books are made from the exchange's rows.
 */
import { Decimal } from 'decimal.js'
import { fundingToShort } from '../../domain/market/funding.ts'
import type { TickerView } from '../../domain/market/market-view.ts'
import { orderQty, type Usdt } from '../../domain/units.ts'
import { livingHedges, readHedge } from '../../views/living-hedges.ts'
import type { Engine } from '../engine.ts'

type Shown = { nextFundingAtMs: number; promisedUsdt: Usdt }

/** A look, to be taken often: tells what was promised for a settlement once its instant has passed. */
export function expectedFunding(engine: Engine): () => void {
  const lastShown = new Map<string, Shown>()
  return () => {
    const nowMs = engine.ports.clock.nowMs()
    const held = shortContracts(engine)
    for (const [symbol, { nextFundingAtMs, promisedUsdt }] of lastShown) {
      if (nowMs < nextFundingAtMs) continue
      engine.ports.telemetry.fundingExpected(symbol, Number(promisedUsdt))
      lastShown.delete(symbol)
    }
    for (const [symbol, contracts] of held) {
      const ticker = engine.board.view(symbol)?.ticker
      if (ticker && ticker.nextFundingAtMs > nowMs) lastShown.set(symbol, shown(ticker, contracts))
    }
    // A hedge that closed before the instant is promised nothing.
    for (const symbol of lastShown.keys()) if (!held.has(symbol)) lastShown.delete(symbol)
  }
}

const shown = ({ nextFundingAtMs, markPrice, fundingRate }: TickerView, contracts: Decimal): Shown => ({
  nextFundingAtMs,
  promisedUsdt: fundingToShort(orderQty(contracts), markPrice, fundingRate),
})

/** By symbol; negative is long. */
function shortContracts({ runtime }: Engine): Map<string, Decimal> {
  const held = new Map<string, Decimal>()
  for (const { context } of livingHedges(runtime)) {
    const { symbol } = context.plan
    const contracts = new Decimal(readHedge(context).shortContracts)
    if (!contracts.isZero()) held.set(symbol, contracts.plus(held.get(symbol) ?? 0))
  }
  return held
}
