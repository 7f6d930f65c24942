/**
 * The sections of the file: strategy, execution and limits give exactly the `Rules` of the domain, with the careful defaults
 * of a small account that pays the highest fees.
 */
import { alerts } from './config-alerts.ts'
import { execution } from './config-execution.ts'
import { limits } from './config-limits.ts'
import { strategy } from './config-strategy.ts'

export const sections = { strategy, execution, limits, alerts }
