/** What needs a person, and whether the exchange agrees with us: the two short answers of the overview. */
import { Link } from 'wouter'
import type { AlertRow, Reconciliation } from '../../api/rows.ts'
import { useLive } from '../live/use-live.ts'
import { standing } from '../opportunities/standing.ts'
import type { Opportunity } from '../rows.ts'
import { percentText } from '../show/figures.ts'
import { Failed, Panel } from '../show/panel.tsx'
import { shortInstantText } from '../show/time.ts'
import { useRows } from '../use-rows.ts'

export function Attention() {
  return (
    <div className="flex min-w-0 flex-col gap-2.5">
      <Standing />
      <Agreement />
      <Residuals />
      <Best />
    </div>
  )
}

const SHOWN = 4

function Standing() {
  const { data, error } = useRows<AlertRow[]>('/api/alerts', 4000)
  const standing = (data ?? []).filter(({ clearedAtMs }) => clearedAtMs === null)
  return (
    <Panel
      title="Alerts"
      note={standing.length > 0 ? `${standing.length} stand` : 'none stands'}
      actions={<Link href="/alerts">All</Link>}
    >
      {error ? (
        <Failed error={error} />
      ) : (
        <ul className="divide-y divide-line text-[13px]">
          {standing
            .slice(0, SHOWN)
            .map(({ alertId, severity, message, subject, raisedAtMs, acknowledgedAtMs }) => (
              <li key={alertId} className="flex items-baseline gap-2 px-4 py-1.5">
                <span className="chip" data-tone={severity === 'page' ? 'bad' : 'warn'}>
                  {severity}
                </span>
                <span className="min-w-0 flex-1">
                  {message} {subject && <span className="font-mono text-[12px] text-soft">{subject}</span>}
                  {acknowledgedAtMs !== null && <span className="text-faint"> · taken</span>}
                </span>
                <span className="whitespace-nowrap text-[12px] tabular-nums text-faint">
                  {shortInstantText(raisedAtMs)}
                </span>
              </li>
            ))}
          {standing.length === 0 && <li className="px-4 py-2.5 text-soft">Nothing needs a person now.</li>}
        </ul>
      )}
    </Panel>
  )
}

function Agreement() {
  const { data, error } = useRows<Reconciliation>('/api/reconciliation', 5000)
  const wrong = (data?.lines ?? []).filter(({ verdict }) => verdict === 'broken')
  const foreign = (data?.lines ?? []).filter(({ verdict }) => verdict === 'information')
  return (
    <Panel title="Engine against exchange" actions={<Link href="/ledger">Line by line</Link>}>
      {error ? (
        <Failed error={error} />
      ) : (
        <div className="px-4 py-2.5 text-[13px]">
          {wrong.length === 0 ? (
            <p>
              <span className="text-good">Agree</span> on {(data?.lines.length ?? 0) - foreign.length}{' '}
              positions and coins
              {data && data.inFlight.length > 0 && `, ${data.inFlight.length} orders at work`}
              {foreign.length > 0 && <span className="text-soft">; {foreign.length} not ours</span>}
            </p>
          ) : (
            <ul className="text-bad">
              {wrong.map(({ what, subject, engine, exchange }) => (
                <li key={`${what} ${subject}`}>
                  {what} {subject}: ours {engine}, exchange {exchange}
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
    </Panel>
  )
}

function Residuals() {
  const residuals = useLive(live => live.engine?.ledgerResiduals)
  const untied = Object.entries(residuals ?? {}).filter(([, residual]) => Number(residual) !== 0)
  return (
    <Panel title="Ledger" actions={<Link href="/ledger">Postings</Link>}>
      <p className="px-4 py-2.5 text-[13px]">
        {untied.length === 0 ? (
          <>
            <span className="text-good">Ties out</span> in {Object.keys(residuals ?? {}).length} coins:
            residual 0
          </>
        ) : (
          <span className="text-bad">
            Residual {untied.map(([coin, residual]) => `${residual} ${coin}`).join(', ')}
          </span>
        )}
      </p>
    </Panel>
  )
}

const BEST_SHOWN = 3

function Best() {
  const { data } = useRows<Opportunity[]>('/api/opportunities', 3000)
  const best = (data ?? [])
    .filter(({ carry }) => carry !== null)
    .toSorted((a, b) => (b.carry?.aprOnCapital ?? 0) - (a.carry?.aprOnCapital ?? 0))
    .slice(0, BEST_SHOWN)
  return (
    <Panel
      title="Best net APR now"
      className="flex-1"
      actions={<Link href="/opportunities">All, with reasons</Link>}
    >
      <ul className="divide-y divide-line text-[13px]">
        {best.map(row => (
          <li key={row.symbol} className="flex items-center gap-2 px-4 py-1.5" title={standing(row).why}>
            <span className="font-semibold">{row.symbol}</span>
            <span className="chip ml-auto" data-tone={standing(row).tone}>
              {standing(row).word}
            </span>
            <span className="num live w-20">{percentText(row.carry?.aprOnCapital ?? 0, 1, true)}</span>
          </li>
        ))}
        {best.length === 0 && <li className="px-4 py-2.5 text-soft">No symbol has been judged yet.</li>}
      </ul>
    </Panel>
  )
}
