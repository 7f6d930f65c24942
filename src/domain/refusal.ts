/** A "no" as a value: which rule, what was found, and what the rule allows. Text is for people and journals, never parsed. */
export type Refusal<Reason extends string = string> = { refused: Reason; found: string; limit: string }

/** A refusal with both figures as text, in the unit of the rule it names. */
export const refuse = <Reason extends string>(
  refused: Reason,
  found: string | number,
  limit: string | number,
): Refusal<Reason> => ({ refused, found: String(found), limit: String(limit) })

/** Tells a refusal from whatever else a decision answers with. */
export const isRefusal = (answer: object): answer is Refusal => 'refused' in answer
