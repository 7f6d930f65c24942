/** The chart of each kind of durable actor. */
import type { AnyStateMachine } from 'xstate'
import { deskMachine } from '../../machines/desk.ts'
import { engineMachine } from '../../machines/engine.ts'
import { hedgeMachine } from '../../machines/hedge/hedge.ts'
import { supervisorMachine } from '../../machines/supervisor.ts'
import { symbolMachine } from '../../machines/symbol.ts'

export const CHARTS: Readonly<Record<string, AnyStateMachine>> = {
  engine: engineMachine,
  supervisor: supervisorMachine,
  desk: deskMachine,
  symbol: symbolMachine,
  hedge: hedgeMachine,
}
