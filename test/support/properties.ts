/** Before each file: how properties draw. The gate draws the same cases each time, the long run new ones and more of them. */
import fc from 'fast-check'
import { inject } from 'vitest'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The run has the time for the whole of it. */
    thorough: boolean
    propertySeed: number
  }
}

fc.configureGlobal({ seed: inject('propertySeed') })

/** Parameters of a property that is to hold for `numRuns` cases; the gate tries a fifth of them. */
export const often = (numRuns: number): { numRuns: number } => ({
  numRuns: inject('thorough') ? numRuns : Math.ceil(numRuns / 5),
})
