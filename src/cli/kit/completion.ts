/**
 * Completion scripts, written from the commander program itself, so that a command or an option that is added is completed
 * without another word. Names of a running engine come from the hidden `complete-words`.
 */
import type { Argument, Command, Option } from 'commander'
import type { ActorDetail } from '../../api/engine-view.ts'
import { engineClient } from './client.ts'
import { CliFailure } from './failure.ts'
import { type Actor, actorPath } from './known-actors.ts'
import { print } from './output.ts'

export type Shell = 'bash' | 'zsh' | 'fish'

type Choice = { name: string; description: string }
/** One command as a shell needs it: the words to it, what may follow. */
type Spot = {
  path: string[]
  commands: Choice[]
  options: (Choice & { takesValue: boolean; words: string })[]
  /** What its arguments are called: the kinds that `complete-words` knows, or a list of words. */
  arguments: string[]
}

/** Arguments and values whose words the engine knows. */
const ASKED = ['actor', 'symbol', 'hedge', 'alert', 'kind', 'state', 'event']
const FIXED: Readonly<Record<string, string>> = { shell: 'bash zsh fish' }

/** The completion script of a shell for this program. */
export function completionScript(program: Command, shell: Shell): string {
  const spots = spotsOf(program, [])
  const write = { bash, zsh, fish }[shell]
  return write(program.name(), spots)
}

function spotsOf(command: Command, path: string[]): Spot[] {
  const children = command
    .createHelp()
    .visibleCommands(command)
    .filter(child => child.name() !== 'help')
  const spot: Spot = {
    path,
    commands: children.map(child => ({ name: child.name(), description: child.description() })),
    options: [...command.options, HELP].map(optionOf),
    arguments: command.registeredArguments.map(argument => kindOf(argument)),
  }
  return [spot, ...children.flatMap(child => spotsOf(child, [...path, child.name()]))]
}

const HELP = { long: '--help', description: 'show the help', required: false, optional: false } as Option

const optionOf = ({ long, description, required, flags }: Option) => {
  const value = /<(\w+)>/.exec(flags ?? '')?.[1] ?? ''
  return {
    name: long ?? '',
    description,
    takesValue: required,
    words: ASKED.includes(value) ? value : value === 'file' ? 'file' : '',
  }
}

const kindOf = (argument: Argument) =>
  ASKED.includes(argument.name()) ? argument.name() : (FIXED[argument.name()] ?? '')

/** The shells ask the same question with the same helper: which word is it, of which command. */
const cases = (spots: readonly Spot[], indent: string) =>
  spots
    .map(({ path, commands, options, arguments: kinds }) => {
      const names = commands.map(({ name }) => name).join(' ')
      const flags = options.map(({ name }) => name).join(' ')
      return `${indent}'${path.join(' ')}') commands='${names}' options='${flags}' kinds=(${kinds.map(kind => `'${kind}'`).join(' ')}) ;;`
    })
    .join('\n')

const valued = (spots: readonly Spot[]) => {
  const known = new Map<string, string>()
  for (const { options } of spots)
    for (const { name, takesValue, words } of options) if (takesValue) known.set(name, words)
  return [...known]
}

const valueCases = (spots: readonly Spot[], indent: string) =>
  valued(spots)
    .map(([name, words]) => `${indent}${name}) value='${words || 'none'}' ;;`)
    .join('\n')

const paths = (spots: readonly Spot[]) => spots.map(({ path }) => `'${path.join(' ')}'`).join('|')

const bash = (name: string, spots: readonly Spot[]) => `# bash completion of ${name}
_${name}() {
  local line=\${COMP_LINE:0:COMP_POINT} program=\${COMP_WORDS[0]} cur='' path='' value='' words='' word at
  local commands='' options='' kinds=() plain=() typed
  read -ra typed <<<"$line"
  [[ $line == *' ' ]] && typed+=('')
  cur=\${typed[-1]}
  for ((at = 1; at < \${#typed[@]} - 1; at++)); do
    word=\${typed[at]}
    [[ $value ]] && { value=''; continue; }
    if [[ $word == -* ]]; then
      case $word in
${valueCases(spots, '        ')}
      esac
      continue
    fi
    case "\${path:+$path }$word" in
      ${paths(spots)}) path="\${path:+$path }$word" ;;
      *) plain+=("$word") ;;
    esac
  done
  case "$path" in
${cases(spots, '    ')}
  esac
  local kind=\${kinds[\${#plain[@]}]-}
  if [[ $value ]]; then kind=$value
  elif [[ $cur == -* ]]; then kind='' words=$options
  elif [[ $commands && \${#plain[@]} == 0 ]]; then words="$commands"; fi
  case $kind in
    '' | none) ;;
    file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    ${ASKED.join('|')}) words+=" $("$program" complete-words "$kind" "\${plain[0]-}" 2>/dev/null)" ;;
    *) words+=" $kind" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  # A colon begins a new word for the shell: only what comes after the last one is written.
  if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
    local before=\${cur%"\${cur##*:}"}
    COMPREPLY=("\${COMPREPLY[@]#"$before"}")
  fi
}
complete -F _${name} ${name}
`

