/** The overview: what we hold, is it balanced, what did it earn and pay, and does anything need a person. */
import { ReturnsPanel } from '../../money/returns-panel.tsx'
import { PageTitle } from '../../shell/layout.tsx'
import { Attention } from './attention.tsx'
import { ClosedHedges } from './closed-hedges.tsx'
import { EquityPanel } from './equity-panel.tsx'
import { KeyFigures } from './key-figures.tsx'
import { OpenHedges } from './open-hedges.tsx'

export function OverviewPage() {
  return (
    <div className="flex flex-col gap-2.5 p-3">
      <PageTitle title="Overview" hidden />
      <KeyFigures />
      <div className="grid gap-2.5 xl:grid-cols-[minmax(0,1fr)_380px] lg:grid-cols-[minmax(0,1fr)_340px]">
        <EquityPanel />
        <Attention />
      </div>
      <OpenHedges />
      <ReturnsPanel />
      <ClosedHedges />
    </div>
  )
}
