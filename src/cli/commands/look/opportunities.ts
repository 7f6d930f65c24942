/** `opportunities`: every tracked symbol by what a hedge would earn net, and why it is or is not taken. */
import type { EntryJudgement } from '../../../domain/entry/opportunity.ts'
import { amountText, bpsText, hoursText, percentText } from '../../../wording/figures.ts'
import { shortReason } from '../../../wording/reasons.ts'
import type { Shown } from '../../kit/asking.ts'
import { engineClient } from '../../kit/client.ts'
import { dim, green, print, printJson, signed, table, yellow } from '../../kit/output.ts'

export async function showOpportunities({ json, ...where }: Shown): Promise<void> {
  const judged = (await engineClient(where).get('/api/opportunities')) as EntryJudgement[]
  if (json) return printJson(judged)
  if (judged.length === 0) return print('no symbol was judged yet')
  const best = judged.toSorted((a, b) => aprOf(b) - aprOf(a))
  const rows = best.map(({ symbol, verdict, carry, because }) => ({
    symbol,
    verdict: verdict === 'tempting' ? green(verdict) : verdict === 'blind' ? yellow(verdict) : dim(verdict),
    apr: signed(percentText(carry?.aprOnCapital, { sign: true, places: 1 })),
    net: signed(amountText(carry?.netUsdt, { sign: true })),
    funding: percentText(carry?.fundingApr, { places: 1 }),
    basis: bpsText(carry?.midBasisBps),
    breakEven: carry ? hoursText(carry.breakEvenHours) : '–',
    why: shortReason(because),
  }))
  const columns = {
    symbol: 'SYMBOL',
    verdict: 'VERDICT',
    apr: 'NET APR',
    net: 'NET USDT',
    funding: 'FUNDING APR',
    basis: 'BASIS',
    breakEven: 'PAYS AFTER',
    why: 'WHY',
  }
  print(table(rows, columns, { spare: ['net', 'basis', 'breakEven', 'funding'] }))
  print(dim('\n`hedgerow explain SYMBOL` shows the numbers of one'))
}

const aprOf = ({ carry }: EntryJudgement) => carry?.aprOnCapital ?? Number.NEGATIVE_INFINITY
