/**
 * What the bytes of a public frame tell before it is parsed. Only frames of exactly the form Bybit sends are read so, from the first
 * byte to the last; whatever differs in anything is answered with undefined, and is parsed as JSON.
 * https://bybit-exchange.github.io/docs/v5/websocket/public/ticker, /orderbook
 */

import { DecimalReader } from './level-row.ts'

/** Of an orderbook.1 frame; a side that is empty has neither price nor size. */
export type BestLevels = {
  atMs: number
  bid: string | undefined
  bidQty: string | undefined
  ask: string | undefined
  askQty: string | undefined
}

const TOPIC = '{"topic":"'
const LEVEL = String.raw`(?:\["([\d.]+)","([\d.]+)"\])?`
const BEST = new RegExp(
  String.raw`^\{"topic":"orderbook\.1\.[\w-]+","type":"snapshot","ts":([1-9]\d{12}),` +
    String.raw`"data":\{"s":"[\w-]+","b":\[${LEVEL}\],"a":\[${LEVEL}\],"u":\d+,"seq":\d+\}(?:,"cts":\d+)?\}$`,
)

/** The topic of a frame that begins with it. */
export function topicOf(text: string): string | undefined {
  if (!text.startsWith(TOPIC)) return undefined
  const end = text.indexOf('"', TOPIC.length)
  return end < 0 ? undefined : text.slice(TOPIC.length, end)
}

/** The best levels of a whole orderbook.1 frame. */
export function bestLevelsOf(text: string): BestLevels | undefined {
  const found = BEST.exec(text)
  if (!found) return undefined
  const [, atMs, bid, bidQty, ask, askQty] = found
  return { atMs: Number(atMs), bid, bidQty, ask, askQty }
}

/** Of a delta of a deep book: where its bids begin and its asks end. */
type BookFrame = { atMs: number; update: number; bidsAt: number; endAt: number }

const BOOK_HEAD =
  /^\{"topic":"orderbook\.\d+\.[\w-]+","type":"delta","ts":([1-9]\d{12}),"data":\{"s":"[\w-]+","b":\[/
const BOOK_END = ',"u":'
const BOOK_TAIL = /,"u":(\d{1,15}),"seq":\d+\}(?:,"cts":\d+)?\}$/y

/** A delta of a deep book, but for its levels, which nobody has read yet. */
export function bookFrameOf(text: string): BookFrame | undefined {
  const head = BOOK_HEAD.exec(text)
  const endAt = text.lastIndexOf(BOOK_END)
  if (!head || endAt < 0) return undefined
  BOOK_TAIL.lastIndex = endAt
  const tail = BOOK_TAIL.exec(text)
  return tail ? { atMs: Number(head[1]), update: Number(tail[1]), bidsAt: head[0].length, endAt } : undefined
}

/** When a delta of a ticker was sent, and what of the fields of interest it changes, as text. */
type TickerFrame = { atMs: number; changes: Readonly<Record<string, string>> | undefined }

const TICKER_TOPIC = `${TOPIC}tickers.`
const TICKER_DATA = '","type":"delta","data":{"symbol":"'
const [QUOTE, COMMA, COLON] = [34, 44, 58]

/**
 * Reads deltas of tickers for these fields.
 * @returns undefined for any other frame, and for one in which topic and data are not of the same symbol
 */
export function tickerFrames(fields: readonly string[]): (text: string) => TickerFrame | undefined {
  const byLength: string[][] = []
  for (const name of [...fields, 'symbol']) byLength[name.length] = [...(byLength[name.length] ?? []), name]

  return text => {
    let at = fieldsAt(text)
    // An escape would hide what is written.
    if (at < 0 || text.includes('\\')) return undefined
    let changes: Record<string, string> | undefined
    // A field is ,"name":"value" and nothing else.
    while (text.charCodeAt(at) === COMMA && text.charCodeAt(at + 1) === QUOTE) {
      const nameEnd = text.indexOf('"', at + 2)
      const valueEnd = text.indexOf('"', nameEnd + 3)
      if (text.charCodeAt(nameEnd + 1) !== COLON || text.charCodeAt(nameEnd + 2) !== QUOTE) return undefined
      const known = byLength[nameEnd - at - 2]
      const name = known && nameIn(known, text, at + 2)
      if (name === 'symbol' || valueEnd < 0) return undefined
      if (name !== undefined) {
        changes ??= {}
        changes[name] = text.slice(nameEnd + 3, valueEnd)
      }
      at = valueEnd + 1
    }
    const atMs = timeAtEnd(text, at)
    return atMs === undefined ? undefined : { atMs, changes }
  }
}

/** Where the fields behind the symbol begin; below 0 for no delta of one symbol. */
function fieldsAt(text: string): number {
  const topicEnd = text.indexOf('"', TICKER_TOPIC.length)
  if (!text.startsWith(TICKER_TOPIC) || !text.startsWith(TICKER_DATA, topicEnd)) return -1
  let [named, told] = [TICKER_TOPIC.length, topicEnd + TICKER_DATA.length]
  // The quote that ends both is compared with the rest.
  while (named <= topicEnd) if (text.charCodeAt(named++) !== text.charCodeAt(told++)) return -1
  return told
}

const instants = new DecimalReader()

/** The time of a frame whose data ends at `at`; undefined when what follows is not the end of a ticker's frame. */
function timeAtEnd(text: string, at: number): number | undefined {
  instants.at = at
  if (!instants.skip(text, '}')) return undefined
  if (instants.skip(text, ',"cs":') && !instants.readWhole(text)) return undefined
  if (!instants.skip(text, ',"ts":') || !instants.readWhole(text)) return undefined
  const { value, isExact } = instants
  return isExact && value > 0 && instants.skip(text, '}') && instants.at === text.length ? value : undefined
}

function nameIn(names: readonly string[], text: string, at: number): string | undefined {
  for (const name of names) if (text.startsWith(name, at)) return name
  return undefined
}
