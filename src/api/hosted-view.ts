/**
 * What the page of the hosted inspector may ask of a running engine: XState's inspection events as JSON, actors by their
 * id, with nothing in them that another site may not see.
 */
import type { Json, JsonObject } from '../domain/json.ts'

/** Where its page is, when it is switched on. */
export const HOSTED_PAGE = '/hosted-inspector'

export type HostedSnapshot = { status: string; value?: Json; context?: Json; output?: Json }

type Of = { id: string; rootId: string }

export type HostedEvent =
  | ({ type: '@xstate.actor'; kind: string; parentId?: string; snapshot: HostedSnapshot } & Of)
  /** `sourceId`: the actor that sent it, as far as it came through the journal. */
  | ({ type: '@xstate.event'; sourceId?: string; event: JsonObject } & Of)
  | ({ type: '@xstate.snapshot'; event: JsonObject; snapshot: HostedSnapshot } & Of)

/** One page's reading: it begins with all actors that run. */
export type HostedReader = { next(): HostedEvent[]; close(): void }

export type HostedInspectorView = {
  url: string
  /** The chart of each kind of actor, as it was written. */
  definitions(): Readonly<Record<string, JsonObject>>
  open(): HostedReader
}
