/** What was measured on 2,142 book deltas of Bybit's own stream holds on the simulator's wire too. */
import { expect, test } from 'vitest'
import { createSimulatedBybit } from '../../../../src/exchange/simulator/create.ts'
import { closeAfterEach, connect, start } from '../../../support/exchange/simulator-server-fixture.ts'

closeAfterEach()

type Rows = [price: string, size: string][]
type BookMessage = { type: string; data: { b: Rows; a: Rows; u: number; seq: number } }
const DELTAS = 40

/** A client's book, and what was wrong with the messages it was built from. */
function bookKeeper(depth: number) {
  const sides = { b: new Map<string, string>(), a: new Map<string, string>() }
  const faults: string[] = []
  let [u, seq] = [0, 0]
  const change = (side: 'b' | 'a', [price, size]: [string, string]) => {
    if (size !== '0') sides[side].set(price, size)
    else if (!sides[side].delete(price)) faults.push(`removed ${price}, which was not there`)
    if (Number(size) === 0 && size !== '0') faults.push(`size ${size} is no removal`)
  }
  return {
    faults,
    hear({ type, data }: BookMessage) {
      if (type === 'snapshot') for (const side of [sides.b, sides.a]) side.clear()
      else if (data.u !== u + 1 || data.seq <= seq)
        faults.push(`u ${u} to ${data.u}, seq ${seq} to ${data.seq}`)
      ;[u, seq] = [data.u, data.seq]
      for (const side of ['b', 'a'] as const) for (const row of data[side]) change(side, row)
      const [bid, ask] = [
        Math.max(...[...sides.b.keys()].map(Number)),
        Math.min(...[...sides.a.keys()].map(Number)),
      ]
      if (bid >= ask) faults.push(`crossed: ${bid} >= ${ask}`)
      if (sides.b.size !== depth || sides.a.size !== depth)
        faults.push(`levels: ${sides.b.size} and ${sides.a.size}`)
    },
  }
}

test.each(['linear', 'spot'])(
  '%s books: u + 1, seq up, never crossed, removals exist, exact depth',
  async category => {
    const server = await start({ core: createSimulatedBybit, speed: 60 })
    const socket = await connect(server, `/v5/public/${category}`)
    socket.send({ op: 'subscribe', args: ['orderbook.50.BTCUSDT'] })
    const keeper = bookKeeper(50)
    const types: string[] = []
    while (types.length <= DELTAS) {
      const message = (await socket.next(({ topic }) => topic !== undefined)) as unknown as BookMessage
      types.push(message.type)
      keeper.hear(message)
    }
    expect(keeper.faults).toEqual([])
    expect(types.lastIndexOf('snapshot')).toBe(0)
  },
)
