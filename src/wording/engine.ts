/** What the engine is doing and what keeps it from new hedges, in words. */

type Why = {
  state: string
  halt: { by: string; because: string } | null
  risk?: { setBy: string | null; because: string; found: string; limit: string } | null
}

/** Who or what keeps it from new hedges, to stand after its state; '' while nothing does. */
export function whyText({ halt, risk, state }: Why): string {
  if (halt) return ` by ${halt.by}: ${halt.because}`
  if (!risk || !state.startsWith('reducing')) return ''
  return ` by ${risk.setBy ?? 'engine'}: ${risk.because}, found ${risk.found}, limit ${risk.limit}`
}
