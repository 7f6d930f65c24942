/**
 * Restart intensity as in Erlang/OTP: more than `restartsMax` restarts within `withinMs` mean that restarting does not help.
 * Between restarts the wait doubles, so that a failing thing is not hammered.
 */
export type RestartPolicy = { restartsMax: number; withinMs: number; backoffMs: number; backoffMsMax: number }

/** OTP's own default, one in five seconds, is too tight for actors that talk to a network. */
const NETWORK_RESTARTS: RestartPolicy = {
  restartsMax: 5,
  withinMs: 60_000,
  backoffMs: 100,
  backoffMsMax: 10_000,
}

/** `restartsAtMs` is what to keep for the next count: the restarts still inside the window, this one among them. */
type RestartDecision =
  | { kind: 'restart'; delayMs: number; restartsAtMs: number[] }
  | { kind: 'quarantine'; found: string; limit: string; restartsAtMs: number[] }

/** What to do about a failure at `nowMs`, given the instants of earlier restarts. */
export function countRestart(
  restartsAtMs: readonly number[],
  nowMs: number,
  policy: RestartPolicy = NETWORK_RESTARTS,
): RestartDecision {
  const recent = [...restartsAtMs.filter(atMs => atMs > nowMs - policy.withinMs && atMs <= nowMs), nowMs]
  if (recent.length > policy.restartsMax)
    return {
      kind: 'quarantine',
      found: `${recent.length} restarts in ${policy.withinMs} ms`,
      limit: `${policy.restartsMax}`,
      restartsAtMs: recent,
    }
  return { kind: 'restart', delayMs: backoffMs(recent.length - 1, policy), restartsAtMs: recent }
}

/** The wait before the n-th restart in a row (from 0): 100, 200, 400 … ms, capped. */
export const backoffMs = (
  n: number,
  policy: Pick<RestartPolicy, 'backoffMs' | 'backoffMsMax'> = NETWORK_RESTARTS,
): number => Math.min(policy.backoffMsMax, policy.backoffMs * 2 ** Math.min(n, 30))
