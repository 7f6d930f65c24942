/**
 * Which columns say what: the names that exchanges, ccxt and vendors give them, the likeliest first. A table is what its columns
 * make it: settled funding, prices of both legs, candles of one leg, or a stream of tickers with the coming settlement in them.
 */

export type Field =
  | 'time'
  | 'symbol'
  | 'exchange'
  | 'market'
  | 'rate'
  | 'interval'
  | 'open'
  | 'openSpot'
  | 'openPerp'
  | 'settlesAt'
export const FIELDS: readonly Field[] = [
  'time',
  'symbol',
  'exchange',
  'market',
  'rate',
  'interval',
  'open',
  'openSpot',
  'openPerp',
  'settlesAt',
]

/** Compared without case and without anything but letters and digits. */
const NAMES: Readonly<Record<Field, readonly string[]>> = {
  // Bybit, Binance and OKX, Binance's public files, ccxt and Tardis, CryptoDataDownload
  time: [
    'fundingRateTimestamp',
    'fundingTime',
    'calcTime',
    'openTime',
    'startTime',
    'candleBeginTime',
    'unix',
    'unixTimestamp',
    'timestamp',
    'ts',
    'time',
    't',
    'datetime',
    'dateUtc',
    'date',
  ],
  symbol: ['symbol', 'instId', 'instrument', 'instrumentName', 'contract', 'pair', 'coin', 'ticker', 'inst'],
  exchange: ['exchange', 'venue'],
  market: ['market', 'category', 'marketType'],
  // OKX settles at the realized rate; what it calls fundingRate was the estimate.
  rate: ['realizedRate', 'fundingRate', 'lastFundingRate', 'funding', 'rate'],
  interval: [
    'observedIntervalHours',
    'fundingIntervalHours',
    'fundingIntervalHour',
    'intervalHours',
    'interval',
  ],
  open: ['open', 'o', 'openPrice'],
  openSpot: ['openSpot', 'spotOpen', 'spotPrice', 'spot'],
  openPerp: ['openPerp', 'perpOpen', 'perpPrice', 'perp', 'futuresPrice', 'futures', 'swap'],
  settlesAt: ['fundingTimestamp'],
}

export type TableShape = 'funding' | 'prices' | 'candles' | 'tickers'
export type Columns = { kind: TableShape; at: Partial<Record<Field, number>> }

/** What a table must have to be read, for people. */
export const KNOWN_TABLES =
  'funding (an instant and a rate), prices (an instant, open_spot and open_perp) or candles (an instant and an open)'

const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '')

/** @param map - columns named by a person, before any known name */
export function columnsOf(
  names: readonly string[],
  map: Partial<Record<Field, string>> = {},
): Columns | undefined {
  const found = names.map(plain)
  const at: Columns['at'] = {}
  for (const field of FIELDS) {
    const wanted = map[field] === undefined ? NAMES[field].map(plain) : [plain(map[field])]
    const column = wanted.map(name => found.indexOf(name)).find(place => place >= 0)
    if (column !== undefined) at[field] = column
  }
  const kind = kindOf(at)
  return kind && { kind, at }
}

function kindOf(at: Columns['at']): TableShape | undefined {
  const has = (...fields: Field[]) => fields.every(field => at[field] !== undefined)
  if (has('settlesAt', 'time', 'rate')) return 'tickers'
  if (has('time', 'openSpot', 'openPerp')) return 'prices'
  if (has('time', 'rate')) return 'funding'
  return has('time', 'open') ? 'candles' : undefined
}
