/** What would make a hedge close: each rule with where it stands and where it acts, and what closing now would cost. */
import { useQuery } from '@tanstack/react-query'
import type { ExitRules } from '../../api/rows/closing.ts'
import { agoText, bpsText, lengthText } from '../../wording/figures.ts'
import { ask } from '../data/client.ts'
import { useEngineNowMs } from '../data/use-live.ts'
import { Empty, Failed, Panel } from '../show/panel.tsx'
import { HedgeClosing } from './closing-lines.tsx'

const EVERY_MS = 3000

/** `called`: where several stand on one page, each says whose it is. */
type Parts = { hedgeId: string; called?: string | undefined }

export function ExitPanel({ hedgeId, called = 'it' }: Parts) {
  const { data, error } = useQuery({
    queryKey: ['exit', hedgeId],
    queryFn: ({ signal }) => ask('/api/hedges/{id}/exit', { params: { id: hedgeId }, signal }),
    refetchInterval: EVERY_MS,
    placeholderData: before => before,
  })
  return (
    <Panel title={`What would make ${called} close`} note="each rule: its value now and its threshold">
      {data ? <Rules rules={data} /> : error ? <Failed error={error} /> : <Empty>Loading…</Empty>}
    </Panel>
  )
}

function Rules({
  rules: { conditions, judgement, because, unseenBecause, settlement },
}: {
  rules: ExitRules
}) {
  const nowMs = useEngineNowMs()
  return (
    <div className="text-[13px]">
      <p className="border-b border-line px-4 py-2">
        {because ? (
          <>
            <strong className="font-semibold">No rule is active:</strong> {because}.
          </>
        ) : judgement ? (
          <>
            <strong className="font-semibold">{VERDICTS[judgement.verdict] ?? judgement.verdict}</strong>:{' '}
            {judgement.text} <span className="text-faint">({agoText(nowMs - judgement.judgedAtMs)})</span>.
          </>
        ) : (
          'Not judged yet.'
        )}
        {unseenBecause && (
          <span className="block text-warn">Not all can be judged now: {unseenBecause}.</span>
        )}
      </p>
      <dl className="divide-y divide-line">
        {conditions.map(({ rule, name, text, isMet, now }) => (
          <div key={rule} className="grid grid-cols-[12px_minmax(120px,190px)_1fr] gap-x-2 px-4 py-1.5">
            <span
              aria-hidden="true"
              className={`mt-[6px] size-2 rounded-full ${now === null ? 'bg-edge' : isMet ? 'bg-warn' : 'bg-good'}`}
            />
            <dt className={isMet ? 'font-semibold text-warn' : ''}>
              {name}
              <span className="sr-only">
                {now === null ? ': not known' : isMet ? ': reached' : ': not reached'}
              </span>
            </dt>
            <dd className="live text-soft">{text}</dd>
          </div>
        ))}
      </dl>
      {settlement && (
        <p className="border-t border-line px-4 py-2 text-soft">
          The next settlement, in {lengthText(Math.max(0, settlement.inMs))}, is expected to bring{' '}
          <span className="live">{bpsText(settlement.gainBps)}</span> after the borrow
          {settlement.waitsForIt ? ': exits that are not urgent wait for it.' : ': no exit waits for it.'}
        </p>
      )}
    </div>
  )
}

const VERDICTS: Readonly<Record<string, string>> = { hold: 'Holding', leave: 'Leaving', wait: 'Waiting' }

export const ClosingPanel = ({ hedgeId, called = 'it' }: Parts) => (
  <Panel title={`Closing ${called} now`} note="if both legs crossed the order books now">
    <div className="px-4 py-2.5 text-[13px] text-soft">
      <HedgeClosing hedgeId={hedgeId} />
    </div>
  </Panel>
)
