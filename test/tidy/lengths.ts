/** How long a file and a function may be. Split when a second reason to change appears, never to please the number. */
import { everySyntax, type Fault, fault, isSyntax, nameOf, type Source, type Syntax } from './source.ts'

const FILE_LINES_MAX = 400
export const FILE_LINES_TO_THINK = 250
const FUNCTION_LINES_MAX = 70

/** Functions that are lists by nature. */
const LISTS: Readonly<Record<string, RegExp>> = {
  'a migration is a list of statements, frozen once released': /^src\/store\/migrations\//,
  'a chart is a list of states, and is seen whole': /^machines\//,
}

export const linesOf = ({ text }: Source): number => text.trimEnd().split('\n').length

export const fileLengthFaults = (source: Source): Fault[] =>
  linesOf(source) <= FILE_LINES_MAX
    ? []
    : [fault(source, 0, 'file length', `${linesOf(source)} lines, at most ${FILE_LINES_MAX}: split by noun`)]

/**
 * Functions over the limit, each measured without the functions inside it: a factory's closures are its methods, and they are
 * measured by themselves. A `describe` block is a chapter of sentences, not a function; it is not measured.
 */
export function functionLengthFaults(source: Source): Fault[] {
  if (Object.values(LISTS).some(list => list.test(source.path))) return []
  const faults: Fault[] = []
  for (const [part, around] of everySyntax(source.program)) {
    if (!isBlockFunction(part) || isChapter(around.at(-1))) continue
    const lines = ownLines(source, part)
    if (lines > FUNCTION_LINES_MAX)
      faults.push(
        fault(
          source,
          part.start,
          'function length',
          `${nameIn(part, around)} has ${lines} lines, at most ${FUNCTION_LINES_MAX}`,
        ),
      )
  }
  return faults
}

const isBlockFunction = (part: Syntax): boolean =>
  /Function/.test(part.type) && isSyntax(part.body) && part.body.type === 'BlockStatement'

/** Lines of code: what is blank or only says why is not counted. */
function codeLines({ text }: Source, part: Syntax): number {
  const lines = text.slice(part.start, part.end).split('\n')
  return lines.filter(line => !/^\s*($|\/\/|\/?\*)/.test(line)).length
}

function ownLines(source: Source, whole: Syntax): number {
  const span = (part: Syntax) => codeLines(source, part)
  let lines = span(whole)
  for (const [part, around] of everySyntax(whole)) {
    if (part === whole || !isBlockFunction(part)) continue
    // Only the outermost inside: what is nested deeper is in its lines already. Its own head stays the factory's.
    if (!around.some(outer => outer !== whole && isBlockFunction(outer))) lines -= span(part) - 1
  }
  return lines
}

function isChapter(call: Syntax | undefined): boolean {
  let callee: unknown = call?.type === 'CallExpression' ? call.callee : undefined
  while (isSyntax(callee) && callee.type !== 'Identifier') callee = callee.object ?? callee.callee
  return nameOf(callee) === 'describe'
}

const nameIn = (part: Syntax, around: readonly Syntax[]) =>
  nameOf(part.id) ?? nameOf(around.at(-1)?.id) ?? nameOf(around.at(-1)?.key) ?? 'a function'
