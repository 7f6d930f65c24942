/** A plan of faults from a file: YAML, of which JSON is a part. */
import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { type FaultPlan, FaultPlanError, faultPlan } from './plan.ts'

/** Throws `FaultPlanError` that names the file, each key, what was found and what was expected. */
export function readFaults(file: string): FaultPlan {
  const fail = (words: string): never => {
    throw new FaultPlanError(words.replace(/^/gm, `${file}: `))
  }
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return fail(`expected a file that can be read, found ${(error as NodeJS.ErrnoException).code}`)
  }
  const document = parseDocument(text)
  const [broken] = document.errors
  if (broken) return fail(`expected YAML or JSON, found ${broken.message.split('\n')[0]}`)
  try {
    return faultPlan(document.toJS() ?? {})
  } catch (error) {
    if (error instanceof FaultPlanError) return fail(error.message)
    throw error
  }
}
