/** A data folder of a test's own that the server's user can walk into. */
import { chmodSync, existsSync, lstatSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export function freshFolder(mode = 0o755): { folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-test-'))
  chmodSync(folder, mode)
  return {
    folder,
    remove() {
      const inside = join(folder, 'postgres')
      // Below a closed folder the launcher leaves a link to where the server really lives.
      if (existsSync(inside) && lstatSync(inside).isSymbolicLink())
        rmSync(readlinkSync(inside), { recursive: true, force: true })
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
