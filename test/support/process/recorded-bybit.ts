/** A small Bybit that has years of history, gives it by Bybit's pages, and counts who asked for what. */
import { HOUR_MS } from '../../../src/domain/market/funding.ts'
import { builtInUniverse } from '../../../src/exchange/simulator/universe/universe.ts'
import { type LyingBybit, ok, startLyingBybit } from '../exchange/lying-bybit.ts'

export type Truth = {
  nowMs: number
  /** Funding is settled and prices exist from here on. */
  fromMs: number
  /** Instants without a price on spot. */
  spotHoles?: (atMs: number) => boolean
}

const SETTLED_EVERY_MS = 8 * HOUR_MS
const cents = (atMs: number, by: number) => (7_000 + (((atMs / HOUR_MS) * by) % 500)) / 100

export const perpOpen = (atMs: number): string => cents(atMs, 7).toFixed(2)
export const spotOpen = (atMs: number): string => cents(atMs, 11).toFixed(2)
export const rateAt = (atMs: number): string =>
  (((atMs / SETTLED_EVERY_MS) % 19) / 100_000 - 0.00005).toFixed(8).replace(/\.?0+$/, '')

const gridOf = (fromMs: number, toMs: number, everyMs: number): number[] => {
  const first = Math.ceil(fromMs / everyMs)
  return Array.from(
    { length: Math.max(0, Math.ceil(toMs / everyMs) - first) },
    (_, at) => (first + at) * everyMs,
  )
}
export const settlements = (fromMs: number, toMs: number): number[] => gridOf(fromMs, toMs, SETTLED_EVERY_MS)
export const hours = (fromMs: number, toMs: number): number[] => gridOf(fromMs, toMs, HOUR_MS)

export type RecordedBybit = LyingBybit & {
  truth: Truth
  /** Requests for history, of all there were. */
  history: () => string[]
  /** Answers a request for history in place of the truth when it says something. */
  instead: (asked: URL, end: (body: string) => void, cut: () => void) => boolean
}

export async function startRecordedBybit(truth: Truth): Promise<RecordedBybit> {
  const lying = await startLyingBybit()
  const isHistory = (url: string) => /kline|funding/.test(url)
  const recorded: RecordedBybit = Object.assign(lying, {
    truth,
    history: () => lying.requests.map(({ url }) => url).filter(isHistory),
    instead: () => false,
  })
  lying.onRest = ({ url }, response) => {
    const end = (body: string) => response.end(body)
    const asked = new URL(url, lying.rest)
    if (isHistory(url) && recorded.instead(asked, end, () => response.destroy())) return
    end(JSON.stringify(answerOf(asked, recorded.truth)))
  }
  return recorded
}

function answerOf({ pathname, searchParams }: URL, truth: Truth): unknown {
  const asked = (name: string) => searchParams.get(name) ?? ''
  if (pathname === '/v5/market/time') return ok({ timeSecond: '0', timeNano: `${truth.nowMs}000000` })
  if (pathname === '/v5/market/instruments-info') return ok({ list: listed(asked), nextPageCursor: '' })
  const page = (instants: number[], most: number) =>
    instants.slice(-Math.min(Number(asked('limit')) || 200, most)).reverse()
  if (pathname === '/v5/market/funding/history') {
    if (asked('startTime') && !asked('endTime')) return { ...ok(), retCode: 10001, retMsg: 'endTime' }
    const instants = settlements(
      Math.max(truth.fromMs, Number(asked('startTime'))),
      Math.min(truth.nowMs, Number(asked('endTime'))) + 1,
    )
    const row = (atMs: number) => ({
      symbol: asked('symbol'),
      fundingRate: rateAt(atMs),
      fundingRateTimestamp: String(atMs),
    })
    return ok({ category: 'linear', list: page(instants, 200).map(row) })
  }
  const isSpot = asked('category') === 'spot'
  const instants = hours(
    Math.max(truth.fromMs, Number(asked('start'))),
    Math.min(truth.nowMs, Number(asked('end'))) + 1,
  ).filter(atMs => !isSpot || !truth.spotHoles?.(atMs))
  const price = isSpot ? spotOpen : perpOpen
  const row = (atMs: number) => [String(atMs), ...Array(4).fill(price(atMs)), '1', '1']
  return ok({ list: page(instants, 1000).map(row) })
}

function listed(asked: (name: string) => string): unknown[] {
  if (asked('status') !== '') return []
  const isSpot = asked('category') === 'spot'
  return builtInUniverse()
    .listed(isSpot ? 'spot' : 'linear')
    .map(({ instrument }) => instrument.json)
    .concat(
      // A market that is none of the built-in ones.
      builtInUniverse()
        .listed(isSpot ? 'spot' : 'linear')
        .slice(0, 1)
        .map(({ instrument }) => ({
          ...instrument.json,
          symbol: 'NEWCOINUSDT',
          baseCoin: 'NEWCOIN',
        })),
    )
}
