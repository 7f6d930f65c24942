/**
 * What a person may do with an actor now, each with where it leads. A command carries the version it was decided on: when
 * the actor has moved meanwhile it is refused, and the dialog says how it stands.
 */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { AnswerTo } from '../../../api/rows/answers.ts'
import { STAYS_CLOSED } from '../../../wording/hedges.ts'
import { ask, postEvent } from '../../data/client.ts'
import { useActor } from '../../data/use-live.ts'
import { HedgeClosing, PartChoice, WHOLE } from '../../money/closing-lines.tsx'
import { StateChip } from '../../show/amount.tsx'
import { ConfirmDialog } from '../../show/confirm-dialog.tsx'

type LegalEvent = AnswerTo<'/api/actors/{id}'>['legalEvents'][number]
type Words = { act: string; does: string; dangerous?: boolean; takesReason?: boolean }

const WORDS: Readonly<Record<string, Words>> = {
  'hedge.unwind': {
    act: 'Unwind',
    does: `Both legs are closed with crossing orders; fees and spread are paid now, and ${STAYS_CLOSED}.`,
    dangerous: true,
    takesReason: true,
  },
  'hedge.rebalance': {
    act: 'Level the legs',
    does: 'The legs are compared; an order is sent if they differ by a lot or more.',
  },
  'hedge.retry': { act: 'Try again', does: 'The hedge continues where it failed.' },
  'hedge.adopt': {
    act: 'Adopt what the exchange shows',
    does: 'The position and coins at the exchange replace what the hedge recorded.',
    dangerous: true,
  },
}

const PART = 'hedge.unwind-part'

export function Commands({ actorId, name }: { actorId: string; name: string }) {
  const version = useActor(actorId)?.version
  const [asking, setAsking] = useState<{ event: LegalEvent; version: number; state: string }>()
  const { data: actor } = useQuery({
    queryKey: ['actor', actorId, version],
    queryFn: ({ signal }) => ask('/api/actors/{id}', { params: { id: actorId }, signal }),
    enabled: version !== undefined,
    placeholderData: before => before,
  })
  const events = (actor?.legalEvents ?? []).filter(({ manual, to }) => manual && to !== null)
  // A part is closed from the same question.
  const buttons = events.filter(({ type }) => type !== PART)
  const isRunning = actor !== undefined && version !== undefined
  return (
    <div className="flex flex-wrap items-center gap-2">
      {(isRunning ? buttons : []).map(event => (
        <button
          key={event.type}
          type="button"
          className="btn"
          data-tone={WORDS[event.type]?.dangerous ? 'bad' : undefined}
          onClick={() => actor && setAsking({ event, version: actor.version, state: actor.state })}
        >
          {WORDS[event.type]?.act ?? event.type}
        </button>
      ))}
      <CommandDialog
        actorId={actorId}
        name={name}
        asking={asking}
        mayPart={events.some(({ type }) => type === PART)}
        onClose={() => setAsking(undefined)}
      />
    </div>
  )
}

type DialogParts = {
  actorId: string
  /** What people call it. */
  name: string
  asking: { event: LegalEvent; version: number; state: string } | undefined
  /** A part of it may be closed. */
  mayPart: boolean
  onClose: () => void
}

function CommandDialog({ actorId, name, asking, mayPart, onClose }: DialogParts) {
  const [because, setBecause] = useState('')
  const [share, setShare] = useState<string>(WHOLE)
  const type = asking?.event.type ?? ''
  const isPart = type === 'hedge.unwind' && mayPart && share !== WHOLE
  const words = WORDS[type]
  const send = () => {
    const reason = because.trim()
    return postEvent(
      actorId,
      {
        ...(isPart ? { type: PART, share } : { type }),
        ...(reason && words?.takesReason ? { because: reason } : {}),
      },
      asking?.version ?? 0,
    )
  }
  return (
    <ConfirmDialog
      open={asking !== undefined}
      title={`${words?.act ?? type} ${isPart ? 'a part of ' : ''}${name}?`}
      act={isPart ? 'Close the part' : (words?.act ?? `Send ${type}`)}
      dangerous={words?.dangerous ?? false}
      onClose={onClose}
      onAct={send}
    >
      {words && <p>{words.does}</p>}
      {type === 'hedge.unwind' && mayPart && <PartChoice chosen={share} onChoose={setShare} whole />}
      {type === 'hedge.unwind' && (
        <HedgeClosing hedgeId={actorId.replace(/^hedge:/, '')} share={isPart ? share : WHOLE} />
      )}
      {isPart && <p>The rest stays hedged and goes on earning.</p>}
      {asking && !isPart && (
        <p className="flex flex-wrap items-center gap-2">
          <StateChip state={asking.state} inner /> →{' '}
          {asking.event.to ? <StateChip state={asking.event.to} inner /> : 'depends on its guards'}
        </p>
      )}
      <p>Refused if the state has changed meanwhile.</p>
      {words?.takesReason && (
        <label className="block">
          Reason, for the audit
          <input
            className="field mt-1 w-full"
            maxLength={200}
            value={because}
            onChange={event => setBecause(event.target.value)}
          />
        </label>
      )}
    </ConfirmDialog>
  )
}
