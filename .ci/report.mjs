// Reads the JSON reports of the test runs, for `.ci/run`. Plain JavaScript: the gate runs it with whatever Node the machine has.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

const [command, ...files] = process.argv.slice(2)
const read = file => JSON.parse(readFileSync(file, 'utf8'))
const print = line => process.stdout.write(`${line}\n`)

/** Every file of a run that failed, also one that failed outside its tests, with the tests that failed in it. */
const failuresOf = report =>
  report.testResults
    .filter(result => result.status === 'failed')
    .map(result => ({
      file: path.relative(process.cwd(), result.name),
      tests: result.assertionResults
        .filter(test => test.status === 'failed')
        .map(test => test.fullName.trim()),
      why: (result.assertionResults.flatMap(test => test.failureMessages)[0] ?? result.message ?? '').split(
        '\n',
      )[0],
    }))

if (command === 'failed-files') {
  for (const { file } of failuresOf(read(files[0]))) print(file)
} else {
  const isAgain = file => file.endsWith('-again.json')
  const reports = files.filter(file => existsSync(file)).map(file => ({ file, report: read(file) }))
  let steadied = 0
  for (const { file, report } of reports.filter(({ file }) => !isAgain(file))) {
    const again = reports.find(other => other.file === file.replace('.json', '-again.json'))
    const stillFailing = again && new Set(failuresOf(again.report).map(failure => failure.file))
    for (const failure of failuresOf(report)) {
      const isSteadied = stillFailing !== undefined && !stillFailing.has(failure.file)
      if (isSteadied) steadied += failure.tests.length
      print(
        `${isSteadied ? 'UNSTEADY, passed alone' : 'FAILED'}: ${failure.file}: ${failure.tests.join('; ') || 'outside its tests'}`,
      )
      print(`    ${failure.why}`)
    }
  }
  const sum = name =>
    reports.filter(({ file }) => !isAgain(file)).reduce((total, { report }) => total + report[name], 0)
  const passed = `${sum('numPassedTests') + steadied} passed${steadied > 0 ? ` (${steadied} on the second run)` : ''}`
  print(`${passed}, ${sum('numFailedTests') - steadied} failed, ${sum('numPendingTests')} skipped`)
}
