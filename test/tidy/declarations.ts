/** What a file offers to others: the names it exports, and where each is declared. */
import { isSyntax, nameOf, type Source, type Syntax } from './source.ts'

export type Offer = { name: string; at: number; isType: boolean; declared: Syntax | undefined }

/** Names that a file declares and exports; what it only passes on from another file is that file's. */
export function offersOf({ program }: Source): Offer[] {
  const statements = Array.isArray(program.body) ? program.body.filter(isSyntax) : []
  return statements.flatMap(statement => {
    if (statement.type !== 'ExportNamedDeclaration' || isSyntax(statement.source)) return []
    const { declaration, specifiers } = statement
    if (!isSyntax(declaration))
      return (Array.isArray(specifiers) ? specifiers : []).flatMap((each: Syntax) =>
        offerOfSpecifier(each, statement),
      )
    const isType = /^TS(TypeAlias|Interface)Declaration$/.test(declaration.type)
    const declared = Array.isArray(declaration.declarations) ? declaration.declarations : [declaration]
    return declared
      .filter(isSyntax)
      .flatMap(each =>
        boundNames(each.id).map(name => ({ name, at: statement.start, isType, declared: each })),
      )
  })
}

function offerOfSpecifier(specifier: Syntax, statement: Syntax): Offer[] {
  const name = nameOf(specifier.exported)
  const isType = [specifier.exportKind, statement.exportKind].includes('type')
  return name === undefined ? [] : [{ name, at: specifier.start, isType, declared: undefined }]
}

/** Names bound by `a`, `{ a, b: c }` or `[a]`. */
function boundNames(pattern: unknown): string[] {
  if (!isSyntax(pattern)) return []
  if (pattern.type === 'Identifier') return [String(pattern.name)]
  const parts = pattern.properties ?? pattern.elements ?? []
  return (Array.isArray(parts) ? parts : []).flatMap(part =>
    boundNames(isSyntax(part) ? (part.value ?? part) : part),
  )
}

/** The function a declaration is, or is bound to; undefined for anything else. */
export function functionOf(declared: Syntax | undefined): Syntax | undefined {
  if (declared?.type === 'FunctionDeclaration') return declared
  const bound = declared?.type === 'VariableDeclarator' ? declared.init : undefined
  return isSyntax(bound) && /^(Arrow)?Function/.test(bound.type) ? bound : undefined
}
