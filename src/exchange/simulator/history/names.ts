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
