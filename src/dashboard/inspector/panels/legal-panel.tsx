/** What a person may do now, and where each of it would lead. Asked about by name where it costs something. */
import { useEffect, useState } from 'react'
import type { FocusedEvent, InspectionRow } from '../../../api/inspection-view.ts'
import { actorName } from '../../../wording/hedges.ts'
import { command, Problem } from '../../data/client.ts'
import { HedgeClosing, PARTS, PartChoice } from '../../money/closing-lines.tsx'
import { ConfirmDialog } from '../../show/confirm-dialog.tsx'
import { eventWords } from '../chart/chart.ts'
import { shortState } from '../chart/tone.ts'
import { isDangerous, MEANINGS } from './dangerous.ts'
import { type Payload, payloadOf } from './payload.ts'

// Sends an event to an actor as it was seen. The engine compares versions at the very moment of sending; where only the
// version went on and the state is the one the person saw, the question is put again with the version of now.

type Seen = { actorId: string; state: string; version: number }

const TRIES = 4

/** @throws Problem: 409 with the present state when that is not what was seen, or the event is not legal in it */
async function sendAsSeen(seen: Seen, event: { type: string } & Payload): Promise<string> {
  let { version } = seen
  for (let tried = 1; ; tried++) {
    try {
      const path = `/api/actors/${encodeURIComponent(seen.actorId)}/events`
      return (await command(path, event, { expectVersion: version })).state
    } catch (error) {
      const isOnlyLate =
        error instanceof Problem &&
        error.status === 409 &&
        error.row.state === seen.state &&
        error.row.version !== undefined &&
        error.row.version !== version
      if (!isOnlyLate || tried === TRIES) throw error
      version = error.row.version ?? version
    }
  }
}

type Parts = {
  row: InspectionRow
  legal: readonly FocusedEvent[]
  /** What is shown is an earlier step: nothing can be sent from there. */
  isPast: boolean
  /** Asked for on the chart. */
  asked: { type: string; n: number } | undefined
  hovered: string | undefined
  onHover: (type: string | undefined) => void
}

/** `edits`: its fields are typed by hand. */
type Asking = { event: FocusedEvent; seen: Seen; edits?: boolean }

