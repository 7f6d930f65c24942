/** The fields of an event as a person typed them. */

export type Payload = { id?: string; because?: string; share?: string }

const FIELDS = ['because', 'id', 'share'] as const

/** What may stand beside the type of a person's event. @throws Error that says what was expected, and what was found */
export function payloadOf(text: string): Payload {
  if (text.trim() === '') return {}
  const fields: unknown = parsed(text)
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
    throw new Error(`expected an object such as {"because": "…"}, found ${text.trim().slice(0, 40)}`)
  const payload: Payload = {}
  for (const [name, value] of Object.entries(fields)) {
    const field = FIELDS.find(each => each === name)
    if (!field) throw new Error(`${name}: expected one of ${FIELDS.join(', ')}`)
    if (typeof value !== 'string') throw new Error(`${name}: expected text, found ${JSON.stringify(value)}`)
    payload[field] = value
  }
  return payload
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`expected JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}
