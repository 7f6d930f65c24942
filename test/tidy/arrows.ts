/** Who may know whom. The arrows point inward: nothing pure can reach anything that waits. */
import { type Fault, fault, importsOf, type Source } from './source.ts'

type Layer = { at: string; may: readonly string[]; packages?: readonly string[] }

const EVERYTHING = ['src', 'actors', 'machines']
const PLAIN = ['src/domain', 'src/clock', 'src/telemetry', 'src/wording']
const ALL_BUT_THE_TOP = [
  'actors',
  'machines',
  ...['domain', 'exchange', 'store', 'api', 'backtest', 'views', 'wording'].map(folder => `src/${folder}`),
  ...['clock', 'telemetry', 'alerts', 'config'].map(folder => `src/${folder}`),
]

/** The first that fits counts. A name ending in `*` is a beginning; a name without one is a file or a folder. */
const LAYERS: readonly Layer[] = [
  { at: 'src/domain', may: ['src/domain'], packages: ['decimal.js'] },
  { at: 'machines', may: ['machines', 'src/domain'], packages: ['xstate'] },
  // The simulator may read the adapter's words (it speaks the same wire); the adapter never knows who answers it.
  {
    at: 'src/exchange/bybit',
    may: ['src/exchange/bybit', 'src/exchange/exchange', 'src/domain', 'src/clock'],
  },
  { at: 'src/exchange', may: ['src/exchange', 'src/domain', 'src/clock'] },
  { at: 'src/store', may: ['src/store', 'src/domain', 'src/clock'] },
  {
    at: 'actors',
    may: ['actors', 'machines', 'src/exchange', 'src/store', 'src/alerts', ...PLAIN],
  },
  { at: 'src/clock', may: ['src/clock'], packages: [] },
  { at: 'src/wording', may: ['src/wording', 'src/domain'] },
  { at: 'src/telemetry', may: ['src/telemetry', 'src/domain', 'src/clock'] },
  { at: 'src/alerts', may: ['src/alerts', ...PLAIN] },
  {
    at: 'src/config',
    may: ['src/config', 'src/telemetry/redaction', 'src/domain', 'src/exchange/bybit/hosts'],
  },
  { at: 'src/api', may: ['src/api', ...PLAIN] },
  { at: 'src/dashboard', may: ['src/dashboard', 'src/wording'] },
  { at: 'src/views', may: [...ALL_BUT_THE_TOP, 'src/run'] },
  { at: 'src/run/service', may: ['src/run/service', 'src/clock', 'src/config', 'src/telemetry'] },
  // It runs the engine as replay does, so it knows how one is put together.
  { at: 'src/backtest', may: [...ALL_BUT_THE_TOP, 'src/run'] },
  { at: 'src/simulate', may: [...ALL_BUT_THE_TOP, 'src/run', 'src/simulate'] },
  ...['src/main', 'src/run', 'src/cli'].map(at => ({ at, may: EVERYTHING })),
  { at: 'test', may: [...EVERYTHING, 'test'] },
]

const fits = (file: string, name: string) =>
  name.endsWith('*')
    ? file.startsWith(name.slice(0, -1))
    : file === `${name}.ts` || file.startsWith(`${name}/`)

/** Imports against the arrows, and files of which no arrow is known. Files at the root are tools' configuration. */
export function arrowFaults(source: Source): Fault[] {
  if (!source.path.includes('/')) return []
  const layer = LAYERS.find(({ at }) => fits(source.path, at))
  if (!layer) return [fault(source, 0, 'layer', 'say in test/tidy/arrows.ts what this file may import')]
  return importsOf(source).flatMap(({ at, file, specifier, typeOnly }) => {
    if (file !== undefined) {
      const typesOfApi =
        layer.at === 'src/dashboard' && typeOnly && (fits(file, 'src/api') || fits(file, 'src/domain'))
      if (typesOfApi || layer.may.some(name => fits(file, name))) return []
      const may = layer.may.join(', ') || 'nothing'
      return [fault(source, at, 'arrow', `${layer.at} may import ${may}; ${file} is none of it`)]
    }
    if (layer.packages === undefined || layer.packages.includes(specifier)) return []
    const may = [...layer.may, ...layer.packages].join(', ') || 'nothing'
    return [fault(source, at, 'arrow', `${layer.at} may import ${may}; ${specifier} is none of it`)]
  })
}
