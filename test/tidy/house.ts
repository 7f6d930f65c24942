/** The house in numbers: what `npm run tidy` prints and what the tests beside it hold. */
import { importCircles } from './circles.ts'
import { secretThrowers, silentFunctions } from './doc-lines.ts'
import { folderSizes } from './folders.ts'
import { type LongFunction, linesOf, longFunctions } from './lengths.ts'
import { sharedNames } from './names.ts'
import type { Fault, Source } from './source.ts'

/** Where each exported function has a line of its own; what is not listed is counted as `elsewhere`. */
const DOCUMENTED = ['src/domain', 'machines', 'actors', 'src/exchange/exchange.ts', 'src/store'] as const
export type Area = (typeof DOCUMENTED)[number] | 'elsewhere'

export type House = {
  files: number
  lines: number
  folders: Map<string, number>
  circles: string[][]
  shared: Map<string, string[]>
  long: LongFunction[]
  silent: Map<Area, { all: number; silent: Fault[] }>
  throwers: Fault[]
}

const isHouse = ({ path }: Source) => /^(src|actors|machines)\//.test(path)
/** Pages are components: their names and properties say what their line would. */
const isPage = ({ path }: Source) => path.startsWith('src/dashboard/')

const areaOf = ({ path }: Source): Area =>
  DOCUMENTED.find(area => path === area || path.startsWith(`${area}/`)) ?? 'elsewhere'

export function measure(tree: readonly Source[]): House {
  const house = tree.filter(isHouse)
  const documented = house.filter(source => !isPage(source))
  const silent: House['silent'] = new Map(
    [...DOCUMENTED, 'elsewhere' as const].map(area => [area, { all: 0, silent: [] }]),
  )
  for (const source of documented) {
    const found = silentFunctions(source)
    const area = silent.get(areaOf(source))
    if (!area) continue
    area.all += found.all
    area.silent.push(...found.silent)
  }
  return {
    files: house.length,
    lines: house.reduce((sum, source) => sum + linesOf(source), 0),
    folders: folderSizes(tree),
    circles: importCircles(tree),
    shared: sharedNames(house),
    long: tree.flatMap(longFunctions),
    silent,
    throwers: documented.flatMap(secretThrowers),
  }
}
