/**
 * A `hedgerow.yaml` to start from: every key of the schema with its meaning, unit and default, all commented out, so that
 * the file says only what its owner changed.
 */
import type { z } from 'zod'
import type { KeyNote } from './keys.ts'
import { sections } from './rules.ts'
import { LIVE_ACKNOWLEDGEMENT } from './schema.ts'
import { LIVELY } from './strategy.ts'

const lively = Object.entries(LIVELY)
  .map(([key, value]) => `#   strategy.${key}: ${value}`)
  .join('\n')

const HEAD = `# Hedgerow: strategy and limits. Keys left commented out have the value shown.
# Fractions are fractions: 0.08 is 8 %. Lengths of time (…Ms) are written 90s, 15m, 12h or 3d; a plain
# number is milliseconds. Mode, port and folders come from the environment (HEDGEROW_…);
# secrets never stand in a file like this one.
# In mode sim, whose markets live for an afternoon, these are livelier unless set here:
${lively}
`

const WIDTH = 100

/** A hedgerow.yaml with every key, each explained and at its default. */
export function configTemplate(): string {
  const parts = Object.entries(sections).map(([name, { shape }]) => section(name, shape))
  const live = `# Mode live asks for this sentence, word for word:\n# acknowledgeLive: ${LIVE_ACKNOWLEDGEMENT}\n`
  return [HEAD, ...parts, live].join('\n')
}

function section(name: string, shape: Readonly<Record<string, z.ZodType>>): string {
  const keys = Object.entries(shape).map(([key, schema]) => {
    const { about, text } = schema.meta() as KeyNote
    return `${wrapped(about)}\n  # ${key}: ${text}\n`
  })
  return `${name}:\n${keys.join('\n')}`
}

function wrapped(text: string): string {
  const lines: string[] = ['  #']
  for (const word of `${text}.`.split(' ')) {
    const line = lines.at(-1) ?? ''
    if (line.length + word.length + 1 > WIDTH) lines.push(`  # ${word}`)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines.join('\n')
}
