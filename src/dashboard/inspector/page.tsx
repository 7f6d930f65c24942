/** The inspector: the live state chart of one actor. A placeholder until the chart is drawn. */
import { PageTitle } from '../shell/layout.tsx'

export function InspectorPage({ actorId }: { actorId: string | undefined }) {
  return (
    <div className="p-4">
      <PageTitle title="Inspector">
        <span className="font-mono text-[13px] text-soft">{actorId ?? 'no actor chosen'}</span>
      </PageTitle>
    </div>
  )
}
