/** What the pages for people name: paths, commands, options, variables, keys, alerts. Each must be there. */
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import { type Fault, ROOT } from './source.ts'

export type Doc = { path: string; text: string }
/** Reads in the order of the page. */
export const readDoc = (file: string): Doc => ({
  path: file,
  text: readFileSync(path.join(ROOT, file), 'utf8'),
})

type Code = { text: string; line: number }

/** What stands between backticks, and each line of a block of code. */
export function codeOf({ text }: Doc): Code[] {
  let inBlock = false
  return text.split('\n').flatMap((line, index) => {
    const at = { line: index + 1 }
    if (/^\s*```/.test(line)) {
      inBlock = !inBlock
      return []
    }
    if (inBlock) return [{ ...at, text: line.replace(/(^|\s)#.*$/, '').trim() }]
    return [...line.matchAll(/`([^`]+)`/g)].map(([, code = '']) => ({ ...at, text: code }))
  })
}

const faultAt = (doc: Doc, line: number, rule: string, found: string): Fault =>
  `${doc.path}:${line} ${rule}: there is no ${found}`

const PATH = /^(?:src|actors|machines|test|docker|\.ci)\/[\w./*{},-]*$|^[\w*/-]+\.(?:tsx?|md|ya?ml|json)$/
/** Files that are made where the engine runs. */
const MADE = ['hedgerow.yaml', 'simulator-account.json', 'simulator.json', 'docker/secrets/']

/** Files and folders that are named and not there. A name without its folder may stand anywhere. */
export function pathFaults(doc: Doc, files: readonly string[]): Fault[] {
  const isThere = (named: string) => {
    if (MADE.includes(named)) return true
    const bare = named.replace(/\/$/, '')
    if (/^(src|actors|machines|test|docker|\.ci)\b/.test(bare))
      return globSync(bare, { cwd: ROOT }).length > 0
    return files.some(file => path.matchesGlob(file, `**/${bare}`))
  }
  return codeOf(doc).flatMap(({ text, line }) =>
    PATH.test(text) && !isThere(text) ? [faultAt(doc, line, 'path', text)] : [],
  )
}

/** Commands and options of `hedgerow`, and scripts of npm, that are named and not there. */
export function commandFaults(doc: Doc, program: Command, scripts: readonly string[]): Fault[] {
  return codeOf(doc).flatMap(({ text, line }) => {
    const faults: Fault[] = []
    for (const [, script = ''] of text.matchAll(/\bnpm (?:run (?:-s )?)([a-z:]+)/g))
      if (!scripts.includes(script)) faults.push(faultAt(doc, line, 'script', script))
    const said = /(?:^|\s)hedgerow(?: --)?((?: +\S+)+)$/.exec(text)?.[1]
    if (said === undefined || !/^(hedgerow|sudo|npm|[A-Z_]+=)/.test(text)) return faults
    const missing = missingIn(
      program,
      said
        .trim()
        .split(/\s+/)
        .filter(word => word !== '--'),
    )
    return missing === undefined ? faults : [...faults, faultAt(doc, line, 'command', missing)]
  })
}

/** The first word of a command line that the program does not know. */
function missingIn(program: Command, words: readonly string[]): string | undefined {
  let command = program
  for (const word of words) {
    if (word.startsWith('--')) {
      const option = word.replace(/=.*$/, '')
      const known = [...command.options, ...program.options].map(({ long }) => long)
      if (option !== '--help' && !known.includes(option)) return `${command.name()} ${option}`
      continue
    }
    if (command.commands.length === 0) continue
    // `config check|init` stands for two commands.
    for (const name of word.split('|'))
      if (!command.commands.some(each => each.name() === name)) return `${command.name()} ${word}`
    command = command.commands.find(each => each.name() === word.split('|')[0]) ?? command
  }
  return undefined
}

/** Variables that are named and that nothing reads. */
export const variableFaults = (doc: Doc, known: readonly string[]): Fault[] =>
  doc.text
    .split('\n')
    .flatMap((text, index) =>
      [...text.matchAll(/\b(?:HEDGEROW|BYBIT)_[A-Z0-9_]*[A-Z0-9]\b/g)]
        .filter(([name]) => !known.includes(name))
        .map(([name]) => faultAt(doc, index + 1, 'variable', name)),
    )

/**
 * Keys of the configuration that are named and not there: `section.key` everywhere; a bare `key` only where `bare` says that
 * such words are keys.
 */
export function keyFaults(
  doc: Doc,
  sections: Readonly<Record<string, readonly string[]>>,
  bare: boolean,
): Fault[] {
  const all = new Set(Object.values(sections).flat())
  return codeOf(doc).flatMap(({ text, line }) => {
    const [name = ''] = text.split(':')
    const dotted = /^([a-z]+)\.([a-z][A-Za-z]+)$/.exec(name)
    const keys = dotted && sections[dotted[1] ?? '']
    if (keys) return keys.includes(dotted[2] ?? '') ? [] : [faultAt(doc, line, 'key', name)]
    return bare && /^[a-z]+(?:[A-Z][a-z]+)+$/.test(name) && !all.has(name)
      ? [faultAt(doc, line, 'key', name)]
      : []
  })
}

/** Events, alerts, log lines and metrics that are named and that no source says. `said`: every text in the sources. */
export const nameFaults = (doc: Doc, said: ReadonlySet<string>): Fault[] =>
  codeOf(doc).flatMap(({ text, line }) =>
    text
      .split(/\s+/)
      .filter(word => /^[a-z]+(?:\.[a-z-]+)+$/.test(word) || /^hedgerow_[a-z_]+$/.test(word))
      .filter(
        word =>
          !PATH.test(word) &&
          !/\.(?:js|io|log|dump)$/.test(word) &&
          !said.has(word.replace(/^hedgerow_/, '')),
      )
      .map(word => faultAt(doc, line, 'name', word)),
  )
