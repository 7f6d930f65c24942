/** Faults of the line in one process, where requests are whole: a request or its answer is lost, or the answer is late. */

import type { Fault } from '../in-process.ts'
import type { CoreRequest } from '../simulated.ts'
import type { Faults } from './faults.ts'
import { msOf } from './plan.ts'

const CREATE = /^(\/v5\/order\/|order\.)create/
const ORDER = /^(\/v5\/order\/|order\.)(create|amend|cancel)/

/** Puts the faults on a line in this process. */
export const faultyLine =
  (faults: Faults) =>
  ({ via, path }: CoreRequest): Fault => {
    const occasion = { channel: via, what: path } as const
    if (ORDER.test(path) && faults.strikes('lost-request', occasion)) return 'lose-request'
    if (ORDER.test(path) && faults.strikes('lost-ack', occasion)) return 'lose-reply'
    const slow = faults.strikes('slow-reply', occasion)
    const late = slow ?? (CREATE.test(path) ? faults.strikes('fill-before-ack', occasion) : undefined)
    return late ? { lateMs: msOf(late) } : 'none'
  }
