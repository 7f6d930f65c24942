/** Commands that ask a running engine share where it is, how they print, and how their help ends. */
import type { Command } from 'commander'
import type { ClientOptions } from './client.ts'

export type Shown = ClientOptions & { json?: boolean }

type About = {
  /** With its arguments, as commander writes them: `send <actor> <event>`. */
  usage: string
  description: string
  examples: readonly string[]
  /** What --json prints; scripts may rely on it. */
  json: string
}

/**
 * A command that asks a running engine: with `--url` and `--json`, and a help that ends with examples and what the JSON is.
 */
export function asking(program: Command, { usage, description, examples, json }: About): Command {
  return withExamples(
    program
      .command(usage)
      .description(description)
      .option('--url <url>', 'address of the engine (default: from HEDGEROW_HOST and HEDGEROW_PORT)')
      .option('--json', 'print JSON'),
    examples,
    `\nJSON: ${json}`,
  )
}

/** Ends a command's help with examples. */
export const withExamples = (command: Command, examples: readonly string[], more = ''): Command =>
  command.addHelpText(
    'after',
    `\n${examples.length > 1 ? 'Examples' : 'Example'}:\n${examples.map(each => `  ${each}`).join('\n')}${more && `\n${more}`}`,
  )
