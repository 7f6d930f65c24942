/**
 * A socket that is open is not yet of use. The SDK dead-locks when the connection drops between its auth request and the
 * reply: after the reconnect it waits for the old answer for ever, says `isConnected`, and no data comes. This watchdog bites when a socket
 * is not of use (truly authenticated, subscribed) in time; its holder then throws the client away and takes up a new one.
 *
 * It runs on the machine's time, as the SDK's own reconnects and pings do: how long a network takes does not scale.
 */
export type Watchdog = {
  /** A connection opened: it must be of use within the patience. */
  opened(): void
  /** Nothing is open: the SDK dials again by itself, for some time. */
  dialling(): void
  /** It is of use. */
  satisfied(): void
}

/** How much longer dialling may take than getting ready does. */
const DIALLING_FACTOR = 12

export function authWatchdog(patienceMs: number, bite: (cause: string) => void): Watchdog {
  let timer: NodeJS.Timeout | undefined
  const arm = (delayMs: number, cause: string) => {
    clearTimeout(timer)
    timer = setTimeout(() => bite(cause), delayMs)
  }
  return {
    opened: () => arm(patienceMs, `open, but not ready within ${patienceMs} ms`),
    dialling: () => arm(patienceMs * DIALLING_FACTOR, 'no connection for too long'),
    satisfied: () => clearTimeout(timer),
  }
}
