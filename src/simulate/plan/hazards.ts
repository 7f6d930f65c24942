/**
 * What befalls an account around its orders: small deposits, rights that go, hands in hedged symbols, refusals for good, quiet
 * endpoints, late rows. Each is a hazard with a name; a day draws some of them, each from a chance of its own.
 */
import type { Market } from '../../domain/instrument.ts'
import type { Happening } from '../../exchange/simulator/events/agenda-shape.ts'
import { type Chance, chanceOf } from './chance.ts'
import type { PlannedFault, SpotRefused } from './events.ts'
import { baseCoinOf } from './happenings.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

type Span = { fromMs: number; calmAtMs: number }

/** What a hazard adds to a day. */
type Drawn = {
  balanceUsdt?: string
  happenings?: Happening[]
  /** With windows from the beginning of the day. */
  faults?: PlannedFault[]
  /** While nobody could trade, whatever the engine does: how long legs stand apart then is not its doing. */
  barred?: { fromMs: number; untilMs: number }[]
  spotRefused?: SpotRefused[]
}

type Draw = (chance: Chance, span: Span, symbols: readonly string[]) => Drawn
type Hazard = {
  /** In how many of ten days. */
  inTen: number
  draw: Draw
}

/** The key that the engine of a day signs with; another's are not touched. */
export const ENGINE_KEY = 'engine'

const pick = (chance: Chance, symbols: readonly string[]) =>
  chance.pick(symbols as unknown as [string, ...string[]])
/** An instant once the engine trades, and long enough before the calm. */
const instant = (chance: Chance, { fromMs, calmAtMs }: Span, beforeCalmMs = HOUR_MS) =>
  Math.round(chance.between(fromMs + 10 * MINUTE_MS, calmAtMs - beforeCalmMs))
/** A window of some length in the day. */
function windowOf(chance: Chance, span: Span, lowMs: number, highMs: number) {
  const fromMs = instant(chance, span, 2 * HOUR_MS)
  const untilMs = fromMs + Math.round(chance.between(lowMs, Math.min(highMs, HOUR_MS)))
  return { fromMs, untilMs, fault: { fromMs: fromMs - span.fromMs, untilMs: untilMs - span.fromMs } }
}

const hand =
  (share: (chance: Chance) => number): Draw =>
  (chance, span, symbols) => {
    const market = chance.pick(['spot', 'linear'] as const)
    const perp = pick(chance, symbols)
    const symbol = market === 'spot' ? `${baseCoinOf(perp)}USDT` : perp
    return {
      happenings: [{ kind: 'hand', market, symbol, atMs: instant(chance, span), share: share(chance) }],
    }
  }

/** Something is changed about the key or the account, and changed back. */
const changed =
  (to: (chance: Chance) => Partial<Happening>, back: Partial<Happening>): Draw =>
  (chance, span) => {
    const { fromMs, untilMs } = windowOf(chance, span, MINUTE_MS, HOUR_MS)
    return {
      happenings: [{ ...to(chance), atMs: fromMs } as Happening, { ...back, atMs: untilMs } as Happening],
      barred: [{ fromMs, untilMs: untilMs + MINUTE_MS }],
    }
  }

const key = { kind: 'key', key: ENGINE_KEY } as const
type Refusal = { market: Market; opening?: boolean; retCode: number }
const REFUSALS: readonly [Refusal, ...Refusal[]] = [
  { market: 'linear', opening: true, retCode: 110090 },
  { market: 'linear', opening: true, retCode: 10024 },
  { market: 'linear', opening: true, retCode: 10005 },
  { market: 'linear', opening: true, retCode: 10001 },
  { market: 'spot', retCode: 10024 },
  { market: 'spot', retCode: 170131 },
]

