/**
 * Where the embedded server lives, and as whom it runs.
 * PostgreSQL refuses to run as root, so root hands it to `nobody`; whoever that is must be able to walk to every folder
 * it uses. A data folder that others cannot walk into (a 0700 home) therefore only holds a link to a folder under /var/lib.
 */
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
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
