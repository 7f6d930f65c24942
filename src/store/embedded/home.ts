/**
 * Where the embedded server lives, and as whom it runs.
 * PostgreSQL refuses to run as root, so root hands it to `nobody`; whoever that is must be able to walk to every folder
 * it uses. A data folder that others cannot walk into (a 0700 home) therefore only holds a link to a folder under /var/lib.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** Undefined: the server runs as we do. */
type ServerUser = { uid: number; gid: number } | undefined

export type EmbeddedHome = {
  /** Holds `data`, `server.log` and the folders below. */
  root: string
  data: string
  logFile: string
  /** The socket's folder; short enough for the kernel's 107 bytes. */
  socketDir: string
  user: ServerUser
}

const SOCKET_NAME = '.s.PGSQL.5432'
/** sun_path is 108 bytes with its closing zero. */
const SOCKET_PATH_MAX = 107
/** Where root keeps what the server's user must reach. */
export const SHARED_ROOT = '/var/lib/hedgerow'

/** Makes (or finds again) the folders of the embedded server below `dataDir`. Throws with the folder's name and the reason. */
export function embeddedHome(dataDir: string): EmbeddedHome {
  const user = serverUser()
  const root = rootFolder(resolve(dataDir), user)
  return {
    root,
    data: join(root, 'data'),
    logFile: join(root, 'server.log'),
    socketDir: socketFolder(root, user),
    user,
  }
}

/** `nobody` when we are root, otherwise ourselves. */
function serverUser(): ServerUser {
  if (process.getuid?.() !== 0) return undefined
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find(entry => entry.startsWith('nobody:'))
  const [, , uid, gid] = line?.split(':') ?? []
  if (!uid || !gid)
    throw new Error(
      'embedded PostgreSQL: running as root needs a user "nobody" in /etc/passwd, found none; run as an ordinary user or set HEDGEROW_DATABASE_URL',
    )
  return { uid: Number(uid), gid: Number(gid) }
}

/** Can users other than its owners enter this folder and everything above it? */
export function othersCanWalkInto(folder: string): boolean {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false
    if (at === dirname(at)) return true
  }
}

/** The folder that holds embedded databases of root, entered by all; made when it is missing. */
export function sharedRoot(): string {
  if (mkdirSync(SHARED_ROOT, { recursive: true })) chmodSync(SHARED_ROOT, 0o755)
  return SHARED_ROOT
}

/** Makes a folder owned by the server's user, only for its eyes. */
export function ownFolder(folder: string, user: ServerUser): string {
  attempt(`make the folder ${folder}`, () => mkdirSync(folder, { recursive: true, mode: 0o700 }))
  attempt(`hand ${folder} to the server's user`, () => {
    if (user) chownSync(folder, user.uid, user.gid)
    chmodSync(folder, 0o700)
  })
  return folder
}

/** Runs one step on the file system; its failure names the step in words and the system's reason. */
export function attempt<Result>(what: string, step: () => Result): Result {
  try {
    return step()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`embedded PostgreSQL: could not ${what}: ${reason}`, { cause: error })
  }
}

function rootFolder(dataDir: string, user: ServerUser): string {
  attempt(`make the data folder ${dataDir}`, () => mkdirSync(dataDir, { recursive: true }))
  const inside = join(dataDir, 'postgres')
  const link = linkTarget(inside)
  if (link) return ownFolder(link, user)
  if (!user || othersCanWalkInto(dataDir)) return ownFolder(inside, user)
  // The name is new each time: a data folder that somebody deleted must not come back with its old contents.
  const outside = attempt(`make a folder under ${SHARED_ROOT}`, () =>
    mkdtempSync(join(sharedRoot(), 'server-')),
  )
  ownFolder(outside, user)
  attempt(`link ${inside} to ${outside}`, () => symlinkSync(outside, inside))
  return outside
}

function linkTarget(path: string): string | undefined {
  const found = attempt(`look at ${path}`, () => lstatSync(path, { throwIfNoEntry: false }))
  return found?.isSymbolicLink() ? readlinkSync(path) : undefined
}

function socketFolder(root: string, user: ServerUser): string {
  const beside = join(root, 'run')
  if (Buffer.byteLength(join(beside, SOCKET_NAME)) <= SOCKET_PATH_MAX) return ownFolder(beside, user)
  const short = join('/tmp', `hedgerow-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`)
  ownFolder(short, user)
  // Anybody may have made a folder of this name in /tmp before us.
  const owner = lstatSync(short)
  const expected = user?.uid ?? process.getuid?.()
  if (!owner.isDirectory() || owner.uid !== expected)
    throw new Error(
      `embedded PostgreSQL: the socket folder ${short} belongs to user ${owner.uid}, expected ${expected}`,
    )
  return short
}

/**
 * The file in which PostgreSQL names the process that holds its folder. A power cut leaves it behind, and by then its number may be
 * that of some other program: PostgreSQL would refuse to start beside it for ever.
 */
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
