/** System, dark or light. */
import { useState } from 'react'
import { setTheme, storedTheme, THEMES, type Theme } from './theme.ts'

export function ThemeSwitch() {
  const [theme, choose] = useState(storedTheme)
  return (
    <select
      aria-label="Theme"
      className="field"
      value={theme}
      onChange={event => {
        const chosen = event.target.value as Theme
        setTheme(chosen)
        choose(chosen)
      }}
    >
      {THEMES.map(each => (
        <option key={each} value={each}>
          {each}
        </option>
      ))}
    </select>
  )
}
