/** Goes anywhere by typing a part of its name: pages, symbols, hedges, actors; and gives the commands of the head. */
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { actorName } from '../../wording/hedges.ts'
import { askedFor } from '../data/signal.ts'
import { useLive } from '../data/use-live.ts'
import { useRows } from '../data/use-rows.ts'
import { PLACES } from './places.ts'

/** What of the palette a typed text means: every word must be in its name or kind, names that begin with it first. */
type PaletteChoice = { id: string; name: string; kind: string; run: () => void }

/** In the order they are shown; all of them when nothing is typed. */
function matchesOf(choices: readonly PaletteChoice[], typed: string): PaletteChoice[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  const [first = ''] = words
  const rank = ({ name }: PaletteChoice) => (name.toLowerCase().startsWith(first) ? 0 : 1)
  return choices
    .filter(({ name, kind }) => words.every(word => `${name} ${kind}`.toLowerCase().includes(word)))
    .toSorted((a, b) => rank(a) - rank(b))
}

const SHOWN = 40

export function Palette({ onClose }: { onClose: () => void }) {
  const ref = useRef<HTMLDialogElement>(null)
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const listId = useId()
  const choices = useChoices()
  const found = useMemo(() => matchesOf(choices, typed).slice(0, SHOWN), [choices, typed])
  const chosen = found[Math.min(at, found.length - 1)]
  useEffect(() => ref.current?.showModal(), [])
  useEffect(() => {
    document.getElementById(`${listId}-${chosen?.id}`)?.scrollIntoView({ block: 'nearest' })
  }, [chosen, listId])

  const take = (choice: PaletteChoice | undefined) => {
    if (!choice) return
    onClose()
    choice.run()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setAt(Math.min(at + 1, found.length - 1))
    else if (event.key === 'ArrowUp') setAt(Math.max(at - 1, 0))
    else if (event.key === 'Enter') take(chosen)
    else return
    event.preventDefault()
  }
  return (
    <dialog
      ref={ref}
      aria-label="Go to, or do"
      onClose={onClose}
      className="panel mt-[12vh] w-[min(640px,94vw)] p-0 text-ink shadow-2xl"
    >
      <input
        role="combobox"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={chosen ? `${listId}-${chosen.id}` : undefined}
        aria-label="Go to a page, symbol, hedge or actor"
        placeholder="Go to a page, symbol, hedge or actor…"
        className="w-full border-b border-line bg-transparent px-4 py-3 text-[15px] outline-none"
        value={typed}
        onKeyDown={onKeyDown}
        onChange={event => {
          setTyped(event.target.value)
          setAt(0)
        }}
      />
      <div id={listId} role="listbox" aria-label="Found" className="max-h-[46vh] overflow-auto py-1">
        {found.map(choice => (
          <div
            key={choice.id}
            id={`${listId}-${choice.id}`}
            role="option"
            tabIndex={-1}
            aria-selected={choice === chosen}
            className={`flex cursor-pointer items-baseline gap-3 px-4 py-1.5 text-[13.5px] ${choice === chosen ? 'bg-raised' : ''}`}
            onPointerMove={() => setAt(found.indexOf(choice))}
            onClick={() => take(choice)}
            onKeyDown={onKeyDown}
          >
            <span>{choice.name}</span>
            <span className="ml-auto text-[12px] text-soft">{choice.kind}</span>
          </div>
        ))}
      </div>
      {found.length === 0 && <p className="px-4 pb-3 text-[13px] text-soft">No match.</p>}
    </dialog>
  )
}

/** All there is to go to, pages first. */
function useChoices(): PaletteChoice[] {
  const [, go] = useLocation()
  const engine = useLive(live => live.engine)
  const holdings = useLive(live => live.holdings)
  const actors = useLive(live => live.actors)
  const { data } = useRows('/api/opportunities', 10_000)
  return useMemo(() => {
    const goTo = (id: string, name: string, kind: string, to: string): PaletteChoice => ({
      ...{ id, name, kind },
      run: () => go(to),
    })
    const command = (name: string, what: 'halt' | 'resume' | 'flatten' | 'help'): PaletteChoice => ({
      ...{ id: `do-${what}`, name, kind: 'command' },
      run: () => askedFor.set(what),
    })
    return [
      ...PLACES.map(({ to, name }) => goTo(`page-${name}`, name, 'page', to)),
      ...[...(holdings?.values() ?? [])].map(({ id, symbol }) =>
        goTo(`hedge-${id}`, `${symbol} ${id}`, 'open hedge', `/hedges/${id}`),
      ),
      ...(data ?? []).map(({ symbol }) => goTo(`symbol-${symbol}`, symbol, 'symbol', `/symbols/${symbol}`)),
      ...(engine?.halt ? [command('Resume…', 'resume')] : [command('Halt…', 'halt')]),
      command('Flatten…', 'flatten'),
      command('Keys and help', 'help'),
      { id: 'docs', name: 'HTTP API', kind: 'page', run: () => location.assign('/docs') },
      ...[...actors.values()].map(({ id, kind }) =>
        goTo(
          `actor-${id}`,
          actorName(id, holdings?.get(id.replace(/^hedge:/, ''))?.symbol),
          `${kind} in the inspector`,
          `/inspector/${encodeURIComponent(id)}`,
        ),
      ),
    ]
  }, [go, engine?.halt, holdings, actors, data])
}
