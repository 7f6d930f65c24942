/** Builds the pages of `src/dashboard` into `dist/`, which the API serves. Everything they load is in there. */
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// A test that builds them says 'test': the pages are the same pages, without React's checks for developers.
process.env.NODE_ENV = 'production'

export default defineConfig({
  root: 'src/dashboard',
  plugins: [react(), tailwindcss()],
  build: {
    outDir: '../../dist',
    emptyOutDir: true,
    // The pages may load nothing inline: what is small stays a file too.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
})
