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

/** Sites an account may be registered at: each has hosts of its own. Source: v5/guide, websocket/wss-authentication. */
export const REGIONS = ['global', 'bytick', 'eu', 'nl', 'tr', 'kz', 'ge', 'ae', 'id', 'jp'] as const
export type Region = (typeof REGIONS)[number]

const site = (domain: string, stream = domain): WireUrls => ({
  rest: `https://api.${domain}`,
  ws: `wss://stream.${stream}`,
})

/** Of the sites for which Bybit names no stream of their own, the global one serves. */
const REGION_HOSTS: Record<Region, WireUrls> = {
  global: BYBIT_HOSTS.live,
  bytick: site('bytick.com', 'bybit.com'),
  eu: site('bybit.eu'),
  nl: site('bybit.nl', 'bybit.com'),
  tr: site('bybit.tr'),
  kz: site('bybit.kz'),
  ge: site('bybitgeorgia.ge'),
  ae: site('bybit.ae', 'bybit.com'),
  id: site('bybit.id'),
  jp: site('manepa.jp'),
}

/** Where the real exchange answers, by the site the account is registered at. Testnet and demo have one host each. */
export const hostsOf = (mode: Exclude<WireMode, 'sim'>, region: Region): WireUrls =>
  mode === 'live' ? REGION_HOSTS[region] : BYBIT_HOSTS[mode]
