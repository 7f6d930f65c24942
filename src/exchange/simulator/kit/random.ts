/**
 * The simulation's only source of chance. A stream has its whole state in four integers, so it can be saved and resumed;
 * `hash` is chance without a state, for what must be the same whenever it is looked at (the depth of a book level).
 * Only integer and basic float arithmetic is used, so a seed gives the same bytes on every machine.
 */

export type RandomState = [number, number, number, number]

/** Small fast counter generator (sfc32). Advances `state`; gives a fraction in [0, 1). */
export function nextFraction(state: RandomState): number {
  const [a, b, c, counter] = state
  const sum = (((a + b) | 0) + counter) | 0
  state[3] = (counter + 1) | 0
  state[0] = b ^ (b >>> 9)
  state[1] = (c + (c << 3)) | 0
  state[2] = (((c << 21) | (c >>> 11)) + sum) | 0
  return (sum >>> 0) / 4294967296
}

/** A stream of its own for each pair of seed and purpose. */
export function randomState(seed: number, purpose: number): RandomState {
  const state: RandomState = [hash(seed, purpose, 1), hash(seed, purpose, 2), hash(seed, purpose, 3), 1]
  for (let round = 0; round < 12; round++) nextFraction(state)
  return state
}

/** Nearly normal with mean 0 and deviation 1, from four fractions: no logarithm, so no difference between machines. */
export const nextNormal = (state: RandomState): number =>
  (nextFraction(state) + nextFraction(state) + nextFraction(state) + nextFraction(state) - 2) * 1.7320508

/** Mixes three integers into 32 bits, signed. */
export function hash(a: number, b: number, c: number): number {
  let mixed = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35)
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ c, 0x2c1b3c6d)
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39)
  return mixed ^ (mixed >>> 15)
}

/** `hash` as a fraction in [0, 1). */
export const hashFraction = (a: number, b: number, c: number): number => (hash(a, b, c) >>> 0) / 4294967296

const hex = (value: number) => (value >>> 0).toString(16).padStart(8, '0')

/** An identifier in UUID form, as Bybit writes order and execution ids; a function of the seed and a counter. */
export function uuid(seed: number, counter: number, purpose: number): string {
  const part = (number: number) => hex(hash(seed + number, counter, purpose + number * 977))
  const [second, third] = [part(2), part(3)]
  return `${part(1)}-${second.slice(0, 4)}-4${second.slice(5)}-8${third.slice(1, 4)}-${third.slice(4)}${part(4)}`
}
