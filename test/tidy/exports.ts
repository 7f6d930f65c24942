/** Names that are offered and never taken, and packages that are installed and never imported. */
import { offersOf } from './declarations.ts'
import { everySyntax, type Fault, fault, importsOf, type Source } from './source.ts'

/** Files that something outside the imports starts or loads: their exports have a taker that no import shows. */
const ENTRIES: Readonly<Record<string, RegExp>> = {
  'a program is started by its path': /^(src\/(main|cli)|test\/bench\/|test\/tidy\/print)[^/]*\.ts$/,
  'migrations are found by their folder': /^src\/store\/migrations\//,
  'vitest calls it before and after all tests': /^test\/support\/store\/shared-server\.ts$/,
  'the dashboard is a program of its own': /^src\/dashboard\//,
  'tools read their configuration': /^[^/]+\.config\.ts$/,
}

/** Exports that no other file imports. A type that its own file uses describes a signature there and may stay. */
export function unusedExports(tree: readonly Source[]): Fault[] {
  const taken = new Set(
    tree.flatMap(source =>
      importsOf(source).flatMap(({ file, names }) => names.map(name => `${file}#${name}`)),
    ),
  )
  return tree
    .filter(({ path }) => !Object.values(ENTRIES).some(entry => entry.test(path)))
    .flatMap(source =>
      offersOf(source)
        .filter(({ name }) => !taken.has(`${source.path}#${name}`) && !taken.has(`${source.path}#*`))
        .filter(({ name, isType }) => !(isType && timesNamed(source, name) > 1))
        .map(({ name, at }) =>
          fault(source, at, 'unused export', `nobody imports ${name}: drop the export, or the code`),
        ),
    )
}

const timesNamed = ({ program }: Source, name: string) =>
  everySyntax(program).filter(([part]) => part.type === 'Identifier' && part.name === name).length

/** Packages that work without being imported, with what they are for. */
const TOOLS: Readonly<Record<string, string>> = {
  '@biomejs/biome': 'lint and format',
  '@mikro-orm/cli': 'migrations by hand',
  '@vitest/coverage-v8': 'measures what the tests reach',
  fflate: 'recorded history of others, read in a coming change',
  hyparquet: 'recorded history of others, read in a coming change',
  'hyparquet-compressors': 'recorded history of others, read in a coming change',
  'hyparquet-writer': 'recorded history of others, read in a coming change',
  lefthook: 'commit hooks',
  tailwindcss: 'the style sheet imports it',
  'mikro-orm': 'the command of the ORM',
  node: 'the Node that scripts run under',
  typescript: 'checking',
}

/** Entries of package.json's dependencies that no file names. `@types/x` is used where `x` is. */
export function unusedPackages(dependencies: readonly string[], tree: readonly Source[]): Fault[] {
  const named = new Set(
    tree.flatMap(source => importsOf(source).map(({ specifier }) => packageOf(specifier))),
  )
  const texts = tree.map(({ text }) => text)
  return dependencies
    .filter(name => {
      const bare = name.replace(/^@types\//, '')
      if (name in TOOLS || bare === 'node' || named.has(bare)) return false
      return !texts.some(text => text.includes(`'${name}`) || text.includes(`\`${name}`))
    })
    .map(
      name =>
        `package.json unused dependency: nothing imports ${name}: drop it, or list its purpose in TOOLS of test/tidy/exports.ts`,
    )
}

const packageOf = (specifier: string) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