export function LegalPanel({ row, legal, isPast, asked, hovered, onHover }: Parts) {
  const [asking, setAsking] = useState<Asking>()
  const [answer, setAnswer] = useState<{ text: string; isRefusal: boolean }>()
  const manual = isPast ? [] : legal.filter(event => event.manual)
  const others = legal.filter(event => !event.manual)

  const seenNow = (): Seen => ({ actorId: row.id, state: row.state, version: row.version })
  const press = (event: FocusedEvent) => {
    const seen = seenNow()
    if (isDangerous(event.type) || event.ids.length > 1) setAsking({ event, seen })
    else void send(seen, { type: event.type, ...(event.ids[0] === undefined ? {} : { id: event.ids[0] }) })
  }
  const send = async (seen: Seen, event: { type: string } & Payload) => {
    try {
      const state = await sendAsSeen(seen, event)
      setAnswer({ text: `${event.type}: accepted, now in ${shortState(state)}`, isRefusal: false })
    } catch (error) {
      setAnswer({ text: refusalText(event.type, error), isRefusal: true })
      throw error
    }
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new press on the chart asks.
  useEffect(() => {
    const event = asked && manual.find(({ type }) => type === asked.type)
    if (event) press(event)
  }, [asked])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another actor has nothing to do with the last answer.
  useEffect(() => setAnswer(undefined), [row.id])

  return (
    <section aria-label="Events you can send now" className="panel shrink-0">
      <header className="flex items-baseline border-b border-line px-3 py-2">
        <h2 className="text-[13px] font-semibold">Events you can send now</h2>
        <span className="ml-auto text-[12px] text-faint">{isPast ? 'not live' : manual.length}</span>
      </header>
      <div className="space-y-1.5 p-3">
        {manual.map(event => (
          <Sendable
            key={event.type}
            event={event}
            state={row.state}
            isRinged={hovered === event.type}
            onPress={() => press(event)}
            onEdit={() => setAsking({ event, seen: seenNow(), edits: true })}
            onHover={onHover}
          />
        ))}
        {manual.length === 0 && (
          <p className="text-[13px] text-soft">
            {isPast ? 'Nothing can be sent to an earlier step.' : 'Nothing, in this state.'}
          </p>
        )}
        {!isPast && others.length > 0 && <EngineOnly events={others} />}
        <p
          role="status"
          className={`text-[12.5px] empty:hidden ${answer?.isRefusal ? 'text-bad' : 'text-good'}`}
          data-testid="answer"
        >
          {answer?.text}
        </p>
      </div>
      <SendDialog
        asking={asking}
        name={actorName(row.id, row.symbol)}
        onClose={() => setAsking(undefined)}
        onSend={send}
      />
    </section>
  )
}

type SendableParts = {
  event: FocusedEvent
  state: string
  isRinged: boolean
  onPress: () => void
  onEdit: () => void
  onHover: Parts['onHover']
}

/** One event a person may send, and where it would lead. */
const Sendable = ({ event, state, isRinged, onPress, onEdit, onHover }: SendableParts) => (
  <div className="flex items-center gap-2">
    <button
      type="button"
      className="btn w-[168px] shrink-0 justify-start font-mono text-[12px]"
      data-tone={isDangerous(event.type) ? 'bad' : 'good'}
      data-event={event.type}
      data-ring={isRinged}
      disabled={isRefused(event)}
      onClick={onPress}
      onPointerEnter={() => onHover(event.type)}
      onPointerLeave={() => onHover(undefined)}
      onFocus={() => onHover(event.type)}
      onBlur={() => onHover(undefined)}
    >
      {event.type}
    </button>
    <span className="min-w-0 text-[12.5px] leading-snug break-words text-soft" title={event.to ?? undefined}>
      {targetWords(event, state)}
    </span>
    <button
      type="button"
      className="btn tool ml-auto shrink-0"
      data-quiet=""
      title="Edit its fields before sending"
      aria-label={`Fields of ${event.type}`}
      disabled={isRefused(event)}
      onClick={onEdit}
    >
      {'{ }'}
    </button>
  </div>
)

const EngineOnly = ({ events }: { events: readonly FocusedEvent[] }) => (
  <p className="pt-1 text-[12px] leading-relaxed text-faint">
    From the engine only:{' '}
    {events.map(({ type }) => (
      <span key={type}>
        <code className="font-mono text-[11px] text-soft">{eventWords(type)}</code>{' '}
      </span>
    ))}
  </p>
)

const PART = 'hedge.unwind-part'

/** Whether a part may be closed, its share says, which is asked for first. */
const isRefused = ({ enabled, type }: FocusedEvent): boolean => enabled === false && type !== PART

const targetWords = (event: FocusedEvent, state: string): string => {
  const { to, type } = event
  if (type === PART) return 'a share of both legs; the rest stays'
  if (isRefused(event)) return 'a guard refuses it now'
  if (to === null) return 'the engine decides the target'
  // A long name may break after its dots only.
  return to === state ? 'stays in this state' : `→ ${shortState(to).replaceAll('.', '.\u200b')}`
}

function refusalText(type: string, error: unknown): string {
  if (error instanceof Problem && error.status === 409)
    return `${type} was refused: the state is ${shortState(error.row.state ?? 'another')} now.`
  return `${type}: ${error instanceof Error ? error.message : String(error)}`
}

type DialogParts = {
  asking: Asking | undefined
  /** What people call the actor. */
  name: string
  onClose: () => void
  onSend: (seen: Seen, event: { type: string } & Payload) => Promise<void>
}

function SendDialog({ asking, name, onClose, onSend }: DialogParts) {
  const [because, setBecause] = useState('')
  const [fields, setFields] = useState('')
  const [share, setShare] = useState<string>(PARTS[0])
  const hedgeId = /^hedge:(.+)$/.exec(asking?.seen.actorId ?? '')?.[1]
  const [id, setId] = useState('')
  const { event, seen } = asking ?? {}
  const takesReason = event !== undefined && /unwind|halt|flatten|quarantine/.test(event.type)
  const act = async () => {
    if (!event || !seen) return
    if (asking?.edits) return await onSend(seen, { type: event.type, ...payloadOf(fields) })
    const chosen = event.ids.length > 0 ? { id: id || (event.ids[0] ?? '') } : {}
    const part = event.type === PART ? { share } : {}
    await onSend(seen, {
      type: event.type,
      ...chosen,
      ...part,
      ...(takesReason && because ? { because } : {}),
    })
  }
  return (
    <ConfirmDialog
      open={asking !== undefined}
      title={event && seen ? `Send ${event.type} to ${name}?` : ''}
      act={`Send ${event?.type ?? ''}`}
      dangerous={event !== undefined && isDangerous(event.type)}
      onClose={onClose}
      onAct={act}
    >
      {event && seen && (
        <>
          <p>{MEANINGS[event.type]}</p>
          <p>
            It is in <strong className="text-ink">{shortState(seen.state)}</strong>
            {event.to === null || event.to === seen.state || event.type === PART ? (
              ' and stays there at first'
            ) : (
              <>
                {' '}
                and will go to <strong className="text-ink">{shortState(event.to)}</strong>
              </>
            )}
            . The engine refuses if the state has moved meanwhile.
          </p>
          {event.type === 'hedge.unwind' && hedgeId && <HedgeClosing hedgeId={hedgeId} />}
          {event.type === PART && hedgeId && (
            <>
              <PartChoice chosen={share} onChoose={setShare} />
              <HedgeClosing hedgeId={hedgeId} share={share} />
            </>
          )}
          {asking?.edits ? (
            <Fields example={event.ids[0]} value={fields} onChange={setFields} />
          ) : (
            <>
              {event.ids.length > 1 && <Which ids={event.ids} value={id} onChange={setId} />}
              {takesReason && <Reason value={because} onChange={setBecause} />}
            </>
          )}
        </>
      )}
    </ConfirmDialog>
  )
}

type FieldParts = { value: string; onChange: (value: string) => void }

const Fields = ({ example, value, onChange }: FieldParts & { example: string | undefined }) => (
  <label className="block">
    Its fields, as JSON beside its type
    <textarea
      className="field mt-1 h-24 w-full py-1.5 font-mono text-[12px]"
      spellCheck={false}
      placeholder={example === undefined ? '{"because": "…"}' : `{"id": ${JSON.stringify(example)}}`}
      value={value}
      onChange={change => onChange(change.target.value)}
    />
  </label>
)

const Which = ({ ids, value, onChange }: FieldParts & { ids: readonly string[] }) => (
  <label className="block">
    Which one
    <select className="field mt-1 w-full" value={value} onChange={change => onChange(change.target.value)}>
      {ids.map(each => (
        <option key={each}>{each}</option>
      ))}
    </select>
  </label>
)

const Reason = ({ value, onChange }: FieldParts) => (
  <label className="block">
    Reason, for the audit
    <input
      className="field mt-1 w-full"
      maxLength={200}
      value={value}
      onChange={change => onChange(change.target.value)}
    />
  </label>
)
