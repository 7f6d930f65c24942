/**
 * The tree as the tidy rules see it: every TypeScript file that git tracks or would track, parsed. Rules look at syntax,
 * not at text, so a banned word in a comment or a string is no fault. TypeScript 7 has no parser to import; the one that
 * vitest itself loads files with is at hand and reads the same language.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseAst } from 'vitest/node'

export type Syntax = { type: string; start: number; end: number; [part: string]: unknown }
export type Source = { path: string; text: string; program: Syntax }
/** One fault: where, which rule, what to do about it. */
export type Fault = string

export const ROOT = path.resolve(import.meta.dirname, '../..')

/** `files` lets a seeded text stand in for the tree. */
export const parseSource = (file: string, text: string): Source => ({
  path: file,
  text,
  program: parseAst(text, { lang: file.endsWith('.tsx') ? 'tsx' : 'ts' }) as unknown as Syntax,
})

let tree: Source[] | undefined

/** Read once for all files of tests. */
export function readTree(): Source[] {
  tree ??= parsedTree()
  return tree
}

function parsedTree(): Source[] {
  const asked = ['ls-files', '--cached', '--others', '--exclude-standard', '-z', '--', '*.ts', '*.tsx']
  const listed = execFileSync('git', asked, { cwd: ROOT, encoding: 'utf8' }).split('\0').filter(Boolean)
  return [...new Set(listed)]
    .filter(file => existsSync(path.join(ROOT, file)))
    .sort()
    .map(file => parseSource(file, readFileSync(path.join(ROOT, file), 'utf8')))
}

export const isSyntax = (part: unknown): part is Syntax =>
  typeof part === 'object' && part !== null && 'type' in part && typeof part.type === 'string'

type Piece = [part: Syntax, around: readonly Syntax[]]

/** Every piece of syntax below `from`, outermost first, each with the pieces around it (innermost last). */
export function everySyntax(from: Syntax): readonly Piece[] {
  const pieces = walked.get(from) ?? walk(from, [], [])
  if (from.type === 'Program') walked.set(from, pieces)
  return pieces
}

/** Each rule walks each file: the walk is kept. */
const walked = new WeakMap<Syntax, readonly Piece[]>()

function walk(from: Syntax, around: readonly Syntax[], pieces: Piece[]): readonly Piece[] {
  pieces.push([from, around])
  const inside = [...around, from]
  for (const key in from) {
    const part = from[key]
    if (Array.isArray(part)) {
      for (const one of part) if (isSyntax(one)) walk(one, inside, pieces)
    } else if (isSyntax(part)) walk(part, inside, pieces)
  }
  return pieces
}

const lineOf = ({ text }: Source, at: number): number => text.slice(0, at).split('\n').length

export const fault = (source: Source, at: number, rule: string, todo: string): Fault =>
  `${source.path}:${lineOf(source, at)} ${rule}: ${todo}`

export function nameOf(part: unknown): string | undefined {
  if (!isSyntax(part)) return undefined
  if (part.type === 'Identifier' || part.type === 'JSXIdentifier') return String(part.name)
  return part.type === 'Literal' ? String(part.value) : undefined
}

export type Import = {
  at: number
  specifier: string
  /** Repository path of a relative import, else undefined. */
  file: string | undefined
  /** Names taken, '*' for all. */
  names: string[]
  typeOnly: boolean
}

/** Every import, re-export, `import()` and `import('…').Type`, with the names taken. */
export function importsOf(source: Source): Import[] {
  return everySyntax(source.program).flatMap(([part, around]) => {
    const specifier = nameOf(part.source)
    if (specifier === undefined) return []
    const file = specifier.startsWith('.')
      ? path.posix.join(path.posix.dirname(source.path), specifier)
      : undefined
    const found = {
      at: part.start,
      specifier,
      file,
      typeOnly: part.importKind === 'type' || part.exportKind === 'type',
    }
    if (part.type === 'ImportDeclaration' || part.type === 'ExportNamedDeclaration')
      return [{ ...found, names: namesTaken(part) }]
    if (part.type === 'ExportAllDeclaration') return [{ ...found, names: ['*'] }]
    if (part.type === 'TSImportType') return [{ ...found, names: ['*'], typeOnly: true }]
    return part.type === 'ImportExpression' ? [{ ...found, names: awaitedNames(around) ?? ['*'] }] : []
  })
}

function namesTaken({ specifiers }: Syntax): string[] {
  return (Array.isArray(specifiers) ? specifiers : []).map((taken: Syntax) => {
    if (taken.type === 'ImportNamespaceSpecifier') return '*'
    if (taken.type === 'ImportDefaultSpecifier') return 'default'
    return nameOf(taken.imported ?? taken.local) ?? '*'
  })
}

/** The names of `const { a, b } = await import(…)`; undefined for any other use, which may take everything. */
function awaitedNames(around: readonly Syntax[]): string[] | undefined {
  const declared = around.at(-1)?.type === 'AwaitExpression' ? around.at(-2) : undefined
  const pattern = declared?.type === 'VariableDeclarator' ? declared.id : undefined
  if (!isSyntax(pattern) || pattern.type !== 'ObjectPattern' || !Array.isArray(pattern.properties))
    return undefined
  return pattern.properties.map((taken: Syntax) => nameOf(taken.key) ?? '*')
}
