/** Where the pages begin. */
import '@fontsource-variable/inter'
import '@fontsource-variable/jetbrains-mono'
import './style.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { applyTheme, storedTheme } from './shell/theme.ts'

applyTheme(storedTheme())
const root = document.getElementById('root')
if (!root) throw new Error('index.html: expected an element #root')
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
