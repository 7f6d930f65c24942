/** Which page is shown at which address. Pages are loaded when they are first opened. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { Component, type FormEvent, lazy, type ReactNode, Suspense, useEffect, useRef, useState } from 'react'
import { Link, Route, Switch, useLocation } from 'wouter'
import { onSignedOut, Problem } from './data/client.ts'
import { signIn, takeCode } from './data/session.ts'
import { connection, useLive } from './data/use-live.ts'
import { Layout, PageTitle } from './shell/layout.tsx'

// What a browser without a session sees.

function SignInPage({ fault, onSignedIn }: { fault: string; onSignedIn: () => void }) {
  const [token, setToken] = useState('')
  const [refused, setRefused] = useState('')
  const refusal = refused || fault
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    try {
      await signIn(token.trim())
      onSignedIn()
    } catch (error) {
      setRefused(error instanceof Error ? error.message : String(error))
    }
  }
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <form onSubmit={submit} className="panel w-[min(440px,100%)] p-6">
        <h1 className="text-[18px] font-semibold">Hedgerow</h1>
        <p className="mt-1 text-soft">
          Open the one-time link that <code className="font-mono text-[13px]">npm start</code> printed, or{' '}
          <code className="font-mono text-[13px]">hedgerow link</code> for a new one. The token of the data
          folder works too.
        </p>
        <label className="mt-4 block text-[13px] text-soft">
          Token
          <input
            className="field mt-1 w-full"
            type="password"
            autoComplete="current-password"
            required
            value={token}
            onChange={event => setToken(event.target.value)}
          />
        </label>
        {refusal && (
          <p role="alert" className="mt-2 text-[13px] text-bad">
            {refusal}
          </p>
        )}
        <button type="submit" className="btn mt-4" data-tone="accent">
          Sign in
        </button>
      </form>
    </main>
  )
}

// A page that fails, or could not be loaded because the engine went away under it, takes nothing else from the screen: banner,
// kill switch and the way to other pages stay.

/** `at`: the address; another one is another chance. */
type Props = { at: string; children: ReactNode }

class PageBoundary extends Component<Props, { fault: string | null }> {
  override state = { fault: null }

  static getDerivedStateFromError(error: unknown) {
    return { fault: error instanceof Error ? error.message : String(error) }
  }

  override componentDidUpdate(before: Props) {
    if (before.at !== this.props.at && this.state.fault !== null) this.setState({ fault: null })
  }

  override render() {
    const { fault } = this.state
    return fault === null ? this.props.children : <Broken fault={fault} />
  }
}

/** Loads again by itself once the engine is back; a fault of the page alone would only come again. */
function Broken({ fault }: { fault: string }) {
  const line = useLive(live => live.line)
  const wasLost = useRef(false)
  useEffect(() => {
    if (line === 'lost') wasLost.current = true
    if (line === 'live' && wasLost.current) location.reload()
  }, [line])
  return (
    <div className="p-4" role="alert">
      <h1 className="text-base font-semibold">This page could not be shown</h1>
      <p className="mt-1 text-soft">{fault}</p>
      <button type="button" className="mt-3 underline" onClick={() => location.reload()}>
        Load it again
      </button>
    </div>
  )
}

const Hedge = lazy(async () => ({ default: (await import('./pages/hedge/page.tsx')).HedgePage }))
const Hedges = lazy(async () => ({ default: (await import('./pages/hedges/page.tsx')).HedgesPage }))
const SymbolExplained = lazy(async () => ({
  default: (await import('./pages/symbol/page.tsx')).SymbolPage,
}))
const Settings = lazy(async () => ({ default: (await import('./pages/settings/page.tsx')).SettingsPage }))
const Opportunities = lazy(async () => ({
  default: (await import('./pages/opportunities/page.tsx')).OpportunitiesPage,
}))
const Funding = lazy(async () => ({ default: (await import('./pages/funding/page.tsx')).FundingPage }))
const Ledger = lazy(async () => ({ default: (await import('./pages/ledger/page.tsx')).LedgerPage }))
const Alerts = lazy(async () => ({ default: (await import('./pages/alerts/page.tsx')).AlertsPage }))
const Audit = lazy(async () => ({ default: (await import('./pages/audit/page.tsx')).AuditPage }))
const Reports = lazy(async () => ({ default: (await import('./pages/reports/page.tsx')).ReportsPage }))
const Overview = lazy(async () => ({ default: (await import('./pages/overview/page.tsx')).OverviewPage }))
const Inspector = lazy(async () => ({ default: (await import('./inspector/page.tsx')).InspectorPage }))

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      refetchOnWindowFocus: false,
      retry: (failures, error) => !(error instanceof Problem && error.status < 500) && failures < 3,
    },
  },
})

export function App() {
  const signedOut = useLive(live => live.line === 'signed-out')
  const [at] = useLocation()
  const { fault, isReady } = useLoginLink()
  if (!isReady) return null
  if (signedOut) return <SignInPage fault={fault} onSignedIn={connection.open} />
  return (
    <QueryClientProvider client={queries}>
      <Layout>
        <PageBoundary at={at}>
          <Suspense fallback={<p className="p-4 text-soft">Loading…</p>}>
            <Pages />
          </Suspense>
        </PageBoundary>
      </Layout>
    </QueryClientProvider>
  )
}

function Pages() {
  return (
    <Switch>
      <Route path="/">
        <Overview />
      </Route>
      <Route path="/hedges/:id">{({ id }) => <Hedge key={id} id={decodeURIComponent(id)} />}</Route>
      <Route path="/hedges">
        <Hedges />
      </Route>
      <Route path="/symbols/:symbol">
        {({ symbol }) => <SymbolExplained key={symbol} symbol={decodeURIComponent(symbol)} />}
      </Route>
      <Route path="/settings">
        <Settings />
      </Route>
      <Route path="/opportunities">
        <Opportunities />
      </Route>
      <Route path="/funding">
        <Funding />
      </Route>
      <Route path="/ledger">
        <Ledger />
      </Route>
      <Route path="/alerts">
        <Alerts />
      </Route>
      <Route path="/audit">
        <Audit />
      </Route>
      <Route path="/reports">
        <Reports name={undefined} />
      </Route>
      <Route path="/reports/:name">{({ name }) => <Reports name={decodeURIComponent(name)} />}</Route>
      <Route path="/inspector">
        <Inspector actorId={undefined} />
      </Route>
      <Route path="/inspector/:actorId">
        {({ actorId }) => <Inspector actorId={decodeURIComponent(actorId)} />}
      </Route>
      <Route>
        <div className="p-4">
          <PageTitle title="No such page" />
          <p className="mt-2 text-soft">
            No page has this address. <Link href="/">Back to the overview</Link>, or press Ctrl K to go
            anywhere.
          </p>
        </div>
      </Route>
    </Switch>
  )
}

/** A login link signs in and opens the stream. Opened in a tab that already shows the page, only the fragment changes. */
function useLoginLink(): { fault: string; isReady: boolean } {
  const [fault, setFault] = useState('')
  const [isReady, setReady] = useState(false)
  useEffect(() => {
    const enter = async () => {
      const code = takeCode()
      try {
        if (code) await signIn(code)
      } catch (error) {
        setFault(error instanceof Error ? error.message : String(error))
      }
      connection.open()
      setReady(true)
    }
    void enter()
    addEventListener('hashchange', enter)
    const stop = onSignedOut(connection.signedOut)
    return () => {
      removeEventListener('hashchange', enter)
      stop()
      connection.close()
    }
  }, [])
  return { fault, isReady }
}
