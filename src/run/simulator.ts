/** The simulator of an engine in mode `sim`, started again whenever it dies: an exchange does not stay away for good. */
import { setTimeout as pause } from 'node:timers/promises'
import { type Launch, type LaunchedSimulator, launchSimulator } from '../exchange/simulator/launch.ts'
import { statusOf } from '../exchange/simulator/server/control.ts'
import { isAlive } from '../store/embedded/server.ts'
import type { Log } from '../telemetry/log.ts'

const LOOK_EVERY_MS = 2_000

/** @throws the simulator's own words when it cannot start the first time */
export async function keptSimulator(
  launch: Launch,
  log: Log,
): Promise<Pick<LaunchedSimulator, 'url' | 'stop'>> {
  let simulator = await launchSimulator(launch)
  const { url } = simulator
  const ending = new AbortController()
  const keep = async () => {
    while (await rested(ending.signal)) {
      if (isAlive(simulator.pid) || (await statusOf(url))) continue
      try {
        // On the port it had: everything that speaks to it finds it again.
        simulator = await launchSimulator({ ...launch, port: Number(new URL(url).port) })
        log.warn('simulator.restarted', { url, pid: simulator.pid })
      } catch (error) {
        log.error('simulator.down', { error: error instanceof Error ? error.message : String(error) })
      }
    }
  }
  const kept = keep()
  return {
    url,
    async stop() {
      ending.abort()
      await kept
      await simulator.stop()
    },
  }
}

const rested = (signal: AbortSignal): Promise<boolean> =>
  pause(LOOK_EVERY_MS, true, { signal, ref: false }).catch(() => false)
