/** What is configured: each setting with its value and meaning, defaults marked. Secrets say only whether they are set. */
import { useState } from 'react'
import type { Settings } from '../../../api/rows/results.ts'
import { instantText } from '../../../wording/figures.ts'
import { useRows } from '../../data/use-rows.ts'
import { PageTitle } from '../../shell/layout.tsx'
import { Choice } from '../../show/choice.tsx'
import { type Column, DataTable } from '../../show/data-table.tsx'
import { Panel } from '../../show/panel.tsx'

type Setting = Settings['settings'][number]

const COLUMNS: readonly Column<Setting>[] = [
  {
    head: 'Setting',
    value: ({ section, key }) => (section === 'environment' ? key : `${section}.${key}`),
    cell: ({ section, key }) => (
      <code className="text-[12px]">
        {section !== 'environment' && <span className="text-faint">{section}.</span>}
        {key}
      </code>
    ),
  },
  {
    head: 'Value',
    value: ({ value }) => value,
    cell: ({ value, isDefault }) => (
      <span className="flex flex-wrap items-center gap-2">
        <span className={`break-words ${isDefault ? '' : 'font-semibold'}`}>{value}</span>
        {isDefault ? (
          <span className="text-[11px] text-faint">default</span>
        ) : (
          <span className="chip" data-tone="accent">
            set
          </span>
        )}
      </span>
    ),
  },
  {
    head: 'Default',
    value: ({ default: or }) => or,
    cell: ({ default: or, isDefault }) =>
      isDefault ? (
        <span className="whitespace-nowrap text-faint">the same</span>
      ) : (
        <span className="break-words">{or}</span>
      ),
  },
  {
    head: 'Meaning',
    value: ({ about }) => about,
    cell: ({ about }) => <span className="text-soft">{about}</span>,
  },
]

const SHOWN = [
  { name: 'Set', value: 'set' },
  { name: 'All', value: 'all' },
] as const

export function SettingsPage() {
  const { data, error } = useRows('/api/config', 60_000)
  const [shown, setShown] = useState<(typeof SHOWN)[number]['value']>('all')
  const rows = data?.settings.filter(({ isDefault }) => shown === 'all' || !isDefault)
  return (
    <div className="flex flex-col gap-2.5 p-3">
      <PageTitle title="Settings" />
      <Panel title="Configuration">
        <p className="px-4 py-2.5 text-[13px] text-soft">
          {data ? (
            <>
              Mode <strong className="text-ink">{data.mode}</strong>, read at {instantText(data.readAtMs)} UTC
              from {data.file ? <code>{data.file}</code> : 'no file'} and the environment. All of it is read
              once: every change needs a restart. Nothing can be changed here; secrets say only whether they
              are set.
            </>
          ) : (
            'Loading…'
          )}
        </p>
      </Panel>
      <DataTable
        title="Settings in force"
        rows={rows}
        error={error}
        columns={COLUMNS}
        rowKey={({ section, key }) => `${section}.${key}`}
        file="settings"
        empty="Nothing is set: all values are defaults."
        maxHeight={820}
        actions={<Choice name="Shown" options={SHOWN} chosen={shown} onChoose={setShown} />}
      />
    </div>
  )
}
