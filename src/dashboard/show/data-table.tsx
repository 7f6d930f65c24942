/**
 * One table for all pages: sort, filter, freeze while reading, download. Long ones draw only the rows in sight. What is
 * sorted, filtered and downloaded is a column's `value`: exact text, not what is drawn.
 */
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, ArrowUp, Download, Pause, Play } from 'lucide-react'
import { type ReactNode, useMemo, useRef, useState } from 'react'
import { type CsvCell, csvText } from './csv.ts'
import { downloadFile } from './download.ts'
import { Empty, Failed, Panel } from './panel.tsx'

export type Column<Row> = {
  /** Its name in the file; the head when absent. */
  name?: string
  head: string
  /** Small print under the head: the unit, or what it is. */
  unit?: string
  value: (row: Row) => CsvCell
  /** How it is drawn; as its value when absent. */
  cell?: (row: Row) => ReactNode
  /** Figures stand right. */
  figure?: boolean
  /** Ends in the file only. */
  hidden?: boolean
}

type Parts<Row> = {
  title: string
  note?: ReactNode
  /** Undefined while nothing is known yet: that is not the same as none. */
  rows: readonly Row[] | undefined
  /** Why nothing is known, where the question failed. */
  error?: unknown
  columns: readonly Column<Row>[]
  rowKey: (row: Row) => string
  /** Are some of its figures the last that were known? They are shown grey. */
  isOld?: ((row: Row) => boolean) | undefined
  /** Name of the file, without its ending. */
  file: string
  /** Every row there is, where `rows` are only those loaded so far: the file holds them all. */
  allRows?: (() => Promise<readonly Row[]>) | undefined
  empty: ReactNode
  /** Head of the column it is sorted by first; `-` before it for descending. */
  sortedBy?: string
  actions?: ReactNode
  /** Below the rows. */
  footer?: ReactNode
  /** Scrolls inside beyond this height; long tables need one. */
  maxHeight?: number
  filter?: boolean
  className?: string
}

const ROW_HEIGHT = 36
const NONE: readonly never[] = []
/** From here on only the rows in sight are drawn. */
const VIRTUAL_FROM = 120

export function DataTable<Row>(parts: Parts<Row>) {
  const { title, note, columns, rowKey, file, allRows, empty, actions, footer, maxHeight } = parts
  const { filter = true } = parts
  const [frozen, setFrozen] = useState<readonly Row[]>()
  const [search, setSearch] = useState('')
  const [sort, setSort] = useState(parts.sortedBy)
  const known = frozen ?? parts.rows
  const loaded = known ?? NONE
  const rows = useMemo(() => shownOf(loaded, columns, search, sort), [loaded, columns, search, sort])
  const shown = columns.filter(({ hidden }) => !hidden)
  return (
    <Panel
      title={title}
      note={note}
      className={parts.className ?? ''}
      actions={
        <>
          {actions}
          {filter && (
            <input
              className="field w-36"
              type="search"
              placeholder="Filter…"
              aria-label={`Filter ${title}`}
              value={search}
              onChange={event => setSearch(event.target.value)}
            />
          )}
          <button
            type="button"
            className="btn"
            data-quiet=""
            data-tone={frozen ? 'accent' : undefined}
            aria-pressed={frozen !== undefined}
            title="Stop updating the rows while you read"
            onClick={() => setFrozen(frozen ? undefined : parts.rows)}
          >
            {frozen ? <Play size={14} aria-hidden="true" /> : <Pause size={14} aria-hidden="true" />}
            {frozen ? 'Frozen' : 'Freeze'}
          </button>
          <Save
            title={title}
            file={file}
            columns={columns}
            rows={async () => (allRows ? shownOf(await allRows(), columns, search, sort) : rows)}
          />
        </>
      }
    >
      {known === undefined ? (
        <Unknown error={parts.error} />
      ) : rows.length === 0 ? (
        <Empty>{search ? `Nothing here contains “${search}”.` : empty}</Empty>
      ) : (
        <Body
          title={title}
          rows={rows}
          columns={shown}
          rowKey={rowKey}
          isOld={parts.isOld}
          maxHeight={maxHeight}
          sort={sort}
          onSort={setSort}
        />
      )}
      {footer}
    </Panel>
  )
}

/** Nothing is known yet, or why it cannot be. */
const Unknown = ({ error }: { error: unknown }) =>
  error ? <Failed error={error} /> : <Empty>Loading…</Empty>

type SaveParts<Row> = {
  title: string
  file: string
  columns: readonly Column<Row>[]
  rows: () => Promise<readonly Row[]>
}

