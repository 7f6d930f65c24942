/** Shell completion: the script of a shell, and the hidden command that its script asks for the engine's names. */
import { type Command, InvalidArgumentError } from 'commander'
import { withExamples } from '../kit/asking.ts'
import type { Shell } from '../kit/completion.ts'

const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish']
const WORDS_COMMAND = 'complete-words'

export function completionCommands(program: Command): void {
  withExamples(program.command('completion'), [
    'source <(hedgerow completion bash)          # now; or into /etc/bash_completion.d/hedgerow',
    'hedgerow completion zsh > ~/.zfunc/_hedgerow',
    'hedgerow completion fish > ~/.config/fish/completions/hedgerow.fish',
  ])
    .description('print the completion script of a shell: bash, zsh or fish')
    .argument('<shell>', 'bash, zsh or fish', shell)
    .action(async (wanted: Shell) => {
      const { completionScript } = await import('../kit/completion.ts')
      process.stdout.write(completionScript(program, wanted))
    })
  program
    .command(WORDS_COMMAND, { hidden: true })
    .argument('<kind>')
    .argument('[of]')
    .action(async (kind: string, of: string | undefined) =>
      (await import('../kit/complete-words.ts')).completeWords(kind, of),
    )
}

function shell(text: string): Shell {
  const known = SHELLS.find(each => each === text)
  if (known) return known
  throw new InvalidArgumentError(`expected bash, zsh or fish, found ${text}`)
}
