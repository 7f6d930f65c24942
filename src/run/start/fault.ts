/** Why the engine did not start, in one message that names what to change. The command line prints it and exits with 1. */
export class StartFault extends Error {
  override name = 'StartFault'
}

/** Passes a failure on as a StartFault. For failures whose message says all: a stack would only hide it. */
export const asStartFault =
  (before = '') =>
  (error: unknown): never => {
    throw new StartFault(before + (error instanceof Error ? error.message : String(error)), { cause: error })
  }