/** The file holds what the filter leaves of all rows, in the order shown. */
function Save<Row>({ title, file, columns, rows }: SaveParts<Row>) {
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState('')
  const save = async () => {
    setBusy(true)
    setFault('')
    try {
      const cells = (await rows()).map(row => columns.map(({ value }) => value(row)))
      const heads = columns.map(({ name, head }) => name ?? head)
      downloadFile(`hedgerow-${file}.csv`, csvText(heads, cells))
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      {fault && (
        <span role="alert" className="text-bad">
          {fault}
        </span>
      )}
      <button
        type="button"
        className="btn"
        data-quiet=""
        onClick={save}
        disabled={busy}
        aria-label={`CSV of ${title}`}
        title="Download all filtered rows"
      >
        <Download size={14} aria-hidden="true" />
        CSV
      </button>
    </>
  )
}

type BodyParts<Row> = {
  title: string
  rows: readonly Row[]
  columns: readonly Column<Row>[]
  rowKey: (row: Row) => string
  isOld: ((row: Row) => boolean) | undefined
  maxHeight: number | undefined
  sort: string | undefined
  onSort: (sort: string) => void
}

function Body<Row>({ title, rows, columns, rowKey, isOld, maxHeight, sort, onSort }: BodyParts<Row>) {
  const ref = useRef<HTMLDivElement>(null)
  const isVirtual = rows.length >= VIRTUAL_FROM
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => ref.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    enabled: isVirtual,
  })
  const inSight = isVirtual ? virtual.getVirtualItems() : undefined
  const above = inSight?.[0]?.start ?? 0
  const below = inSight ? virtual.getTotalSize() - (inSight.at(-1)?.end ?? 0) : 0
  const drawn = inSight ? inSight.map(({ index }) => rows[index]) : rows
  const height = maxHeight ?? (isVirtual ? 560 : undefined)
  return (
    // Focusable, because it scrolls: the keyboard must reach what the wheel does.
    <section
      ref={ref}
      className="overflow-auto"
      style={{ maxHeight: height }}
      tabIndex={0}
      aria-label={`Rows of ${title}`}
    >
      <table className="w-full border-collapse text-[13px]" aria-rowcount={rows.length}>
        <thead className="sticky top-0 z-[1] bg-panel">
          <tr>
            {columns.map(column => (
              <Head key={column.head} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {above > 0 && <Gap height={above} width={columns.length} />}
          {drawn.map(
            row =>
              row !== undefined && (
                <Line key={rowKey(row)} row={row} columns={columns} isOld={isOld?.(row) ?? false} />
              ),
          )}
          {below > 0 && <Gap height={below} width={columns.length} />}
        </tbody>
      </table>
    </section>
  )
}

const Gap = ({ height, width }: { height: number; width: number }) => (
  <tr aria-hidden="true">
    <td colSpan={width} style={{ height, padding: 0 }} />
  </tr>
)

function Head<Row>({
  column,
  sort,
  onSort,
}: { column: Column<Row> } & Pick<BodyParts<Row>, 'sort' | 'onSort'>) {
  const { head, unit, figure } = column
  const order = sort === head ? 'ascending' : sort === `-${head}` ? 'descending' : 'none'
  const next = order === 'descending' || (order === 'none' && !figure) ? head : `-${head}`
  const Arrow = order === 'ascending' ? ArrowUp : ArrowDown
  return (
    <th
      scope="col"
      aria-sort={order}
      className={`whitespace-nowrap border-b border-line px-2.5 py-1.5 align-bottom font-medium ${figure ? 'text-right' : 'text-left'}`}
    >
      <button
        type="button"
        className="inline-flex items-center gap-1 text-[12px] text-soft hover:text-ink"
        onClick={() => onSort(next)}
      >
        {head}
        {order !== 'none' && <Arrow size={12} aria-hidden="true" />}
      </button>
      {unit && <span className="block text-[11px] font-normal text-faint">{unit}</span>}
    </th>
  )
}

type LineParts<Row> = { row: Row; columns: readonly Column<Row>[]; isOld: boolean }

const Line = <Row,>({ row, columns, isOld }: LineParts<Row>) => (
  <tr
    className="border-b border-line last:border-0 hover:bg-raised/60"
    data-stale={isOld || undefined}
    title={isOld ? 'The feed is stale: grey figures are the last known ones' : undefined}
  >
    {columns.map(column => (
      <td
        key={column.head}
        className={`h-9 px-2.5 py-1.5 ${column.figure ? 'num' : column.unit === 'UTC' ? 'whitespace-nowrap tabular-nums' : ''}`}
      >
        {column.cell ? column.cell(row) : column.value(row)}
      </td>
    ))}
  </tr>
)

/** What the filter leaves of the rows, in order. */
function shownOf<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  search: string,
  sort: string | undefined,
): readonly Row[] {
  const wanted = search.trim().toLowerCase()
  const holds = ({ value }: Column<Row>, row: Row) =>
    String(value(row) ?? '')
      .toLowerCase()
      .includes(wanted)
  const found = wanted ? rows.filter(row => columns.some(column => holds(column, row))) : rows
  const descending = sort?.startsWith('-') ?? false
  const column = columns.find(({ head }) => head === (descending ? sort?.slice(1) : sort))
  if (!column) return found
  const sign = descending ? -1 : 1
  return found.toSorted((a, b) => compared(column.value(a), column.value(b), sign))
}

/** Figures by size, words by alphabet; what is not known comes last, whichever way. */
function compared(a: CsvCell, b: CsvCell, sign: 1 | -1): number {
  const [isGoneA, isGoneB] = [a ?? '', b ?? ''].map(cell => cell === '')
  if (isGoneA || isGoneB) return Number(isGoneA) - Number(isGoneB)
  const [x, y] = [Number(a), Number(b)]
  if (Number.isNaN(x) || Number.isNaN(y)) return sign * String(a).localeCompare(String(b))
  return sign * (x - y)
}
