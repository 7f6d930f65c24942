/** A named way to break a promise, and the tests that must notice: what `run.ts` applies to a copy of the tree, one at a time. */

export type Sabotage = {
  /** What the engine would then do wrong. */
  name: string
  /** The promise it breaks, by its number in ARCHITECTURE. */
  promise: number
  file: string
  /** Stands exactly once in the file. */
  find: string
  replace: string
  /** Run against the broken copy: at least one of them must go red. */
  caughtBy: readonly string[]
}

export const sabotage = (
  promise: number,
  name: string,
  file: string,
  [find, replace]: readonly [string, string],
  ...caughtBy: readonly string[]
): Sabotage => ({ name, promise, file, find, replace, caughtBy })
