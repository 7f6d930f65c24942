/** How long a file and a function may be. Split when a second reason to change appears, never to please the number. */
import { everySyntax, type Fault, fault, isSyntax, nameOf, type Source, type Syntax } from './source.ts'

const FILE_LINES_MAX = 400
export const FILE_LINES_TO_THINK = 250
const FUNCTION_LINES_MAX = 70

export const linesOf = ({ text }: Source): number => text.trimEnd().split('\n').length

export const fileLengthFaults = (source: Source): Fault[] =>
  linesOf(source) <= FILE_LINES_MAX
    ? []
    : [fault(source, 0, 'file length', `${linesOf(source)} lines, at most ${FILE_LINES_MAX}: split by noun`)]

export type LongFunction = { id: string; lines: number; fault: Fault }

/**
 * Functions over the limit, each measured by its whole span, the functions inside it included: a factory whose closures share
 * nine maps is several things. A `describe` block is a chapter of sentences, not a function; it is not measured.
 */
export function longFunctions(source: Source): LongFunction[] {
  return everySyntax(source.program).flatMap(([part, around]) => {
    if (!/Function/.test(part.type) || !isSyntax(part.body) || isChapter(around.at(-1))) return []
    const lines = source.text.slice(part.start, part.end).split('\n').length
    if (lines <= FUNCTION_LINES_MAX) return []
    const name = nameIn(part, around)
    const todo = `${name} has ${lines} lines, at most ${FUNCTION_LINES_MAX}`
    return [
      { id: `${source.path} ${name}`, lines, fault: fault(source, part.start, 'function length', todo) },
    ]
  })
}

function isChapter(call: Syntax | undefined): boolean {
  let callee: unknown = call?.type === 'CallExpression' ? call.callee : undefined
  while (isSyntax(callee) && callee.type !== 'Identifier') callee = callee.object ?? callee.callee
  return nameOf(callee) === 'describe'
}

const nameIn = (part: Syntax, around: readonly Syntax[]) =>
  nameOf(part.id) ??
  nameOf(around.at(-1)?.id) ??
  nameOf(around.at(-1)?.key) ??
  titleOf(around.at(-1)) ??
  'a function'

/** A function handed to a call is named by what else the call is given, as a test is by its sentence. */
function titleOf(call: Syntax | undefined): string | undefined {
  const [first] = Array.isArray(call?.arguments) ? call.arguments : []
  return nameOf(first)
}
