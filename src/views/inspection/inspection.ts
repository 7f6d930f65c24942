/** The inspector's side of a running engine: what the hub heard, as the API may ask for it. */
import type { AnyStateMachine } from 'xstate'
import type { InspectionView } from '../../api/inspection-view.ts'
import type { Clock } from '../../clock/clock.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { Journal } from '../../store/schema/records.ts'
import { createCharts } from './charts.ts'
import { createFocusReader } from './focus.ts'
import type { Hub } from './hub.ts'
import { messagesAround } from './messages.ts'
import { pastStep } from './past.ts'
import { createRows } from './rows.ts'

type InspectionParts = {
  hub: Hub
  clock: Clock
  speed: number
  journal: Pick<Journal, 'loadActor' | 'transitions'>
  machines: Readonly<Record<string, AnyStateMachine>>
}

export function createInspection({ hub, clock, speed, journal, machines }: InspectionParts): InspectionView {
  const charts = createCharts(machines)
  const rows = createRows(hub, charts)
  return {
    clock: () => ({ nowMs: clock.nowMs(), speed }),
    frame: cursor => rows.frame(cursor),
    focusReader: () => createFocusReader({ hub, charts, clock, rowOf: rows.rowOf }),
    messages: (actorId, limit) => messagesAround(hub, actorId, limit),
    chart: hash => charts.byHash(hash) as unknown as JsonObject | undefined,
    past: (actorId, seq) => pastStep({ journal, charts }, actorId, seq),
  }
}