const zsh = (name: string, spots: readonly Spot[]) => `#compdef ${name}
_${name}() {
  local program=\${words[1]} cur=\${words[CURRENT]} path_='' value='' word at kind
  local commands='' options=''
  local -a kinds plain found
  for ((at = 2; at < CURRENT; at++)); do
    word=\${words[at]}
    [[ -n $value ]] && { value=''; continue }
    if [[ $word == -* ]]; then
      case $word in
${valueCases(spots, '        ')}
      esac
      continue
    fi
    case "\${path_:+$path_ }$word" in
      ${paths(spots)}) path_="\${path_:+$path_ }$word" ;;
      *) plain+=("$word") ;;
    esac
  done
  case "$path_" in
${cases(spots, '    ')}
  esac
  kind=\${kinds[\${#plain}+1]}
  if [[ -n $value ]]; then kind=$value
  elif [[ $cur == -* ]]; then kind='' found=(\${(s: :)options})
  elif [[ -n $commands && \${#plain} == 0 ]]; then found=(\${(s: :)commands}); fi
  case $kind in
    ''|none) ;;
    file) _files; return ;;
    ${ASKED.join('|')}) found+=(\${(f)"$("$program" complete-words "$kind" "\${plain[1]}" 2>/dev/null)"}) ;;
    *) found+=(\${(s: :)kind}) ;;
  esac
  compadd -- $found
}
if [[ $funcstack[1] == _${name} ]]; then _${name} "$@"; else compdef _${name} ${name}; fi
`

const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

function fish(name: string, spots: readonly Spot[]): string {
  const asked = (kind: string) => `'(${name} complete-words ${kind} 2>/dev/null)'`
  const lines = spots.flatMap(({ path, commands, options, arguments: kinds }) => {
    const [first, second] = path
    const seen = [first, second].filter(Boolean).map(word => `__fish_seen_subcommand_from ${word}`)
    const children = commands.map(child => child.name).join(' ')
    const here = [...seen, ...(children ? [`not __fish_seen_subcommand_from ${children}`] : [])].join(
      '; and ',
    )
    const condition = `-n ${quoted(path.length === 0 ? '__fish_use_subcommand' : here)}`
    const kind = kinds[0] ?? ''
    const event = kinds.includes('event')
    return [
      ...commands.map(
        child => `complete -c ${name} -f ${condition} -a ${child.name} -d ${quoted(child.description)}`,
      ),
      ...options.map(
        option =>
          `complete -c ${name} -f ${condition} -l ${option.name.slice(2)}${option.takesValue ? ' -r' : ''}` +
          `${ASKED.includes(option.words) ? ` -a ${asked(option.words)}` : ''} -d ${quoted(option.description)}`,
      ),
      ...(kind === ''
        ? []
        : [`complete -c ${name} -f ${condition} -a ${ASKED.includes(kind) ? asked(kind) : quoted(kind)}`]),
      ...(event
        ? [
            `complete -c ${name} -f ${condition} -a '(${name} complete-words event (commandline -opc)[3] 2>/dev/null)'`,
          ]
        : []),
    ]
  })
  return `# fish completion of ${name}\n${lines.join('\n')}\n`
}

/**
 * Names of a running engine for the shell, one a line. A person waits for this at each Tab: an engine that is not there, or
 * not quick, gives no names, and nothing is ever said about it.
 */
const QUICK_MS = 700

/**
 * Prints names of a running engine of this kind, one a line; nothing where no engine answers in time. Throws only what has
 * nothing to do with an engine.
 */
export async function completeWords(kind: string, of: string | undefined): Promise<void> {
  try {
    const names = await namesOf(kind, of)
    if (names.length > 0) print([...new Set(names)].join('\n'))
  } catch (error) {
    const isAboutEngine = error instanceof CliFailure || (error as Error).name === 'ConfigFaults'
    if (!isAboutEngine) throw error
  }
}

async function namesOf(kind: string, of: string | undefined): Promise<string[]> {
  const client = engineClient({}, process.env, QUICK_MS)
  if (kind === 'event') {
    const actor = (await client.find(actorPath(of ?? ''))) as ActorDetail | undefined
    return actor?.legalEvents.filter(({ manual }) => manual).map(({ type }) => type) ?? []
  }
  if (kind === 'alert') {
    const alerts = (await client.find('/api/alerts')) as
      | { alertId: string; clearedAtMs: number | null }[]
      | undefined
    return alerts?.filter(({ clearedAtMs }) => clearedAtMs === null).map(({ alertId }) => alertId) ?? []
  }
  if (kind === 'hedge') return ((await client.get('/api/hedges')) as { id: string }[]).map(({ id }) => id)
  const actors = (await client.get('/api/actors')) as Actor[]
  if (kind === 'actor') return actors.map(({ id }) => id)
  if (kind === 'kind') return actors.map(actor => actor.kind)
  if (kind === 'state') return actors.map(({ state }) => state.split(/[. ]/)[0] ?? '')
  if (kind === 'symbol') return actors.flatMap(({ id }) => (id.startsWith('symbol:') ? [id.slice(7)] : []))
  return []
}
