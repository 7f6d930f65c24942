/** The inspector: every actor at the left, the live state chart of one in the middle, what may be done at the right. */
import './inspector.css'
import { useCallback, useEffect } from 'react'
import { useLocation, useSearch } from 'wouter'
import { PageTitle } from '../shell/layout.tsx'
import { ActorList } from './actor-list.tsx'
import { useKeys } from './chart/chart-view.tsx'
import { readFeed, useFeed, useInspection } from './feed.ts'
import { ActorPane } from './panels/actor-pane.tsx'

export function InspectorPage({ actorId }: { actorId: string | undefined }) {
  const [, navigate] = useLocation()
  const step = new URLSearchParams(useSearch()).get('step')
  const seq = step !== null && /^\d{1,9}$/.test(step) ? Number(step) : undefined
  useInspection(actorId)
  const open = useCallback((id: string) => navigate(addressOf(id)), [navigate])
  const onSeq = useCallback(
    (to: number | undefined) => actorId && navigate(addressOf(actorId, to), { replace: true }),
    [actorId, navigate],
  )
  useFirstActor(actorId, open)
  useKeys({
    '/': () => document.getElementById('actor-search')?.focus(),
    t: () => document.getElementById('trouble-filter')?.click(),
    a: () => document.getElementById('actor-tree')?.focus(),
  })
  return (
    <div className="inspector">
      <PageTitle title={actorId ? `Inspector: ${actorId}` : 'Inspector'} hidden />
      <ActorList focus={actorId} onOpen={open} />
      {actorId ? (
        <ActorPane key={actorId} actorId={actorId} seq={seq} onSeq={onSeq} />
      ) : (
        <p className="grid place-items-center text-soft">Choose an actor on the left.</p>
      )}
      <Line />
    </div>
  )
}

const addressOf = (id: string, seq?: number) =>
  `/inspector/${encodeURIComponent(id)}${seq === undefined ? '' : `?step=${seq}`}`

/** Without an address one sees what is most likely looked for: an open hedge, else the engine. */
function useFirstActor(actorId: string | undefined, open: (id: string) => void): void {
  const shape = useFeed(feed => feed.shape)
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again whenever actors come.
  useEffect(() => {
    if (actorId) return
    const rows = [...readFeed().rows.values()].filter(({ status }) => status === 'running')
    const first = rows.find(({ kind }) => kind === 'hedge') ?? rows.find(({ kind }) => kind === 'engine')
    if (first) open(first.id)
  }, [actorId, shape, open])
}

/** Said only when the stream is not what it should be. */
function Line() {
  const line = useFeed(feed => feed.line)
  if (line === 'live' || line === 'connecting') return null
  return (
    <p role="status" className="line-lost" data-testid="line">
      {line === 'lost'
        ? 'The inspector’s stream is lost; trying again. The last known values are shown.'
        : 'Paused while hidden.'}
    </p>
  )
}
