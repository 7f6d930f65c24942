/**
 * Writes alerts to the store in the background, each as it stood last. A database that is away is one of the things that
 * alerts tell of: what could not be written is tried again, and nobody waits for it.
 */
import type { Alert } from '../../alerts/delivery/alert-log.ts'
import type { Clock } from '../../clock/clock.ts'
import type { Log } from '../../telemetry/log.ts'

type KeeperPorts = {
  write: (alert: Alert) => Promise<void>
  /** Wall time. */
  wall: Clock
  log: Log
}

const RETRY_AFTER_MS = 5_000
const WAITING_MAX = 1_000

type AlertKeeper = { keep(alert: Alert): void; settled(): Promise<void> }

export function createAlertKeeper({ write, wall, log }: KeeperPorts): AlertKeeper {
  const waiting = new Map<string, Alert>()
  let busy: Promise<void> | undefined

  const flush = async () => {
    for (let [next] = waiting.values(); next; [next] = waiting.values()) {
      // Taken out first: what is said of it meanwhile is written after it.
      waiting.delete(next.alertId)
      try {
        await write(next)
      } catch (error) {
        if (!waiting.has(next.alertId)) waiting.set(next.alertId, next)
        log.warn('alert.unkept', { error: error instanceof Error ? error.message : String(error) })
        wall.setTimeout(start, RETRY_AFTER_MS)
        break
      }
    }
    busy = undefined
  }
  const start = () => {
    busy ??= flush()
  }
  return {
    keep(alert) {
      const oldest = waiting.size >= WAITING_MAX ? waiting.keys().next().value : undefined
      if (oldest !== undefined) waiting.delete(oldest)
      waiting.set(alert.alertId, alert)
      start()
    },
    settled: () => busy ?? Promise.resolve(),
  }
}
