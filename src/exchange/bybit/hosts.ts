/** Where Bybit answers, by environment; in mode sim the simulator's own address takes their place. */
export type WireMode = 'live' | 'testnet' | 'demo' | 'sim'

export type WireUrls = {
  /** `https://host` */
  rest: string
  /** `wss://host`: the paths of the sockets are added. */
  ws: string
}

/** Bybit's own, by environment. */
export const BYBIT_HOSTS: Record<Exclude<WireMode, 'sim'>, WireUrls> = {
  live: { rest: 'https://api.bybit.com', ws: 'wss://stream.bybit.com' },
  testnet: { rest: 'https://api-testnet.bybit.com', ws: 'wss://stream-testnet.bybit.com' },
  demo: { rest: 'https://api-demo.bybit.com', ws: 'wss://stream-demo.bybit.com' },
}
