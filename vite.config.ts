/** Builds the pages of `src/dashboard` into `dist/`, which the API serves. Everything they load is in there. */
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { build, defineConfig, type Plugin } from 'vite'

// A test that builds them says 'test': the pages are the same pages, without React's checks for developers.
process.env.NODE_ENV = 'production'

const ROOT = 'src/dashboard'
const BUILD = {
  outDir: '../../dist',
  // The pages may load nothing inline: what is small stays a file too.
  assetsInlineLimit: 0,
  modulePreload: { polyfill: false },
  reportCompressedSize: true,
} as const

/** The page that frames another site is a program of its own: built together, the two would share files and both grow. */
function framingPage(): Plugin {
  let outDir: string = BUILD.outDir
  let logLevel: 'info' | 'warn' | 'error' | 'silent' = 'info'
  return {
    name: 'framing-page',
    apply: 'build',
    configResolved: config => {
      outDir = config.build.outDir
      logLevel = config.logLevel ?? logLevel
    },
    closeBundle: async () => {
      await build({
        configFile: false,
        root: ROOT,
        logLevel,
        build: {
          ...BUILD,
          outDir,
          emptyOutDir: false,
          rolldownOptions: { input: `${ROOT}/hosted-inspector.html` },
        },
      })
    },
  }
}

export default defineConfig({
  root: ROOT,
  plugins: [react(), tailwindcss(), framingPage()],
  build: { ...BUILD, emptyOutDir: true },
})
