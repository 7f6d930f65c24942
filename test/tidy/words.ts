/** Words that break a promise wherever they stand, each with what to write instead and the files that may use it and why. */
import { everySyntax, type Fault, fault, isSyntax, nameOf, type Source, type Syntax } from './source.ts'

type Rule = {
  name: string
  applies: RegExp
  todo: string
  /** Files (or folders, ending in '/') that may, with the reason. */
  except?: Readonly<Record<string, string>>
  found(part: Syntax, around: readonly Syntax[], source: Source): boolean
}

const CODE = /^(src\/(?!dashboard\/)|actors\/|machines\/)/
const PURE = /^(src\/domain\/|machines\/)/

const PROCESS_EDGES = {
  'src/clock/clock.ts': 'it is the port',
  'src/exchange/bybit/wire/exchange-time.ts':
    "the SDK stamps requests with the machine's time, the offset is from there",
}
/** Where a decimal may become a number: it judges (APR, bps, hours), it never books. */
const JUDGES = {
  'src/domain/market/order-book.ts': 'impact in bps is judged against a limit',
  'src/domain/carry/carry-outcome.ts': 'APR and hours held are looked at',
  'src/domain/carry/carry.ts': 'APR, basis in bps and hours to break-even are judged',
  'src/domain/entry/pre-check.ts':
    'whether a market is worth a judgement is looked at; the judgement reckons for itself',
  'src/domain/entry/entry-basis.ts': 'basis in bps is judged against a stop',
  'src/domain/market/funding-outlook.ts':
    'a fitted rate and its half-life are expectations, judged and never booked',
  'src/domain/books/earned-periods.ts': 'APR is looked at',
  'src/domain/risk/liquidation.ts':
    'a price that is clearly on one side is tried; beside the border the exact sums are',
  'src/domain/exit/exit-conditions.ts': 'where a rule stands is looked at; the judgement reckons for itself',
  'src/domain/books/execution-quality.ts': 'shares, bps and notional-seconds are looked at',
  'src/domain/exit/carry-exit.ts': 'basis, expected funding and what leaving gains are judged',
  'src/domain/market/funding.ts': 'APR is judged',
  'src/domain/carry/holding-costs.ts':
    'a liability that may come to be is an expectation, judged and never booked',
}
const DEFAULT_EXPORTS = {
  'vitest.config.ts': 'vitest asks for it',
  'vite.config.ts': 'vite asks for it',
  'src/dashboard/vite.config.ts': 'vite asks for it',
  'mikro-orm.config.ts': 'MikroORM asks for it',
  'src/store/migrations/': 'MikroORM asks for it',
}

const isMember = (part: Syntax, object: string, property: string) =>
  part.type === 'MemberExpression' && nameOf(part.object) === object && nameOf(part.property) === property

const isCall = (part: Syntax, ...names: string[]) =>
  part.type === 'CallExpression' && names.includes(nameOf(part.callee) ?? '')

const isMethodCall = (part: Syntax, ...names: string[]) =>
  part.type === 'CallExpression' &&
  isSyntax(part.callee) &&
  part.callee.type === 'MemberExpression' &&
  names.includes(nameOf(part.callee.property) ?? '')

const isEmpty = (list: unknown) => !Array.isArray(list) || list.length === 0

