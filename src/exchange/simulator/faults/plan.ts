/**
 * A plan of faults, as a file or a request says it: which of the catalogue, how often, when, on what. Read strictly, so that a
 * drill that was misspelt is refused and never runs as a quiet hour.
 */
import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { z } from 'zod'

/** Every fault there is and what it does. All of it is what Bybit, the network or a person really does. */
export const FAULTS = {
  'lost-ack': 'an order request is acted on and its answer never comes',
  'lost-request': 'an order request never arrives',
  'slow-reply': 'an answer comes `ms` later',
  'fill-before-ack': 'the private stream tells of an order before its answer comes, `ms` later',
  'half-open': 'a connection stays open and carries nothing more, in neither direction, for `ms`',
  'http-500': 'a REST request is acted on and answered with HTTP 500',
  'html-body': 'a REST request is acted on and answered with HTTP 200 and a page of HTML',
  'truncated-body': 'an answer ends in the middle',
  'server-timeout': 'a request is acted on and answered with retCode 10000',
  'server-error':
    'a request is acted on and answered with retCode 10016; a public one only where `what` names it',
  'spot-timeout': 'a request is acted on and answered with retCode 170007',
  'too-many-visits': 'a request is refused with retCode 10006',
  'forbidden-burst': 'the address is answered with HTTP 403 for `ms`',
  'duplicate-message': 'a private message comes twice',
  'reordered-message': 'a private message comes after the next one',
  'repeated-message': 'a private message comes again with a later one, `ms` or more afterwards',
  'silent-public': 'public messages do not come, whoever subscribes, while everything else lives',
  'stuck-topic':
    'a topic carries nothing more on a connection, until it is subscribed anew or, by `heals`, dialled anew',
  'silent-private': 'private messages do not come, while everything else lives',
  'drop-socket': 'a socket is cut while it is sending',
  'drop-in-auth': 'a socket is cut between the request to authenticate and its answer',
  'clock-offset': "the exchange's clock is `ms` ahead (behind when negative)",
  'stale-rest': "the account's lists and balances are answered as they were `ms` ago",
  'late-row':
    'a row of the transaction log is listed `ms` after it was booked; of one `type` only, where it is said',
  'altered-row':
    'rows and messages `where` all fields are so are told with the fields `set` in place of theirs',
  'empty-list': 'a list is answered empty, with retCode 0',
  'human-trades': 'a person places an `order` in the same account, each `ms`',
} as const

export type FaultName = keyof typeof FAULTS
const NAMES = Object.keys(FAULTS) as FaultName[]

/** What a fault waits or shifts by when it is not said, in simulated milliseconds. */
const USUAL_MS: Partial<Record<FaultName, number>> = {
  'slow-reply': 2_000,
  'fill-before-ack': 500,
  'half-open': 60_000,
  'forbidden-burst': 600_000,
  'repeated-message': 5_000,
  'clock-offset': 10_000,
  'stale-rest': 10_000,
  'late-row': 3_600_000,
  'human-trades': 600_000,
}
const FORWARD_MS_MAX = 86_400_000

const instant = (expected: string) => z.number({ error: expected }).int(expected).min(0, expected)
const share = 'a share of the occasions, from 0 to 1'
const span = 'whole simulated milliseconds, a day at most'
const decimals = 'a decimal as text, such as "0.01"'
const channels = [
  ...['rest', 'public-spot', 'public-linear', 'public-spread', 'public-status', 'private', 'trade'],
] as const
const channel = z.enum(channels, { error: `one of ${channels.join(', ')}` })
const fields = z.record(z.string(), z.string({ error: 'a text' }), { error: 'fields and their texts' })
const order = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]), {
  error: `the body of an order, its amounts ${decimals}`,
})

