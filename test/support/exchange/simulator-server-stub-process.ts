/** The simulator process over the stub core. */
import { runSimulatorProcess } from '../../../src/exchange/simulator/server/process.ts'
import { stubCore } from './simulator-server-stub.ts'

await runSimulatorProcess(process.argv.slice(2), process.env, stubCore)
