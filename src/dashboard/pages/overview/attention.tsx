/** What needs a person, and whether the exchange agrees with us: the two short answers of the overview. */
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { ReconciliationLine } from '../../../api/rows/rows.ts'
import { amountText, countText, percentText, qtyText } from '../../../wording/figures.ts'
import { useLive } from '../../data/use-live.ts'
import { useRows } from '../../data/use-rows.ts'
import { Panel } from '../../show/panel.tsx'
import { byUrgency, subjectText } from '../alerts/alert-words.ts'
import { standing } from '../opportunities/standing.ts'

export function Attention() {
  return (
    <div className="flex min-w-0 flex-col gap-2.5">
      <Panel title="In order?">
        <dl className="divide-y divide-line text-[13px]">
          <Alerts />
          <Agreement />
          <Residuals />
        </dl>
      </Panel>
      <Best />
    </div>
  )
}

type LineParts = { name: string; children: ReactNode; to: string; link: string }

const Line = ({ name, children, to, link }: LineParts) => (
  <div className="grid grid-cols-[84px_1fr_auto] items-baseline gap-x-2 px-4 py-2">
    <dt className="text-soft">{name}</dt>
    <dd className="live min-w-0">{children}</dd>
    <dd>
      <Link href={to} className="text-[12.5px]">
        {link}
      </Link>
    </dd>
  </div>
)

const Fault = ({ error }: { error: unknown }) => (
  <span className="text-bad">{error instanceof Error ? error.message : String(error)}</span>
)

const SHOWN = 4

function Alerts() {
  const { data, error } = useRows('/api/alerts', 4000)
  const standing = byUrgency(data ?? []).filter(({ clearedAtMs }) => clearedAtMs === null)
  return (
    <Line name="Alerts" to="/alerts" link="All">
      {error && !data && <Fault error={error} />}
      {!error && !data && <span className="text-soft">loading…</span>}
      {data && standing.length === 0 && (
        <>
          <span className="text-good">None</span>: nothing needs a person
        </>
      )}
      <ul>
        {standing.slice(0, SHOWN).map(({ alertId, severity, message, subject, acknowledgedAtMs }) => (
          <li key={alertId} className="pb-1">
            <span className="chip mr-1.5" data-tone={severity === 'page' ? 'bad' : 'warn'}>
              {severity}
            </span>
            {message} <span className="text-soft">· {subjectText(subject)}</span>
            {acknowledgedAtMs !== null && <span className="text-faint"> · taken</span>}
          </li>
        ))}
      </ul>
      {standing.length > SHOWN && <span className="text-warn">and {standing.length - SHOWN} more</span>}
    </Line>
  )
}

function Agreement() {
  const { data, error } = useRows('/api/reconciliation', 5000)
  const lines = data?.lines ?? []
  const of = (wanted: ReconciliationLine['verdict']) => lines.filter(({ verdict }) => verdict === wanted)
  const [wrong, unclaimed] = [of('broken'), of('unclaimed')]
  const same = of('same').length
  return (
    <Line name="Exchange" to="/ledger" link="Compare">
      {error && !data && <Fault error={error} />}
      {!error && !data && <span className="text-soft">asking the exchange…</span>}
      {data && wrong.length === 0 && (
        <>
          <span className={unclaimed.length > 0 ? '' : 'text-good'}>Agrees</span> with our{' '}
          {countText(same, 'position or coin', 'positions and coins')}
          {data.inFlight.length > 0 && `, ${countText(data.inFlight.length, 'order')} in flight`}
          {of('dust').length > 0 && <span className="text-faint">; dust of {of('dust').length}</span>}
        </>
      )}
      {unclaimed.map(({ what, subject, difference, differenceUsdt, unit }) => (
        <span key={`${what} ${subject}`} className="block text-warn">
          No hedge claims {what} {subject}: {qtyText(difference)} {unit}
          {differenceUsdt !== null && `, ${amountText(differenceUsdt, { sign: true })} USDT`}
        </span>
      ))}
      {wrong.map(({ what, subject, engine, exchange }) => (
        <span key={`${what} ${subject}`} className="block text-bad">
          {what} {subject}: ours {engine}, theirs {exchange}
        </span>
      ))}
    </Line>
  )
}

function Residuals() {
  const residuals = useLive(live => live.engine?.ledgerResiduals)
  const all = Object.entries(residuals ?? {})
  const untied = all.filter(([, residual]) => Number(residual) !== 0)
  return (
    <Line name="Ledger" to="/ledger" link="Postings">
      {all.length === 0 ? (
        <span className="text-soft">not compared with the wallet yet</span>
      ) : untied.length === 0 ? (
        <>
          <span className="text-good">Ties out</span>: residual 0 in {countText(all.length, 'coin')}
        </>
      ) : (
        <span className="text-bad">
          Residual {untied.map(([coin, residual]) => `${residual} ${coin}`).join(', ')}
        </span>
      )}
    </Line>
  )
}

const BEST_SHOWN = 4

function Best() {
  const { data, error } = useRows('/api/opportunities', 3000)
  const best = (data ?? [])
    .filter(({ carry }) => carry !== null)
    .toSorted((a, b) => (b.carry?.cautiousApr ?? 0) - (a.carry?.cautiousApr ?? 0))
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
            <Link href={`/symbols/${row.symbol}`} className="font-semibold">
              {row.symbol}
            </Link>
            <span className="chip ml-auto" data-tone={standing(row).tone}>
              {standing(row).word}
            </span>
            <span className="num live w-20">
              {percentText(row.carry?.cautiousApr ?? 0, { places: 1, sign: true })}
            </span>
          </li>
        ))}
        {best.length === 0 && (
          <li className="px-4 py-2.5 text-soft">
            {data ? 'No symbol has been judged yet.' : error ? <Fault error={error} /> : 'Loading…'}
          </li>
        )}
      </ul>
    </Panel>
  )
}
