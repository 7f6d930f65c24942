/**
 * The sections of the file: strategy, execution and limits give exactly the `Rules` of the domain, with the careful defaults
 * of a small account that pays the highest fees.
 */
import { accountKeys } from './account.ts'
import { alerts } from './alerts.ts'
import { execution } from './execution.ts'
import { limits } from './limits.ts'
import { strategy } from './strategy.ts'

export const sections = { strategy, execution, limits, account: accountKeys, alerts }
