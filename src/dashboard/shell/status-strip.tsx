/** How old is what we see: the page's own line, the engine, its database and lease, each feed, the exchange. */
import type { HealthPart } from '../../api/engine-view.ts'
import { instantText, paceText } from '../../wording/figures.ts'
import { askedFor } from '../data/signal.ts'
import type { Line } from '../data/store.ts'
import { useEngineNowMs, useLive } from '../data/use-live.ts'

const LINES: Readonly<Record<Line, { text: string; tone: string }>> = {
  connecting: { text: 'connecting', tone: 'warn' },
  live: { text: 'live', tone: 'good' },
  lost: { text: 'connection lost, trying again', tone: 'bad' },
  paused: { text: 'paused', tone: 'warn' },
  'signed-out': { text: 'signed out', tone: 'warn' },
}

/** What people call it, where the engine's own word is another. */
const NAMES: Readonly<Record<string, string>> = {
  journal: 'database',
  'feed spot': 'spot feed',
  'feed linear': 'perp feed',
}

export function StatusStrip() {
  const line = useLive(live => live.line)
  const engine = useLive(live => live.engine)
  const nowMs = useEngineNowMs()
  const { text, tone } = LINES[line]
  const known = line === 'live'
  const parts = engine?.health ?? []
  // One line on a small screen: what is well and says no more than that stands there as a number.
  const quiet = parts.filter(part => !isTold(part))
  return (
    <div
      role="status"
      aria-label="Freshness"
      className="flex min-h-[28px] flex-wrap items-center gap-x-3.5 gap-y-0.5 border-b border-line bg-ground px-4 text-[12px]"
    >
      <Light name="page" tone={tone} detail={text} show />
      {parts.map(part => (
        <Light
          key={part.name}
          name={NAMES[part.name] ?? part.name}
          tone={known ? (part.ok ? 'good' : 'bad') : ''}
          detail={briefDetail(part)}
          show={isTold(part)}
          isNarrow={isTold(part)}
        />
      ))}
      {quiet.length > 0 && (
        <span className="min-[1920px]:hidden">
          <Light
            name={`${quiet.length} more parts`}
            tone={known ? 'good' : ''}
            detail={known ? 'well' : 'as last known'}
            title={quiet.map(part => `${NAMES[part.name] ?? part.name}: ${part.detail}`).join('\n')}
            show
          />
        </span>
      )}
      <span className="ml-auto flex items-center gap-3 text-faint">
        <a href="/docs">API</a>
        <button
          type="button"
          className="text-accent underline decoration-transparent hover:decoration-current"
          title="Keys and help (?)"
          onClick={() => askedFor.set('help')}
        >
          Help
        </button>
        <span>
          {engine && (
            <>
              <span className="live tabular-nums text-soft">{instantText(nowMs)}</span> UTC
              {engine.speed !== 1 && ` · time ${paceText(engine)}`} · v{engine.version}
            </>
          )}
        </span>
      </span>
    </div>
  )
}

type Lit = {
  name: string
  tone: string
  detail: string
  show: boolean
  title?: string
  /** Shown by itself on a small screen too. */
  isNarrow?: boolean
}

function Light({ name, tone, detail, show, title = `${name}: ${detail}`, isNarrow = true }: Lit) {
  const colour =
    tone === 'good' ? 'bg-good' : tone === 'bad' ? 'bg-bad' : tone === 'warn' ? 'bg-warn' : 'bg-edge'
  return (
    <span
      className={`${isNarrow ? 'inline-flex' : 'hidden min-[1920px]:inline-flex'} items-center gap-1.5 whitespace-nowrap`}
      title={title}
    >
      <span aria-hidden="true" className={`size-2 rounded-full ${colour}`} />
      <span className="text-soft">{name}</span>
      <span className={tone === 'bad' ? 'text-bad' : show ? 'live text-faint tabular-nums' : 'sr-only'}>
        {detail}
      </span>
    </span>
  )
}

const isTold = ({ ok, name }: HealthPart): boolean => !ok || name.startsWith('feed')

const briefDetail = ({ detail }: HealthPart): string => detail.replace(/^heard /, '')
