/** The built pages over an engine that stands still: quick to open, and the same every time. */
import { createApi } from '../../../src/api/app.ts'
import type { Listening } from '../../../src/api/server.ts'
import { systemClock } from '../../../src/clock/clock.ts'
import { silentTelemetry } from '../../../src/telemetry/telemetry.ts'
import type { SmallView } from '../api/small-view.ts'

const STAGE_TOKEN = 'token-of-the-stage-0123456789abcdef'

export type Stage = { url: string; token: string; close(): Promise<void> }

/** Serves the pages over this engine on any free port. */
export async function stage(view: SmallView): Promise<Stage> {
  const listening: Listening = await createApi({
    ...{ view, token: STAGE_TOKEN, host: '127.0.0.1', port: 0 },
    telemetry: silentTelemetry(),
    clock: systemClock(),
  }).listen()
  return {
    url: `http://127.0.0.1:${listening.port}`,
    token: STAGE_TOKEN,
    close: () => listening.close(),
  }
}
