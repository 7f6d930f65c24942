/**
 * The sections of the file: strategy, execution and limits give exactly the `Rules` of the domain, with the careful defaults
 * of a small account that pays the highest fees; `account` says where it is registered and what the engine may set on it.
 */
import { z } from 'zod'
import { REGIONS } from '../exchange/bybit/hosts.ts'
import { alerts } from './alerts.ts'
import { execution } from './execution.ts'
import { lengthKey, noted, wholeKey, wordKey } from './keys.ts'
import { limits } from './limits.ts'
import { strategy } from './strategy.ts'

const DAY_MS = 86_400_000

export type AccountRules = z.output<typeof accountKeys>

const accountKeys = z.strictObject({
  region: noted(wordKey(REGIONS, 'global'), {
    about: `The Bybit site the account is registered at, in mode live (one of ${REGIONS.join(', ')})`,
    text: 'global',
  }),
  manage: noted(
    wordKey(['true', 'false'], 'false').transform(word => word === 'true'),
    {
      about:
        'The engine sets leverage, Delta Neutral Mode and price-limit handling itself; otherwise it only says what to change',
      text: 'false',
    },
  ),
  leverage: wholeKey({
    min: 0,
    max: 100,
    unit: 'times',
    or: '0',
    about: 'Leverage that every tracked perpetual must have; 0 leaves it as it is',
  }),
  keyExpiryAlertMs: lengthKey({
    min: DAY_MS,
    max: 365 * DAY_MS,
    or: String(14 * DAY_MS),
    about: 'An API key that expires within this raises an alert',
  }),
})

export const sections = { strategy, execution, limits, account: accountKeys, alerts }
