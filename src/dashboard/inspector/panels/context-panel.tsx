/** What the actor knows, as a tree. What changed with the last step flashes, and keeps its former value beside it. */
import { useState } from 'react'
import type { Json, JsonObject } from '../../../domain/json.ts'
import { instantText } from '../../../wording/figures.ts'
import { ScrollRegion } from '../../show/panel.tsx'

type Parts = { context: JsonObject | undefined; before: JsonObject | undefined; note: string }

export function ContextPanel({ context, before, note }: Parts) {
  if (!context)
    return (
      <p className="px-3 py-4 text-[13px] text-soft">{note || 'This actor keeps nothing in the journal.'}</p>
    )
  return (
    <ScrollRegion label="Context" testId="context" className="px-1 py-2 font-mono text-[12px]">
      <Fields value={context} before={before} depth={0} />
    </ScrollRegion>
  )
}

type FieldsParts = { value: JsonObject | Json[]; before: Json | undefined; depth: number }

const Fields = ({ value, before, depth }: FieldsParts) =>
  Object.entries(value).map(([name, inner]) => (
    <Field
      key={name}
      name={name}
      value={inner ?? null}
      before={before === undefined ? undefined : childOf(before, name)}
      known={before !== undefined}
      depth={depth}
    />
  ))

type FieldParts = { name: string; value: Json; before: Json | undefined; known: boolean; depth: number }

function Field(parts: FieldParts) {
  const { value } = parts
  const isTree = typeof value === 'object' && value !== null && Object.keys(value).length > 0
  return isTree ? <Tree {...parts} value={value} /> : <Leaf {...parts} />
}

const indentOf = (depth: number) => ({ paddingLeft: 8 + depth * 14 })

function Tree({ name, value, before, known, depth }: FieldParts & { value: Json[] | JsonObject }) {
  const size = Object.keys(value).length
  const isChanged = known && !isSame(value, before)
  const [open, setOpen] = useState(depth < 1 && size <= 16)
  return (
    <div>
      <button
        type="button"
        className="flex w-full items-baseline gap-1 rounded py-[1px] text-left hover:bg-raised"
        style={indentOf(depth)}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <span aria-hidden="true" className="w-3 text-faint">
          {open ? '▾' : '▸'}
        </span>
        <span className="text-soft">{name}</span>
        <span className={`text-[11px] ${isChanged ? 'text-warn' : 'text-faint'}`}>
          {Array.isArray(value) ? `[${size}]` : `{${size}}`}
          {isChanged && ' changed'}
        </span>
      </button>
      {open && <Fields value={value} before={known ? (before ?? {}) : undefined} depth={depth + 1} />}
    </div>
  )
}

function Leaf({ name, value, before, known, depth }: FieldParts) {
  const isChanged = known && !isSame(value, before)
  return (
    <div
      key={isChanged ? JSON.stringify(value) : ''}
      className={`flex gap-2 rounded py-[1px] pr-2 ${isChanged ? 'flash' : ''}`}
      style={indentOf(depth)}
      data-changed={isChanged}
      data-field={name}
    >
      <span className="w-3 shrink-0" />
      <span className="shrink-0 text-soft">{name}</span>
      <span className={`break-all ${colourOf(value)}`}>
        {isInstant(name, value) ? instantText(value) : textOf(value)}
      </span>
      {isChanged && before !== undefined && <del className="break-all text-faint">{textOf(before)}</del>}
    </div>
  )
}

const childOf = (tree: Json, name: string): Json | undefined =>
  typeof tree === 'object' && tree !== null ? (tree as JsonObject)[name] : undefined

const isSame = (a: Json | undefined, b: Json | undefined) =>
  a === b || JSON.stringify(a) === JSON.stringify(b)

/** Instants are kept as milliseconds and read as dates. */
const isInstant = (name: string, value: Json): value is number =>
  typeof value === 'number' && value > 0 && /AtMs$/.test(name)

function textOf(value: Json): string {
  if (typeof value === 'string') return value === '' ? '""' : value
  const text = JSON.stringify(value)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

function colourOf(value: Json): string {
  if (typeof value === 'number') return 'text-accent'
  if (typeof value === 'boolean') return 'text-warn'
  return value === null ? 'text-faint' : 'text-good'
}
