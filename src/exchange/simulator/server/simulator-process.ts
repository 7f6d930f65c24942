/** The simulator's program: `node simulator-process.ts --port N --seed N --speed N --balance USDT --state FILE [--parent]`. */
import { runSimulatorProcess } from './process.ts'

await runSimulatorProcess(process.argv.slice(2), process.env)
