/** The rows that are held against a floor, by name: a whole run finds exactly these, and the committed result holds them. */
export const ROWS: readonly string[] = [
  'a ticker, onto a board of 650',
  'a best level, onto a board of 650',
  'a book, onto a board of 650',
  'any push, onto a board of 650',
  'any push, its bytes not understood, onto a board of 650',
  'a whole entry judgement, books of 50 levels',
  'a look at a symbol of 306 that cannot tempt',
  'loop delay p99, 306 symbols judged without a pause',
  "a public message behind the SDK's socket, 650 symbols, 6500 a second",
  ...[1, 100, 1000].flatMap(actors => [
    `durable transitions, ${actors} actors`,
    `p99 of a durable transition, ${actors} actors`,
    `processor time of a durable transition, ${actors} actors`,
  ]),
  'a simulated day with faults',
  'an exact backtest of one symbol, 196 days, by 7 of them',
  'screening, 300 symbols, 3 years hourly, 7.9 M rows',
  '20 pushes to each of 10 to 1,000 symbols: the exponent of the cost',
  '1 to 3,000 hedges from rows to running actors: the exponent of the cost',
  'screening of 1e5 to 1e7 rows: the exponent of the cost',
]
