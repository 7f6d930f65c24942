/** `npm run tidy`: prints the house's numbers; `--list` prints each thing that they count. The limits are held by tidy.test.ts. */
import { measure } from './house.ts'
import { FILE_LINES_TO_THINK, linesOf } from './lengths.ts'
import { readTree } from './source.ts'

const tree = readTree()
const house = measure(tree)
const large = tree
  .filter(source => source.path.endsWith('.ts') && linesOf(source) > FILE_LINES_TO_THINK)
  .map(source => `${linesOf(source)} ${source.path}`)
const [[largest, entries] = ['none', 0]] = [...house.folders].sort(([, a], [, b]) => b - a)
const ours = house.long.filter(({ id }) => !id.startsWith('test/'))
const areas = [...house.silent].map(([area, { silent, all }]) => `${area} ${silent.length} of ${all}`)

const rows: [what: string, figure: string, each: readonly string[]][] = [
  ['source files / lines', `${house.files} / ${house.lines.toLocaleString('en')}`, []],
  ['entries in the largest flat folder', `${entries} (${largest})`, []],
  [
    'import circles, type imports counted',
    String(house.circles.length),
    house.circles.map(each => each.join(' ')),
  ],
  [
    'names exported by two or more files',
    String(house.shared.size),
    [...house.shared].map(([name, files]) => `${name}: ${files.join(' ')}`),
  ],
  [
    'functions over 70 lines by whole span',
    `${ours.length} (and ${house.long.length - ours.length} in tests)`,
    house.long.map(({ fault }) => fault),
  ],
  [
    'exported functions without a doc line',
    areas.join(', '),
    [...house.silent.values()].flatMap(({ silent }) => silent),
  ],
  [`files over ${FILE_LINES_TO_THINK} lines, tests among them`, String(large.length), large],
  ['documented functions that throw and do not say so', String(house.throwers.length), house.throwers],
]

const all = process.argv.includes('--list')
const width = Math.max(...rows.map(([what]) => what.length))
for (const [what, figure, each] of rows) {
  console.log(`${what.padEnd(width)}  ${figure}`)
  if (all) for (const one of each) console.log(`    ${one}`)
}
