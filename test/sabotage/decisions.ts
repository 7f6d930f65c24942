/** Fail closed, nothing dropped quietly, and what people are shown: promises 9, 11 and 12. */
import { sabotage } from './sabotage.ts'

const ENGINE = 'test/machines/engine.test.ts'
const OPPORTUNITY = 'test/domain/entry/opportunity.test.ts'
const JUDGEMENT = 'test/domain/exit/judgement.test.ts'
const RULES = 'test/domain/exit/exit-rules.test.ts'
const FILTERS = 'test/domain/entry/filters.test.ts'

export const DECISIONS = [
  sabotage(
    9,
    'new risk while the engine is halted',
    'machines/engine.ts',
    [
      "      entry: openDesk,\n      always: [\n        { guard: 'isHalted', target: 'halted' },\n",
      '      entry: openDesk,\n      always: [\n',
    ],
    ENGINE,
    'test/machines/model.test.ts',
  ),
  sabotage(
    9,
    'trading goes on while the private stream is down',
    'machines/engine.ts',
    [
      "        { guard: 'isAccountDown', target: 'reconciling' },\n        { guard: 'isStrained', target: 'reducing' },\n",
      "        { guard: 'isStrained', target: 'reducing' },\n",
    ],
    ENGINE,
  ),
  sabotage(
    9,
    'an answer to an earlier reconciliation counts',
    'machines/engine.ts',
    [
      "isThisRun: ({ context, event }) => 'run' in event && event.run === context.run",
      "isThisRun: ({ event }) => 'run' in event",
    ],
    ENGINE,
  ),
  sabotage(
    9,
    'a stale order book is good enough',
    'src/domain/market/market-view.ts',
    [
      'if (age(receivedAtMs.perpBook) > bookAgeMsMax)',
      'if (age(receivedAtMs.perpBook) > bookAgeMsMax * 1e9)',
    ],
    OPPORTUNITY,
    'test/domain/work/steps.test.ts',
  ),
  sabotage(
    9,
    'a stale ticker is good enough',
    'src/domain/market/market-view.ts',
    [
      'if (age(receivedAtMs.ticker) > tickerAgeMsMax)',
      'if (age(receivedAtMs.ticker) > tickerAgeMsMax * 1e9)',
    ],
    OPPORTUNITY,
  ),
  sabotage(
    9,
    'a plan is opened without a second look at the market',
    'actors/hedge.ts',
    ["if (judged.verdict !== 'tempting') {", "if (judged.verdict === 'blind') {"],
    'test/actors/hedge.test.ts',
  ),
  sabotage(
    9,
    'two coins of one name are hedged',
    'src/domain/entry/opportunity.ts',
    ['if (basis.abs().gt(basisEntryBpsMax))', 'if (basis.abs().gt(Number.MAX_VALUE))'],
    FILTERS,
  ),
  sabotage(
    9,
    'a symbol about to be delisted is entered',
    'src/domain/entry/filters.ts',
    ['if (pair.perp.deliveryAtMs > 0)', 'if (pair.perp.deliveryAtMs < 0)'],
    FILTERS,
  ),
  sabotage(
    9,
    'a loan the pool cannot give is asked for',
    'src/domain/entry/filters.ts',
    ['return new Decimal(availableBase).lt(least)', 'return new Decimal(availableBase).lt(0)'],
    FILTERS,
  ),
  sabotage(
    9,
    'a hedge leaves a moment before it is paid',
    'src/domain/exit/judge-exit.ts',
    ['seen.nextGain > missed(why, question) && (!stopped ||', 'seen.nextGain > 1e9 && (!stopped ||'],
    JUDGEMENT,
    RULES,
  ),
  sabotage(
    9,
    'one glance past the basis stop closes a hedge',
    'src/domain/exit/judge-exit.ts',
    [
      'if (stop && stoppedMs >= rules.strategy.basisStopMs) return leave(stop)',
      'if (stop) return leave(stop)',
    ],
    JUDGEMENT,
    RULES,
  ),
  sabotage(
    9,
    'a basis that funding is about to pay for is stopped out',
    'src/domain/exit/judge-exit.ts',
    [' || stayingBps >= basisLossBps) return undefined', ') return undefined'],
    JUDGEMENT,
    RULES,
  ),
  sabotage(
    9,
    'a hedge that only reducing is allowed in stays',
    'src/domain/exit/risk-exit.ts',
    [
      "if (reduceOnly) return { because: 'reduce-only'",
      "if (reduceOnly === null) return { because: 'reduce-only'",
    ],
    JUDGEMENT,
    RULES,
  ),
  sabotage(
    9,
    'the first of two tempting symbols is taken, not the better',
    'src/domain/entry/opportunity.ts',
    ['.sort((a, b) => aprOf(b) - aprOf(a))', '.sort(() => 0)'],
    OPPORTUNITY,
    'test/actors/trading/scanner.test.ts',
  ),
  sabotage(
    11,
    'a page of another origin may command the engine',
    'src/api/access/guard.ts',
    ['.includes(origin))\n', ".includes(origin) && origin === '')\n"],
    'test/api/hostile.test.ts',
    'test/api/app.test.ts',
  ),
  sabotage(
    11,
    'any host name reaches the API',
    'src/api/access/guard.ts',
    ['if (!known) throw new HttpRefusal(403, `Host:', 'if (known === null) throw new Refusal(403, `Host:'],
    'test/api/hostile.test.ts',
    'test/api/app.test.ts',
  ),
  sabotage(
    11,
    'any token opens the API',
    'src/api/access/sessions.ts',
    ['return timingSafeEqual(digest(a), digest(b))', 'return timingSafeEqual(digest(a), digest(a))'],
    'test/api/access/sessions.test.ts',
    'test/api/app.test.ts',
  ),
]