const faultShape = z
  .strictObject({
    name: z.enum(NAMES, { error: `one of ${NAMES.join(', ')}` }),
    /** Of the occasions inside the window. */
    rate: z.number({ error: share }).min(0, share).max(1, share).default(1),
    /** Simulated milliseconds after the plan began. */
    fromMs: instant('simulated milliseconds after the beginning, 0 or more').default(0),
    untilMs: instant('simulated milliseconds after the beginning, 0 or more').optional(),
    /** At most so often. */
    times: instant('how often at most, 0 or more').optional(),
    ms: z.number({ error: span }).int(span).min(-FORWARD_MS_MAX, span).max(FORWARD_MS_MAX, span).optional(),
    channel: channel.optional(),
    /** Only where the path, op or topic begins so. */
    what: z.string({ error: 'the beginning of a path, op or topic' }).optional(),
    order: order.optional(),
    where: fields.optional(),
    set: fields.optional(),
    /** Of a row of the transaction log. */
    type: z.string({ error: 'a type such as SETTLEMENT' }).optional(),
    /** What brings a stuck topic back: subscribing it anew, or only another connection. */
    heals: z.enum(['subscription', 'connection'], { error: 'subscription or connection' }).optional(),
  })
  .superRefine((fault, context) => {
    const expect = (key: string, message: string) =>
      context.addIssue({ code: 'custom', path: [key], message })
    if (fault.untilMs !== undefined && fault.untilMs <= fault.fromMs) expect('untilMs', 'later than fromMs')
    if (fault.ms !== undefined && USUAL_MS[fault.name] === undefined)
      expect('ms', `nothing, ${fault.name} has no length`)
    if (Number(fault.ms) < (fault.name === 'human-trades' ? 1 : 0) && fault.name !== 'clock-offset')
      expect('ms', 'more than 0')
    const owners = {
      where: 'altered-row',
      set: 'altered-row',
      type: 'late-row',
      heals: 'stuck-topic',
    } as const
    for (const [key, owner] of Object.entries(owners) as [keyof typeof owners, FaultName][])
      if (fault[key] !== undefined && fault.name !== owner) expect(key, `nothing, only ${owner} has it`)
    if (fault.name === 'altered-row' && (!fault.where || !fault.set))
      expect(fault.where ? 'set' : 'where', 'fields and their texts')
    if ((fault.order !== undefined) !== (fault.name === 'human-trades'))
      expect('order', fault.order ? 'nothing, only human-trades has one' : 'what the person trades')
  })
const planShape = z.strictObject({
  seed: instant('a seed, 0 or more').default(1),
  faults: z.array(faultShape, { error: 'a list of faults' }).default([]),
})

export type Fault = z.infer<typeof faultShape>
export type FaultPlan = z.infer<typeof planShape>
/** As a person writes it. */
export type FaultPlanInput = z.input<typeof planShape>

/** How long, in simulated milliseconds. */
export const msOf = ({ name, ms }: Fault): number => ms ?? USUAL_MS[name] ?? 0

/** A plan that cannot be: one line for each fault of it. */
export class FaultPlanError extends Error {
  override name = 'FaultPlanError'
}

/** Reads a plan. Throws `FaultPlanError` that names each key, what was found there and what was expected. */
export function faultPlan(found: unknown): FaultPlan {
  const read = planShape.safeParse(found)
  if (read.success) return read.data
  const lines = read.error.issues.flatMap(issue => {
    const at = issue.path.map(String)
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map(key => `${[...at, key].join('.')}: expected a known key`)
    const value = at.reduce<unknown>((inside, key) => (inside as Record<string, unknown>)?.[key], found)
    const shown = value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value)).slice(0, 120)
    return [`${at.join('.') || 'faults'}: expected ${issue.message}; found ${shown}`]
  })
  throw new FaultPlanError(lines.join('\n'))
}

/** Throws `FaultPlanError` that names the file, each key, what was found and what was expected. */
export function readFaults(file: string): FaultPlan {
  const fail = (words: string): never => {
    throw new FaultPlanError(words.replace(/^/gm, `${file}: `))
  }
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return fail(`expected a file that can be read, found ${(error as NodeJS.ErrnoException).code}`)
  }
  const document = parseDocument(text)
  const [broken] = document.errors
  if (broken) return fail(`expected YAML or JSON, found ${broken.message.split('\n')[0]}`)
  try {
    return faultPlan(document.toJS() ?? {})
  } catch (error) {
    if (error instanceof FaultPlanError) return fail(error.message)
    throw error
  }
}
