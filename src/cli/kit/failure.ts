/**
 * How a command ends: 0 done, 1 failed, 2 bad usage (which a fault in the configuration is too).
 */
import { type ConfigFaults, secretsIn } from '../../config/secrets.ts'
import { redaction } from '../../telemetry/redaction.ts'

type ExitCode = 1 | 2

/** A command that cannot do what it was asked. The text is all a person sees. */
export class CliFailure extends Error {
  override name = 'CliFailure'
  readonly exitCode: ExitCode
  /** The HTTP status, when it was the engine that refused. */
  readonly status: number | undefined
  constructor(message: string, exitCode: ExitCode = 1, status?: number) {
    super(message)
    this.exitCode = exitCode
    this.status = status
  }
}

/** `more`: what a program reads beside the text. */
type Explained = { text: string; exitCode: ExitCode; more?: object }

/** What is told on the error output, and the exit code, for anything thrown. Secrets of this shell are hidden. */
export function explained(error: unknown, env = process.env): Explained {
  const { text, ...rest } = spelled(error)
  return { text: redaction(secretsIn(env))(text), ...rest }
}

const ADVICE = '`hedgerow config init` writes a file with every key, its unit and its default'

function spelled(error: unknown): Explained {
  if (error instanceof CliFailure) {
    const { message: text, exitCode, status } = error
    return { text, exitCode, ...(status !== undefined && { more: { status } }) }
  }
  if (error instanceof Error && error.name === 'ConfigFaults') {
    const lines = error.message.split('\n')
    const { faults } = error as ConfigFaults
    const text = ['configuration:', ...lines, ADVICE].join('\n  ')
    return { text, exitCode: 2, more: { faults } }
  }
  // These say all there is to say; the stack of anything else is worth having.
  const known = error instanceof Error && ['PortInUse', 'FencedError', 'StartFault'].includes(error.name)
  if (known) return { text: error.message, exitCode: 1 }
  return { text: error instanceof Error ? (error.stack ?? error.message) : String(error), exitCode: 1 }
}