const RULES: readonly Rule[] = [
  {
    name: 'wall clock',
    applies: CODE,
    todo: 'take nowMs as an argument or the Clock port (src/clock/clock.ts)',
    except: PROCESS_EDGES,
    found: part =>
      isMember(part, 'Date', 'now') ||
      isMember(part, 'performance', 'now') ||
      isMember(part, 'process', 'hrtime') ||
      isCall(part, 'Date') ||
      (part.type === 'NewExpression' && nameOf(part.callee) === 'Date' && isEmpty(part.arguments)),
  },
  {
    name: 'own timer',
    applies: /^(src\/domain|actors|machines)\//,
    todo: 'use the Clock port, so that it waits in virtual time too',
    found: part => isCall(part, 'setTimeout', 'setInterval', 'setImmediate'),
  },
  {
    name: 'chance',
    applies: CODE,
    todo: 'use a seeded generator or an id derived from committed facts',
    found: part => isMember(part, 'Math', 'random'),
  },
  {
    name: 'float from text',
    applies: PURE,
    todo: 'text that is money is read by decimalText or new Decimal',
    found: part =>
      isCall(part, 'Number', 'parseFloat') ||
      isMember(part, 'Number', 'parseFloat') ||
      (part.type === 'UnaryExpression' && part.operator === '+'),
  },
  {
    name: 'float from decimal',
    applies: PURE,
    todo: 'stay decimal; a file that judges (APR, bps) is listed in JUDGES of test/tidy/words.ts with its reason',
    except: JUDGES,
    found: part => isMethodCall(part, 'toNumber'),
  },
  {
    name: 'enum',
    applies: /./,
    todo: 'use a union of strings',
    found: part => part.type === 'TSEnumDeclaration',
  },
  {
    name: 'namespace',
    applies: /./,
    todo: 'use a module; Node strips types and cannot run this',
    found: part => part.type === 'TSModuleDeclaration' && part.declare !== true,
  },
  {
    name: 'decorator',
    applies: /./,
    todo: 'use a plain function; Node strips types and cannot run this',
    found: part => part.type === 'Decorator',
  },
  {
    name: 'parameter property',
    applies: /./,
    todo: 'declare the field; Node strips types and cannot run this',
    found: part => part.type === 'TSParameterProperty',
  },
  {
    name: 'any',
    applies: /./,
    todo: 'use unknown and narrow it',
    found: part => part.type === 'TSAnyKeyword',
  },
  {
    name: 'non-null',
    applies: /./,
    todo: 'handle the absence, or throw with what was expected',
    found: part => part.type === 'TSNonNullExpression',
  },
  {
    name: 'default export',
    applies: /./,
    todo: 'export by name',
    except: DEFAULT_EXPORTS,
    found: part => part.type === 'ExportDefaultDeclaration',
  },
  {
    name: 'barrel',
    applies: /./,
    todo: 'import from the file that has it',
    found: part => part.type === 'ExportAllDeclaration',
  },
  {
    name: 'swallowed error',
    applies: /./,
    todo: 'handle it, or say in a comment why nothing is to be done',
    found: (part, _around, { text }) =>
      part.type === 'CatchClause' &&
      isSyntax(part.body) &&
      isEmpty(part.body.body) &&
      !/\/[/*]/.test(text.slice(part.body.start, part.body.end)),
  },
]

const BANNED_STEM = /(^|\/)(index|utils?|helpers?|common|types)\.tsx?$/

export function wordFaults(source: Source): Fault[] {
  const rules = RULES.filter(
    ({ applies, except = {} }) => applies.test(source.path) && !isListed(source.path, Object.keys(except)),
  )
  const faults = BANNED_STEM.test(source.path)
    ? [fault(source, 0, 'file name', 'name the file by the noun it knows, and export from there')]
    : []
  for (const [part, around] of everySyntax(source.program))
    for (const { name, todo, found } of rules)
      if (found(part, around, source)) faults.push(fault(source, part.start, name, todo))
  for (const { index } of source.path.startsWith('test/tidy')
    ? []
    : source.text.matchAll(/\b(TODO|FIXME|XXX)\b/g))
    faults.push(fault(source, index, 'promise to oneself', 'do it now or leave it out'))
  return faults
}

/** Names in the lists above that no file has any more: an exception must not outlive its file. */
export function idleExceptions(files: readonly string[]): Fault[] {
  const optional = new Set(Object.keys(DEFAULT_EXPORTS))
  return RULES.flatMap(({ name, except = {} }) => Object.keys(except).map(file => [name, file] as const))
    .filter(([, file]) => !optional.has(file) && !files.some(each => isListed(each, [file])))
    .map(([name, file]) => `test/tidy/words.ts exception: ${file} is gone, drop it from '${name}'`)
}

const isListed = (file: string, names: readonly string[]) =>
  names.some(name => (name.endsWith('/') ? file.startsWith(name) : file === name))

const HOST = /\b(?:https?|wss?):\/\/([a-z0-9.-]+\.[a-z]+)|^((?:[a-z0-9-]+\.)+(?:com|net|org|io|dev))$/gi
const BYBIT = /(^|\.)(bybit|bybit-tr|bytick)\.(com|nl|kz|eu)$|(^|\.)bybitgeorgia\.ge$/
/** Names that lead nowhere (RFC 2606) or no further than this machine. */
const NOWHERE = /(^|\.)(localhost|example|invalid|test|example\.(com|org|net))$/
/** Hosts that are names and not places: nothing is fetched from them. */
const NAMES = new Set(['www.w3.org', 'json-schema.org'])

/** Hosts of services that have one address for everybody, each in the one file that may name it. */
const FIXED_HOSTS: Readonly<Record<string, string>> = {
  'src/alerts/remote/bot-api.ts': 'api.telegram.org',
}

/** Outside hosts in strings. Links in comments are documentation and stay. */
export function hostFaults(source: Source): Fault[] {
  // The rules' own seeds name hosts to be refused.
  if (source.path.startsWith('test/tidy/')) return []
  const faults: Fault[] = []
  for (const [part] of everySyntax(source.program)) {
    const text = textOf(part)
    for (const [, inUrl, bare] of text?.matchAll(HOST) ?? []) {
      const host = (inUrl ?? bare ?? '').toLowerCase()
      const own = BYBIT.test(host) && /^(src\/exchange\/bybit|test\/exchange)\//.test(source.path)
      if (/^[\d.]+$/.test(host) || own || NOWHERE.test(host) || NAMES.has(host)) continue
      if (FIXED_HOSTS[source.path] === host) continue
      faults.push(
        fault(
          source,
          part.start,
          'outside host',
          `${host}: only src/exchange/bybit names a host, and only Bybit's`,
        ),
      )
    }
  }
  return faults
}

function textOf(part: Syntax): string | undefined {
  if (part.type === 'Literal' && typeof part.value === 'string') return part.value
  const value: unknown = part.type === 'TemplateElement' ? part.value : undefined
  return typeof value === 'object' && value !== null && 'raw' in value ? String(value.raw) : undefined
}
