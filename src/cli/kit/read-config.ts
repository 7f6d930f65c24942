/** The configuration as every command reads it: the file named or found here, and this shell's environment. */
import { type Config, loadConfig } from '../../config/config.ts'

export const readConfig = (file: string | undefined): Config =>
  loadConfig({ cwd: process.cwd(), env: process.env, file })
