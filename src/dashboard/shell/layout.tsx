/** What every page stands in: where one can go, the mode, the kill switch, and how old everything is. */
import { Search } from 'lucide-react'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { askedFor, createSignal } from '../data/signal.ts'
import { useIsStale, useLive } from '../data/use-live.ts'
import { useRows } from '../data/use-rows.ts'
import icon from '../icon.svg'
import calm from '../icon.svg'
import bad from '../icon-bad.svg'
import warn from '../icon-warn.svg'
import { StateChip } from '../show/amount.tsx'
import { bannerLines, type Said, tabText } from './banner-words.ts'
import { Keys } from './keys.tsx'
import { KillSwitch } from './kill-switch.tsx'
import { PLACES } from './places.ts'
import { StatusStrip } from './status-strip.tsx'
import { setTheme, storedTheme, THEMES, type Theme } from './theme.ts'

// System, dark or light.

function ThemeSwitch() {
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

// The browser's tab tells of a lost line, a halt and alerts, by its title and its icon: people have it in a row of many.

/** The name of the page that is shown. */
const pageTitle = createSignal('')

const ICONS = { calm, warn, bad }

/** Draws nothing on the page itself. */
function Tab() {
  const title = pageTitle.use()
  const isLost = useLive(live => live.line === 'lost')
  const isHalted = useLive(live => live.engine?.halt !== null && live.engine !== null)
  const standing = useStandingAlerts()
  const { prefix, icon } = tabText({ isLost, isHalted, standing })
  useEffect(() => {
    document.title = `${prefix}${title ? `${title} · ` : ''}Hedgerow`
    document.querySelector('link[rel="icon"]')?.setAttribute('href', ICONS[icon])
  }, [prefix, title, icon])
  return null
}

/** Those that stand and nobody took; undefined before they are known. */
function useStandingAlerts(): { pages: number; all: number } | undefined {
  const { data } = useRows('/api/alerts', 10_000)
  if (!data) return undefined
  const open = data.filter(each => each.clearedAtMs === null && each.acknowledgedAtMs === null)
  return { pages: open.filter(({ severity }) => severity === 'page').length, all: open.length }
}

// What everybody must know before they read a figure: a lost line, a halt, a limit that is reached, a flatten under way.

function Banner() {
  const lost = useLive(live => live.line === 'lost')
  const engine = useLive(live => live.engine)
  const said: Said[] = lost
    ? [{ text: 'The engine does not answer. The last known values are shown.', tone: 'bad' }]
    : bannerLines(engine)
  if (said.length === 0) return null
  return (
    <div
      className="border-b border-line px-4 py-1.5 text-[13px] font-medium"
      role={lost ? 'alert' : undefined}
    >
      {said.map(({ text, tone }) => (
        <p key={text} className={TONES[tone]}>
          {text}
        </p>
      ))}
    </div>
  )
}

const TONES = { bad: 'text-bad', warn: 'text-warn', good: 'text-good' }

/** Pages that stand under another one's name. */
const PART_OF: Readonly<Record<string, string>> = { symbols: '/opportunities' }

export function Layout({ children }: { children: ReactNode }) {
  const stale = useIsStale()
  return (
    <div className="flex min-h-dvh flex-col" data-stale={stale}>
      <Tab />
      <Keys />
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:z-20 focus:bg-panel focus:p-2"
      >
        Skip to the content
      </a>
      <header className="sticky top-0 z-10 bg-panel">
        <div className="flex min-h-[52px] flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-4 py-1.5">
          <Link href="/" className="flex items-center gap-2 font-semibold text-ink no-underline">
            <img src={icon} alt="" width="20" height="20" />
            Hedgerow
          </Link>
          <Places />
          <div className="ml-auto flex items-center gap-3">
            <Mode />
            <KillSwitch />
            <button
              type="button"
              className="btn"
              data-quiet=""
              title="Go to anything (Ctrl K)"
              onClick={() => askedFor.set('palette')}
            >
              <Search size={14} aria-hidden="true" />
              <span className="max-[1499px]:sr-only">Go to</span>
            </button>
            <ThemeSwitch />
          </div>
        </div>
        <StatusStrip />
        <Banner />
      </header>
      <main id="content" tabIndex={-1} className="flex min-h-0 flex-1 flex-col outline-none">
        {children}
      </main>
    </div>
  )
}

function Places() {
  const [path] = useLocation()
  return (
    <nav aria-label="Pages" className="flex flex-wrap gap-0.5">
      {PLACES.map(({ to, name }) => {
        const here = to === '/' ? path === '/' : (PART_OF[path.split('/')[1] ?? ''] ?? path).startsWith(to)
        return (
          <Link
            key={to}
            href={to}
            aria-current={here ? 'page' : undefined}
            className={`rounded-md px-2 py-1.5 text-[13px] no-underline min-[1500px]:px-2.5 hover:bg-raised ${
              here ? 'bg-raised font-semibold text-ink' : 'text-soft'
            }`}
          >
            {name}
            {name === 'Alerts' && <Standing />}
          </Link>
        )
      })}
    </nav>
  )
}

/** How many alerts wait for somebody. */
function Standing() {
  const standing = useStandingAlerts()
  if (!standing || standing.all === 0) return null
  return (
    <span className="chip ml-1" data-tone={standing.pages > 0 ? 'bad' : 'warn'}>
      {standing.all}
    </span>
  )
}

const MODES: Readonly<Record<string, string>> = {
  live: 'LIVE · real money',
  sim: 'sim · play money',
  demo: 'demo · play money',
  testnet: 'testnet · play money',
}

/** Real money is the one mode that shouts. */
function Mode() {
  const mode = useLive(live => live.engine?.mode)
  const state = useLive(live => live.engine?.state)
  if (!mode || !state) return null
  return (
    <span className="flex items-center gap-2">
      <span className="chip" data-tone={mode === 'live' ? 'bad' : 'accent'} title={`mode ${mode}`}>
        {MODES[mode] ?? mode}
      </span>
      <StateChip state={state} />
    </span>
  )
}

/** Each page's name: in the tab, as its first heading, and where focus goes after a change of page. */
export function PageTitle({
  title,
  children,
  hidden = false,
}: {
  title: string
  children?: ReactNode
  hidden?: boolean
}) {
  const ref = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    pageTitle.set(title)
  }, [title])
  return (
    <div className={hidden ? 'sr-only' : 'flex flex-wrap items-center gap-3'}>
      <h1 ref={ref} className="text-[17px] font-semibold">
        {title}
      </h1>
      {children}
    </div>
  )
}
