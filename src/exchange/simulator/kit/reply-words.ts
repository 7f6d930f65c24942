/** What Bybit says with a reply that worked, where it is not "OK": documented path by path, and no two pages agree. */
const WORDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['', ['asset/coin/query-info', 'market/price-limit', 'system/status']],
  [
    'success',
    [
      'account/borrow',
      'account/no-convert-repay',
      'account/query-dcp-info',
      'account/repay',
      'account/set-delta-mode',
      'account/set-limit-px-action',
      'account/smp-group',
      'spot-margin-trade/data',
      'spot-margin-trade/set-auto-repay-mode',
    ],
  ],
  [
    'Success',
    [
      'account/pay-info',
      'account/trade-info-for-analysis',
      'spot-margin-trade/coinstate',
      'spot-margin-trade/flexible-available-inventory',
      'spot-margin-trade/get-auto-repay-mode',
      'spot-margin-trade/liability',
      'spot-margin-trade/max-borrowable',
      'spot-margin-trade/repayment-available-amount',
    ],
  ],
  [
    'SUCCESS',
    ['account/set-collateral-switch', 'account/set-collateral-switch-batch', 'account/set-hedging-mode'],
  ],
])

const BY_PATH: ReadonlyMap<string, string> = new Map(
  [...WORDS].flatMap(([word, paths]) => paths.map(path => [`/v5/${path}`, word] as const)),
)

/** The `retMsg` of a reply with retCode 0. */
export const wordOf = (path: string): string => BY_PATH.get(path) ?? 'OK'
