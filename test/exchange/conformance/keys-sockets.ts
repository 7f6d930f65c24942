/** What the simulator's sockets say for themselves: acknowledgements, pongs, answers to orders, and pushes as they leave the wire. */
import type { Json, JsonObject } from '../../../src/domain/json.ts'
import { createSimulatedBybit } from '../../../src/exchange/simulator/create.ts'
import { SIMULATOR_KEY, SIMULATOR_SECRET } from '../../../src/exchange/simulator/server/accounts.ts'
import type { CoreFactory } from '../../../src/exchange/simulator/server/options.ts'
import { builtInUniverse } from '../../../src/exchange/simulator/universe/universe.ts'
import { ask, auth, connect, start } from '../../support/exchange/simulator-server-fixture.ts'

const universe = builtInUniverse(['BTCUSDT'])
const core: CoreFactory = start => createSimulatedBybit({ ...start, universe })

type Server = Awaited<ReturnType<typeof start>>
type Peer = Awaited<ReturnType<typeof connect>>
type Said = Map<string, Json[]>

const any = () => true
const isAck = (message: JsonObject | Record<string, unknown>) => 'success' in message || message.op === 'pong'

async function say(said: Said, peer: Peer, name: string, message: object, fits = isAck): Promise<void> {
  peer.send(message)
  said.set(name, [(await peer.next(fits)) as unknown as Json])
}

async function ofPublic(said: Said, server: Server): Promise<void> {
  for (const category of ['spot', 'linear']) {
    const peer = await connect(server, `/v5/public/${category}`)
    const topics = { op: 'subscribe', args: ['kline.1.BTCUSDT'] }
    await say(said, peer, `${category} subscribed`, topics)
    await say(said, peer, `${category} subscribed by id`, { ...topics, req_id: '10001' })
    await say(said, peer, `${category} refused`, { ...topics, args: ['no.such.topic'] })
    await say(said, peer, `${category} pong`, { op: 'ping' })
    peer.close()
  }
}

async function ofPrivate(said: Said, server: Server): Promise<Peer> {
  const peer = await connect(server, '/v5/private')
  await say(said, peer, 'private refused', { ...auth(server, server.nowMs() + 5000, 'a guess') })
  await say(said, peer, 'private authenticated', auth(server, server.nowMs() + 5000))
  await say(said, peer, 'private authenticated by id', {
    ...auth(server, server.nowMs() + 5000),
    req_id: '10001',
  })
  const topics = ['order', 'execution', 'position', 'wallet', 'execution.fast']
  await say(said, peer, 'private subscribed', { op: 'subscribe', args: topics })
  await say(said, peer, 'private subscribed by id', { op: 'subscribe', args: topics, req_id: '10001' })
  await say(said, peer, 'private pong', { op: 'ping' })
  await say(said, peer, 'private pong by id', { op: 'ping', req_id: '10001' })
  return peer
}

async function ofTrade(said: Said, server: Server): Promise<void> {
  const parallelOrder = await connect(server, '/v5/trade')
  const named = { ...auth(server, server.nowMs() + 5000), reqId: 'mine' }
  await say(said, parallelOrder, 'trade authenticated by id', named, any)
  parallelOrder.close()
  const peer = await connect(server, '/v5/trade')
  await say(said, peer, 'trade authenticated', auth(server, server.nowMs() + 5000), any)
  await say(said, peer, 'trade pong', { op: 'ping' }, any)
  let count = 0
  const order = async (name: string, op: string, args: JsonObject) => {
    const header = { 'X-BAPI-TIMESTAMP': String(server.nowMs()), 'X-BAPI-RECV-WINDOW': '8000' }
    const reqId = name.endsWith('nameless') ? {} : { reqId: `r${++count}` }
    await say(
      said,
      peer,
      name.replace(' nameless', ''),
      { ...reqId, header, op: `order.${op}`, args: [args] },
      any,
    )
  }
  const resting = {
    category: 'linear',
    symbol: 'BTCUSDT',
    side: 'Buy',
    orderType: 'Limit',
    qty: '0.001',
    price: '10',
  }
  const low = await bandLow(server)
  await order('trade created', 'create', { ...resting, price: low })
  await order('trade amended', 'amend', {
    category: 'linear',
    symbol: 'BTCUSDT',
    orderId: orderIdOf(said),
    qty: '0.002',
  })
  await order('trade cancelled', 'cancel', {
    category: 'linear',
    symbol: 'BTCUSDT',
    orderId: orderIdOf(said),
  })
  const request = ['a', 'b', 'c'].map(orderLinkId => ({ ...resting, qty: '0', orderLinkId }))
  await order('trade batch refused nameless', 'create-batch', { category: 'linear', request })
  await order('trade filled', 'create', { ...resting, orderType: 'Market', qty: '0.002', orderLinkId: 'two' })
  peer.close()
}

function orderIdOf(said: Said): string {
  const [reply] = said.get('trade created') as unknown as { data: { orderId: string } }[]
  return reply?.data.orderId ?? ''
}

async function bandLow(server: Server): Promise<string> {
  const reply = await fetch(`${server.url}/v5/market/price-limit?category=linear&symbol=BTCUSDT`)
  const { result } = (await reply.json()) as { result: { sellLmt: string } }
  return result.sellLmt
}

/** Everything by name, from one server with one account. */
export async function heardOnSockets(): Promise<Said> {
  const said: Said = new Map()
  const server = await start({
    core,
    keys: [{ key: SIMULATOR_KEY, secret: SIMULATOR_SECRET }],
    balance: '100000',
  })
  await ofPublic(said, server)
  const peer = await ofPrivate(said, server)
  await ofTrade(said, server)
  said.set('push execution.fast', [
    (await peer.next(({ topic }) => topic === 'execution.fast')) as unknown as Json,
  ])
  const key = await ask(server, '/v5/user/query-api')
  said.set('user/query-api', [(await key.json()) as Json])
  return said
}
