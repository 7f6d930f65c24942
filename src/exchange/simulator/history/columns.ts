/**
 * Which columns say what: the names that exchanges, ccxt and vendors give them, the likeliest first. A table is what its
 * columns make it: settled funding, prices of both legs, candles of one leg, or a stream of tickers with the coming settlement
 * in them. Where the table is silent (its contract, its exchange, its leg), the name of its file may say it.
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

/** What the name of a file says of its table, where the table itself is silent: its contract, its exchange, its leg. */
export type About = { name: string; exchange: string; market: 'spot' | 'perp' | null }

const EXCHANGES = [
  'bybit',
  'binance',
  'okx',
  'okex',
  'bitget',
  'kucoin',
  'gate',
  'gateio',
  'hyperliquid',
  'deribit',
  'kraken',
  'bitmex',
  'htx',
  'huobi',
  'mexc',
  'dydx',
  'bingx',
  'phemex',
]

/** Words of a name, without its endings. */
const wordsOf = (name: string) =>
  name
    .replace(/(\.(csv|tsv|txt|jsonl|ndjson|json|parquet|gz|zip))+(?=$|\/)/gi, '')
    .split(/[^A-Za-z0-9]+/)
    .filter(word => word !== '')

/** The exchange that a name mentions, or ''. */
export const exchangeOf = (name: string): string =>
  wordsOf(name)
    .map(word => word.toLowerCase())
    .find(word => EXCHANGES.includes(word)) ?? ''

const NOT_COINS =
  /^(funding|rates?|history|prices?|klines?|candles?|data|perp|spot|swap|futures?|um|cm|usdm|linear|part-?\d*|[\d]+[hmd]?|hourly|daily|ohlcv)$/i

/** The contract that a name is about: a word such as SOLUSDT, else its first word as a coin. Null when that is no coin. */
export function symbolByName(name: string): string | null {
  const words = wordsOf(name.split('/').at(-1) ?? name)
  const whole = words.find(word => /^[A-Z0-9]{2,20}(USDT|USDC|PERP)$/i.test(word))
  if (whole) return whole.toUpperCase()
  const [first = ''] = words
  const isCoin = /^[A-Z0-9]{2,12}$/i.test(first) && /[A-Z]/i.test(first)
  return isCoin && !NOT_COINS.test(first) && !EXCHANGES.includes(first.toLowerCase())
    ? `${first.toUpperCase()}USDT`
    : null
}

const PERP = /^(perp|perpetual|swap|linear|futures?|um|usdm|usdsm)$/i

/** Which leg candles are about: by a column, by how the contract is written, by the name of the file; null when none says. */
export function legOf({ name, market }: About, cell: string, contract: string): 'spot' | 'perp' | null {
  if (market) return market
  for (const words of [[cell], wordsOf(name)]) {
    if (words.some(word => /^spot$/i.test(word))) return 'spot'
    if (words.some(word => PERP.test(word))) return 'perp'
  }
  return /(:[A-Z]+|[-_]SWAP|[-_]PERP)$/i.test(contract) ? 'perp' : null
}
