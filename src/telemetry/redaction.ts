/**
 * Keeps secrets out of every line and message that leaves the process. It works on the finished text, so that it does
 * not matter in which field, error or stack a secret sat.
 */
const HIDDEN = '[hidden]'
/** A shorter value would hide half of all ordinary words. */
const SHORTEST = 3

/** Replaces each secret in a text, also where JSON or a URL spells it with escapes. */
export function redaction(secrets: readonly string[]): (text: string) => string {
  const spellings = secrets
    .flatMap(partsOf)
    .filter(secret => secret.length >= SHORTEST)
    .flatMap(secret => [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      decoded(secret),
    ])
  // The longest first: a secret may hold another one (a database URL and its password).
  const hide = [...new Set(spellings)].sort((a, b) => b.length - a.length)
  return text => hide.reduce((left, secret) => left.replaceAll(secret, HIDDEN), text)
}

/** A URL that is a secret is one in each part of it by which somebody signs in: another program may echo one of them alone. */
function partsOf(secret: string): string[] {
  if (!URL.canParse(secret)) return [secret]
  const { password, pathname, search, searchParams, protocol } = new URL(secret)
  const parts = [secret, password]
  if (protocol.startsWith('http')) {
    const segments = [...pathname.split('/'), ...searchParams.values()]
    parts.push(search, ...segments.filter(looksSecret))
    if (looksSecret(pathname.replaceAll('/', ''))) parts.push(pathname)
  }
  return parts
}

/** Not a word of an address, such as `services`: long, or with a digit or a capital letter in it. */
const looksSecret = (part: string): boolean => part.length >= 20 || (part.length >= 6 && /[\dA-Z]/.test(part))

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return text
    throw error
  }
}
