/** Dark, light, or as the system says; remembered by this browser only. */

export type Theme = 'system' | 'dark' | 'light'
const KEY = 'hedgerow-theme'

export const THEMES: readonly Theme[] = ['system', 'dark', 'light']

export function storedTheme(): Theme {
  const found = localStorage.getItem(KEY)
  return found === 'dark' || found === 'light' ? found : 'system'
}

/** Applies a theme and remembers it. Canvases hear of it by the `themechange` event on `window`. */
export function setTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme)
  applyTheme(theme)
}

export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
  dispatchEvent(new Event('themechange'))
}