const HAZARDS = {
  'small deposit': {
    inTen: 4,
    draw: chance => ({ balanceUsdt: chance.pick(['200', '500', '1000', '3000', '6000']) }),
  },
  'hand closes a leg': {
    inTen: 3,
    draw: hand(chance => chance.pick([0.3, 1])),
  },
  'hand trades beyond the hedge': {
    inTen: 2,
    draw: hand(() => 2),
  },
  'hand closes both legs': {
    inTen: 1.5,
    draw(chance, span, symbols) {
      const perp = pick(chance, symbols)
      const both = { kind: 'hand', atMs: instant(chance, span), share: 1 } as const
      const spot = { ...both, market: 'spot', symbol: `${baseCoinOf(perp)}USDT` } as const
      return { happenings: [{ ...both, market: 'linear', symbol: perp }, spot] }
    },
  },
  airdrop: {
    inTen: 3,
    draw(chance, span, symbols) {
      const amount = chance.pick(['0.00000012', '0.004', '0.3'])
      const coin = baseCoinOf(pick(chance, symbols))
      return { happenings: [{ kind: 'transfer', coin, amount, atMs: instant(chance, span) }] }
    },
  },
  'key may do less': {
    inTen: 1.5,
    draw: changed(
      chance => ({
        ...key,
        ...chance.pick<Partial<Happening>>([{ readOnly: true }, { spot: false }, { contract: false }]),
      }),
      { ...key, readOnly: false, spot: true, contract: true },
    ),
  },
  'key opens nothing': {
    inTen: 1.5,
    draw: changed(chance => ({ ...key, refusedWith: chance.pick([33004, 10003, 10005, 10010] as const) }), {
      ...key,
      refusedWith: 0,
    }),
  },
  'isolated margin': {
    inTen: 1,
    draw: changed(() => ({ kind: 'account', marginMode: 'ISOLATED_MARGIN' }), {
      kind: 'account',
      marginMode: 'REGULAR_MARGIN',
    }),
  },
  'hedge mode': {
    inTen: 0.5,
    draw: changed(() => ({ kind: 'account', positionMode: 'hedge' }), {
      kind: 'account',
      positionMode: 'one-way',
    }),
  },
  'refused for good': {
    inTen: 2.5,
    draw(chance, span, symbols) {
      const rule = chance.pick(REFUSALS)
      const perp = pick(chance, symbols)
      const symbol = rule.market === 'spot' ? `${baseCoinOf(perp)}USDT` : perp
      const atMs = instant(chance, span)
      const untilMs = span.calmAtMs
      const spotRefused = rule.market === 'spot' ? [{ symbol: perp, fromMs: atMs, untilMs }] : []
      return { happenings: [{ kind: 'refuse', ...rule, symbol, atMs, untilMs }], spotRefused }
    },
  },
  'quiet collateral': {
    inTen: 3,
    draw(chance, span) {
      const { fault } = windowOf(chance, span, 5 * MINUTE_MS, HOUR_MS)
      return {
        faults: [
          '/v5/spot-margin-trade/collateral',
          '/v5/account/collateral-info',
          '/v5/market/risk-limit',
        ].map(what => ({ name: 'server-error' as const, what, ...fault })),
      }
    },
  },
  'late rows': {
    inTen: 5,
    draw: (chance, { fromMs, calmAtMs }) => ({
      faults: [
        {
          name: 'late-row',
          rate: chance.pick([0.02, 0.1, 0.3]),
          ms: chance.pick([20 * SECOND_MS, 3 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS]),
          untilMs: calmAtMs - fromMs,
        },
      ],
    }),
  },
  'stuck topic': {
    inTen: 3,
    draw(chance, span, symbols) {
      const what = `${chance.pick(['tickers.', 'orderbook.'] as const)}`
      const { fault } = windowOf(chance, span, HOUR_MS, HOUR_MS)
      const heals = chance.pick(['subscription', 'connection'] as const)
      const times = chance.whole(1, symbols.length)
      return { faults: [{ name: 'stuck-topic', what, heals, times, ...fault }] }
    },
  },
  'silent public streams': {
    inTen: 2,
    draw(chance, span) {
      const { fault, fromMs, untilMs } = windowOf(chance, span, 10 * SECOND_MS, 20 * MINUTE_MS)
      return { faults: [{ name: 'silent-public', ...fault }], barred: [{ fromMs, untilMs }] }
    },
  },
  'unreadable coin': {
    inTen: 2,
    draw: (chance, span) => ({
      happenings: [{ kind: 'transfer', coin: 'MNT', amount: '0.00000012', atMs: instant(chance, span) }],
      faults: [
        {
          name: 'altered-row',
          where: { coin: 'MNT' },
          set: { walletBalance: '1.2E-7' },
          untilMs: span.calmAtMs - span.fromMs,
        },
      ],
    }),
  },
  'empty list of instruments': {
    inTen: 1.5,
    draw(chance, span) {
      const { fault } = windowOf(chance, span, MINUTE_MS, HOUR_MS)
      return { faults: [{ name: 'empty-list', what: '/v5/market/instruments-info', ...fault }] }
    },
  },
  'address barred': {
    inTen: 1,
    draw(chance, span) {
      const { fault, fromMs } = windowOf(chance, span, HOUR_MS, HOUR_MS)
      // Bybit's ten minutes, begun at a request of the window.
      const barred = [{ fromMs, untilMs: fromMs + 20 * MINUTE_MS }]
      return { faults: [{ name: 'forbidden-burst', times: 1, ...fault }], barred }
    },
  },
  'spot market delisted': {
    inTen: 0.8,
    draw(chance, span, symbols) {
      const symbol = `${baseCoinOf(pick(chance, symbols))}USDT`
      const atMs = instant(chance, { ...span, fromMs: span.fromMs + 3 * HOUR_MS })
      return { happenings: [{ kind: 'delisting', market: 'spot', symbol, atMs }] }
    },
  },
  'basis spike': {
    inTen: 4,
    draw(chance, span, symbols) {
      const atMs = instant(chance, span)
      const premium = chance.between(0.01, 0.03) * chance.pick([1, -1])
      const untilMs = atMs + chance.whole(3, 12) * SECOND_MS
      return { happenings: [{ kind: 'spike', symbol: pick(chance, symbols), atMs, premium, untilMs }] }
    },
  },
  'two coins of one name': {
    inTen: 0.5,
    draw: (chance, { fromMs }, symbols) => ({
      happenings: [
        {
          kind: 'apart',
          symbol: pick(chance, symbols),
          atMs: fromMs + SECOND_MS,
          ratio: chance.pick([1.5, 0.1, 0.6]),
        },
      ],
    }),
  },
  'fees in MNT': {
    inTen: 1.5,
    draw: (chance, { fromMs }) => ({
      happenings: [
        { kind: 'transfer', coin: 'MNT', amount: chance.pick(['2', '50']), atMs: fromMs + SECOND_MS },
        { kind: 'account', mntFees: true, atMs: fromMs + SECOND_MS },
      ],
    }),
  },
} satisfies Readonly<Record<string, Hazard>>

export type HazardName = keyof typeof HAZARDS
export const HAZARD_NAMES = Object.keys(HAZARDS) as HazardName[]

/** @param asked - the hazards a day may have; those it has come out, each with what it adds */
export function drawHazards(
  seed: number,
  span: Span,
  symbols: readonly string[],
  asked: readonly HazardName[],
): { name: HazardName; drawn: Drawn }[] {
  return HAZARD_NAMES.flatMap((name, at) => {
    if (!asked.includes(name)) return []
    const chance = chanceOf(seed, 200 + at)
    const { inTen, draw } = HAZARDS[name] as Hazard
    return chance.isLucky(inTen / 10) ? [{ name, drawn: draw(chance, span, symbols) }] : []
  })
}
