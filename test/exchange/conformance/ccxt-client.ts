/** The independent client ccxt, turned from Bybit's hosts to a simulator's: everything else about it is as it was published. */
import ccxt from 'ccxt'

type Rest = InstanceType<typeof ccxt.bybit>
type Sockets = InstanceType<typeof ccxt.pro.bybit>
export type Keys = { key: string; secret: string }

export const SPOT = 'BTC/USDT'
export const PERP = 'BTC/USDT:USDT'

const settings = ({ key, secret }: Keys) => ({
  apiKey: key,
  secret,
  // The simulator's own limits are what is tested.
  enableRateLimit: false,
  timeout: 10_000,
})

export function restClient(url: string, keys: Keys): Rest {
  return turned(new ccxt.bybit(settings(keys)), url)
}

/** A client of the sockets, its markets loaded. To be closed by the caller. */
export async function socketClient(url: string, keys: Keys): Promise<Sockets> {
  const client = turned(new ccxt.pro.bybit(settings(keys)), url)
  client.urls.api = elsewhere(client.urls.api, url.replace('http', 'ws'))
  // Plain `ws://` is refused before this.
  await client.loadHttpProxyAgent()
  await client.loadMarkets()
  return client
}

function turned<Client extends Rest | Sockets>(client: Client, url: string): Client {
  const rest = Object.fromEntries(['public', 'private', 'spot', 'futures', 'v2'].map(name => [name, url]))
  client.urls.api = { ...(client.urls.api as object), ...rest }
  // Neither inverse contracts nor options are simulated.
  client.options.fetchMarkets = { ...client.options.fetchMarkets, types: ['spot', 'linear'] }
  return client
}

/** Socket addresses with another origin and the same path, which ccxt tells its channels by. */
function elsewhere(addresses: unknown, origin: string): Record<string, unknown> {
  const turn = (value: unknown): unknown => {
    if (typeof value === 'string') return value.replace(/^wss:\/\/[^/]+/, origin)
    return value && typeof value === 'object' ? elsewhere(value, origin) : value
  }
  return Object.fromEntries(Object.entries(addresses as object).map(([name, value]) => [name, turn(value)]))
}
