/**
 * The dead man's switch: a URL elsewhere is asked every so often while all is well. When that falls silent somebody else
 * calls a person: the only alarm that also works when this machine is gone.
 */
import type { Clock } from '../../clock/clock.ts'

type HeartbeatPorts = {
  url: string
  everyMs: number
  /** Wall time. */
  clock: Clock
  isHealthy: () => boolean
  beaten(): void
  failed(cause: string): void
}

const ASK_MS_MAX = 10_000

/** Beats until told to stop. */
export function startHeartbeat({
  url,
  everyMs,
  clock,
  isHealthy,
  beaten,
  failed,
}: HeartbeatPorts): () => void {
  const closing = new AbortController()
  const beat = async () => {
    if (isHealthy())
      await ask(url, AbortSignal.any([closing.signal, AbortSignal.timeout(ASK_MS_MAX)])).then(beaten, late)
    if (!closing.signal.aborted) timer = clock.setTimeout(() => void beat(), everyMs)
  }
  const late = (error: unknown) => {
    if (closing.signal.aborted) return
    const beneath = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ''
    failed(`${error instanceof Error ? error.message : String(error)}${beneath}`)
  }
  let timer = clock.setTimeout(() => void beat(), 0)
  return () => {
    closing.abort()
    clock.clearTimeout(timer)
  }
}

async function ask(url: string, signal: AbortSignal): Promise<void> {
  const answer = await fetch(url, { redirect: 'error', signal, headers: { 'user-agent': 'hedgerow' } })
  await answer.body?.cancel()
  if (!answer.ok) throw new Error(`expected 2xx, found ${answer.status}`)
}
