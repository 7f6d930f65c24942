/** The story of a day that failed, on one page: what was planned, what befell it, and what its hedges did, in order. */
import type { StoredTransition } from '../../store/schema/records.ts'
import type { Day } from '../day/day.ts'
import type { DayPlan } from '../plan/plan.ts'

const LINES_MAX = 120

type Line = { atMs: number; text: string }

/** Lines of text, the plan first; where there is too much, the last of it, which is where it failed. */
export function dayStory(
  plan: DayPlan,
  day: Pick<Day, 'stored' | 'crashes' | 'fatals' | 'notes'>,
  calls: readonly string[],
): string[] {
  const { seed, startAtMs, symbols, balanceUsdt, rules, faults, hazards } = plan
  const { directions } = rules.strategy
  const { routes } = rules.execution
  const lines: Line[] = [
    ...plan.happenings.map(({ happening: { kind, atMs, ...more } }) => ({
      atMs,
      text: `exchange: ${kind} ${facts(more)}`,
    })),
    ...plan.touches.map(({ kind, atMs, ...more }) => ({
      atMs,
      text: `person or machine: ${kind} ${facts(more)}`,
    })),
    ...day.crashes.map(({ atMs, point, actorId }) => ({ atMs, text: `killed ${point} of ${actorId}` })),
    ...day.notes,
    ...steps(day.stored),
  ].sort((a, b) => a.atMs - b.atMs)
  const windows = faults.faults
    .filter(({ fromMs, rate }) => rate >= 1 || fromMs > 600_000)
    .map(
      ({ name, fromMs, untilMs, what = '' }) =>
        `${name} ${what} ${clock(startAtMs + fromMs)} to ${clock(startAtMs + (untilMs ?? 86_400_000))}`,
    )
  const left = lines.length - LINES_MAX
  return [
    `seed ${seed}: ${symbols.join(', ')}, ${directions.join(' and ')} by ${routes.join(', ')}, ${balanceUsdt} USDT`,
    `hazards: ${hazards.join(', ') || 'none'}`,
    ...windows.map(text => `fault: ${text}`),
    ...(left > 0 ? [`(${left} earlier steps left out)`] : []),
    ...lines.slice(-LINES_MAX).map(({ atMs, text }) => `${clock(atMs)} ${text}`.trimEnd()),
    ...day.fatals.map(text => `fatal: ${text}`),
    ...new Set(calls.map(text => `called: ${text}`)),
  ]
}

const clock = (atMs: number) => new Date(atMs).toISOString().slice(11, 19)
const facts = (more: object) =>
  Object.entries(more)
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(', ')

/** Where hedges came to another top-level state, and where a symbol or the engine failed or halted. */
function steps({ transitions }: Day['stored']): Line[] {
  const top = (state: string) => state.split(/[ .{]/)[0]
  return [...transitions.values()].flat().flatMap(({ text }) => {
    const { actorId, from, to, event, atMs } = JSON.parse(text) as StoredTransition
    const told = actorId.startsWith('hedge:') || /failed|halted/.test(to)
    return told && top(from) !== top(to)
      ? [{ atMs, text: `${actorId}: ${top(from) || 'new'} to ${to} (${event.type})` }]
      : []
  })
}
