/**
 * Commands that act. Each goes through the API, so that a person at a terminal can do nothing the API would refuse, and
 * each is journaled with who sent it.
 */
import { type Command, InvalidArgumentError } from 'commander'
import { Decimal } from 'decimal.js'
import { isShare } from '../../domain/work/part.ts'
import { asking } from '../kit/asking.ts'

const ACCEPTED = '{accepted, state, version, replayed, note}: the new state, and what follows from it.'

/** Adds the commands that act. */
export function actCommands(program: Command): void {
  asking(program, {
    usage: 'send',
    description: 'send an event to an actor',
    examples: [
      'hedgerow send symbol:WIFUSDT symbol.unwind',
      `hedgerow send hedge:9357000001 hedge.unwind --data '{"because":"news"}'`,
    ],
    json: ACCEPTED,
  })
    .argument('<actor>', 'the id of an actor, as `actors` shows it')
    .argument('<event>', 'the name of an event, such as hedge.unwind')
    .option('--data <json>', 'further fields of the event, as a JSON object')
    .action(async (actor, event, shown) => (await import('./steer.ts')).sendEvent(actor, event, shown))
  asking(program, {
    usage: 'halt',
    description: 'stop taking new risk; reducing stays allowed',
    examples: ['hedgerow halt --because "looking at it"'],
    json: ACCEPTED,
  })
    .option('--because <reason>', 'reason, for the audit')
    .action(async shown => (await import('./steer.ts')).halt(shown))
  asking(program, {
    usage: 'resume',
    description: 'end a halt',
    examples: ['hedgerow resume'],
    json: ACCEPTED,
  }).action(async shown => (await import('./steer.ts')).resume(shown))
  asking(program, {
    usage: 'flatten',
    description: 'halt, unwind every hedge, and wait until the exchange shows it flat',
    examples: ['hedgerow flatten', 'hedgerow flatten --yes --no-wait'],
    json: ACCEPTED,
  })
    .option('--yes', 'do not ask')
    .option('--no-wait', 'send the command and return at once')
    .action(async shown => (await import('./steer.ts')).flatten(shown))
  asking(program, {
    usage: 'unwind',
    description: 'close one hedge, or a part of it, after showing what it costs now',
    examples: [
      'hedgerow unwind WIFUSDT',
      'hedgerow unwind WIFUSDT --part 25%',
      'hedgerow unwind 9357000001 --yes --no-wait --because "news"',
    ],
    json: '{accepted, state, version, replayed, closing}: the new state, and the estimated cost of closing.',
  })
    .argument('<hedge>', 'an open hedge, by its id, its symbol or its coin')
    .option('--part <share>', 'close only this share, such as 25%; the rest stays hedged', partOf)
    .option('--because <reason>', 'reason, for the audit', 'operator')
    .option('--reopen', 'its symbol may be opened again; else it stays closed until `release`')
    .option('--yes', 'do not ask')
    .option('--no-wait', 'send the command and return at once')
    .action(async (hedge, shown) => (await import('./steer.ts')).unwind(hedge, shown))
  asking(program, {
    usage: 'release',
    description: 'a symbol that was kept out, such as after `unwind`, may be opened again',
    examples: ['hedgerow release WIFUSDT', 'hedgerow release wif'],
    json: ACCEPTED,
  })
    .argument('<symbol>', 'a tracked symbol, or its coin')
    .action(async (symbol, shown) => (await import('./steer.ts')).release(symbol, shown))
  asking(program, {
    usage: 'link',
    description: 'print a new one-time link that signs a browser in',
    examples: ['xdg-open "$(hedgerow link)"'],
    json: '{url}.',
  }).action(async shown => (await import('./steer.ts')).link(shown))
}

/** `25%`, `0.25` → '0.25'. @throws InvalidArgumentError for what is no part */
function partOf(text: string): string {
  const percent = /^(\d{1,2}(?:\.\d{1,4})?)%$/.exec(text)?.[1]
  const share = percent === undefined ? text : new Decimal(percent).div(100).toFixed()
  if (!isShare(share)) throw new InvalidArgumentError('Expected a part above 0 and below 100%, such as 25%.')
  return share
}
