/** What an exported function says of itself: its line, and whether it owns up to what it throws. */
import { functionOf, offersOf } from './declarations.ts'
import { type Fault, fault, isSyntax, type Source, type Syntax } from './source.ts'

/** Words with which a line says that a function may refuse. */
const OWNS_UP = /throw|refus|reject|fail|assert/i

/** The comment that stands directly above, without its stars; undefined where none does. */
function docAbove({ text }: Source, at: number): string | undefined {
  const above = text.slice(0, at).trimEnd()
  if (!above.endsWith('*/')) return undefined
  const doc = above.slice(above.lastIndexOf('/*'))
  return doc.startsWith('/**') ? doc.replaceAll(/^\s*\*+|\/\*\*|\*\//gm, '').trim() : undefined
}

/** Whether a function itself throws: neither what it catches nor what functions inside it do. */
function throws(part: unknown): boolean {
  if (Array.isArray(part)) return part.some(throws)
  if (!isSyntax(part)) return false
  if (part.type === 'ThrowStatement') return true
  if (/Function/.test(part.type)) return false
  if (part.type === 'TryStatement' && isSyntax(part.handler))
    return throws(part.handler.body) || throws(part.finalizer)
  return Object.values(part).some(throws)
}

type Documented = { name: string; at: number; doc: string | undefined; body: Syntax }

function functionsOffered(source: Source): Documented[] {
  return offersOf(source).flatMap(({ name, at, declared }) => {
    const body = functionOf(declared)
    return body ? [{ name, at, doc: docAbove(source, at), body }] : []
  })
}

/** Exported functions in all, and those without a line of their own. */
export function silentFunctions(source: Source): { all: number; silent: Fault[] } {
  const offered = functionsOffered(source)
  return {
    all: offered.length,
    silent: offered
      .filter(({ doc }) => !doc)
      .map(({ name, at }) =>
        fault(source, at, 'doc line', `say of ${name} what it means, its units and what it refuses`),
      ),
  }
}

/** Documented functions that throw and do not say so. */
export const secretThrowers = (source: Source): Fault[] =>
  functionsOffered(source)
    .filter(({ doc, body }) => doc && !OWNS_UP.test(doc) && throws(body.body))
    .map(({ name, at }) => fault(source, at, 'throws', `say in the doc of ${name} when it throws`))
