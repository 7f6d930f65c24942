/**
 * The file in which PostgreSQL names the process that holds its folder. A power cut leaves it behind, and by then its number may be
 * that of some other program: PostgreSQL would refuse to start beside it for ever.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { attempt, type EmbeddedHome } from './home.ts'

const fileOf = (home: EmbeddedHome) => join(home.data, 'postmaster.pid')

/** The server's process id as PostgreSQL wrote it; undefined when no server holds the folder. */
export function serverPid(home: EmbeddedHome): number | undefined {
  const pid = Number(textOf(fileOf(home)).split('\n')[0])
  return pid > 0 ? pid : undefined
}

/** Is there a process of this id? Also when it is another user's. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Is this process alive and the server of this folder? One whose command cannot be read is taken for it. */
export function isServerOf(home: EmbeddedHome, pid: number): boolean {
  if (!isAlive(pid)) return false
  const command = commandOf(pid)
  return command === undefined || command.includes(`-D ${home.data} `)
}

/**
 * Takes the folder from a process that is not its server: the file is kept beside, and names this process, the parent of the server
 * to come, which PostgreSQL takes for a leftover. What else it says stays: by it PostgreSQL itself makes sure that no process of
 * the former server is left. Gives the process it named; undefined when there is nothing to take.
 */
export function takeFromStranger(home: EmbeddedHome): number | undefined {
  const pid = serverPid(home)
  if (pid === undefined || pid === process.pid || !isAlive(pid) || isServerOf(home, pid)) return undefined
  attempt(`put ${fileOf(home)} aside`, () => {
    copyFileSync(fileOf(home), `${fileOf(home)}.left`)
    const [, ...rest] = textOf(fileOf(home)).split('\n')
    writeFileSync(fileOf(home), [process.pid, ...rest].join('\n'))
  })
  return pid
}

/** Its program and arguments; undefined when the system does not say. */
function commandOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    // Not every system has that folder.
  }
  try {
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
  } catch {
    return undefined
  }
}

/** Empty where there is no such file: a server that ends takes its own away at any moment. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
