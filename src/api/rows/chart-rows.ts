/** A chart as data: what the inspector draws. Types alone, so that the pages can read them. */

export type ChartNode = {
  id: string
  key: string
  parent: string | null
  type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history'
  /** Id of the child that is entered first; null where there is none to choose. */
  initial: string | null
  tags: string[]
  description: string | null
  entry: string[]
  exit: string[]
}

export type ChartEdge = {
  id: string
  source: string
  /** Ids of the states it leads to; empty: it stays and only acts. */
  targets: string[]
  /** The event's type as the journal spells it; '' for always. */
  event: string
  kind: 'event' | 'after' | 'always' | 'done' | 'error'
  /** The event in a person's words, e.g. 'after silence'. */
  label: string
  guard: string | null
  actions: string[]
  reenter: boolean
}

export type ChartDescription = { machineId: string; hash: string; nodes: ChartNode[]; edges: ChartEdge[] }
