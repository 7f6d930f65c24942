/** Every edge at which something comes in from outside. */
import { answers, frames } from './adapter.ts'
import { commandLine } from './command-line.ts'
import { configuration } from './configuration.ts'
import { historyFiles } from './history-files.ts'
import { http } from './http.ts'
import type { Edge } from './kit.ts'
import { storedRows } from './stored-rows.ts'

export const EDGES: readonly Edge[] = [
  http,
  commandLine,
  configuration,
  historyFiles,
  frames,
  answers,
  storedRows,
]

/** How many of so many cases an edge has. */
export const casesOf = ({ share }: Edge, cases: number): number =>
  Math.ceil((cases * share) / EDGES.reduce((sum, each) => sum + each.share, 0))
