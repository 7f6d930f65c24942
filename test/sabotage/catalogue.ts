/** Every sabotage, and the ten that take no time. */
import { DECISIONS } from './decisions.ts'
import { DURABILITY } from './durability.ts'
import { LEGS } from './legs.ts'
import { MONEY } from './money.ts'
import type { Sabotage } from './sabotage.ts'

export const SABOTAGES: readonly Sabotage[] = [...DURABILITY, ...LEGS, ...MONEY, ...DECISIONS]

const FAST_COUNT = 10
const isFormula = ({ caughtBy }: Sabotage) => caughtBy.every(file => file.startsWith('test/domain/'))

/** Ten that only formulas have to notice, no two in one file where that can be had. */
export function fastSabotages(all: readonly Sabotage[] = SABOTAGES): Sabotage[] {
  const formulas = all.filter(isFormula)
  const firstOfFile = formulas.filter((each, i) => formulas.findIndex(({ file }) => file === each.file) === i)
  return firstOfFile.slice(0, FAST_COUNT)
}
