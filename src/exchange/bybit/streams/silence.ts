/**
 * Finds topics of which nothing comes on a connection that is up. Bybit answers each subscription with a snapshot, so a topic that
 * fell silent is taken anew, and one that stays silent then proves the connection faulty: that is renewed, more and more rarely
 * while topics stay silent, since markets that really say nothing must not cost the others their line.
 */
import type { Clock, TimerHandle } from '../../../clock/clock.ts'

type SilenceSettings = {
  clock: Clock
  /** By topic: engine time after which nothing heard is silence. */
  quietMsMax: ReadonlyMap<string, number>
  /** Engine milliseconds to one of the machine: how long a network takes does not scale. */
  speed: number
  /** Takes a topic anew on its connection. */
  resubscribe(topic: string): void
  /** Throws the connection of a topic away for a new one. */
  renew(topic: string, cause: string): void
  report(kind: string, detail: string): void
}

const LOOK_EVERY_MS = 5_000
/** A topic subscribed again sends its snapshot within this. */
const ANSWER_MS = 10_000
const RENEW_AFTER_MS = 60_000
const RENEW_AFTER_MS_MAX = 3_600_000

/** When something last came of a topic, and since when it is waited for after it was subscribed again. */
export type TopicHeard = { atMs: number; askedAtMs: number | undefined }

export class SilenceWatch {
  readonly #settings: SilenceSettings
  readonly #topics = new Map<string, TopicHeard>()
  #isUp = false
  #renewFromMs = 0
  #renewAfterMs = RENEW_AFTER_MS
  #timer: TimerHandle | undefined

  constructor(settings: SilenceSettings) {
    this.#settings = settings
    for (const topic of settings.quietMsMax.keys()) this.#topics.set(topic, { atMs: 0, askedAtMs: undefined })
    this.#lookLater()
  }

  /** What is known of this topic, for whoever hears of it often enough to write it down himself. */
  heardOf(topic: string): TopicHeard | undefined {
    return this.#topics.get(topic)
  }

  /** Something came of this topic. */
  heard(topic: string): void {
    const held = this.#topics.get(topic)
    if (!held) return
    held.atMs = this.#settings.clock.nowMs()
    held.askedAtMs = undefined
  }

  /** The connection is up, every topic acknowledged: from here on each is expected. */
  up(): void {
    this.#isUp = true
    const nowMs = this.#settings.clock.nowMs()
    for (const held of this.#topics.values()) {
      held.atMs = nowMs
      held.askedAtMs = undefined
    }
  }

  /** Nothing is expected. */
  down(): void {
    this.#isUp = false
  }

  /** The exchange does not know this topic: nothing will come of it. */
  drop(topic: string): void {
    this.#topics.delete(topic)
  }

  close(): void {
    this.#isUp = false
    if (this.#timer) this.#settings.clock.clearTimeout(this.#timer)
  }

  #lookLater(): void {
    const { clock, speed } = this.#settings
    this.#timer = clock.setTimeout(() => {
      this.#lookLater()
      if (this.#isUp) this.#look()
    }, LOOK_EVERY_MS * speed)
  }

  #look(): void {
    const { clock, quietMsMax, speed, resubscribe, renew, report } = this.#settings
    const nowMs = clock.nowMs()
    let isAllHeard = true
    for (const [topic, held] of this.#topics) {
      const silentMs = nowMs - held.atMs
      if (silentMs <= (quietMsMax.get(topic) ?? 0) * speed) continue
      isAllHeard = false
      const told = `${topic}: nothing came for ${silentMs} ms`
      if (held.askedAtMs === undefined) {
        held.askedAtMs = nowMs
        report('silent-topic', `${told}: subscribed again`)
        resubscribe(topic)
      } else if (nowMs - held.askedAtMs >= ANSWER_MS * speed && nowMs >= this.#renewFromMs) {
        this.#renewFromMs = nowMs + this.#renewAfterMs * speed
        this.#renewAfterMs = Math.min(this.#renewAfterMs * 2, RENEW_AFTER_MS_MAX)
        this.#isUp = false
        report('silent-line', `${told}, also after it was subscribed again: the connection is renewed`)
        renew(topic, `${told}, also after it was subscribed again`)
        // The new connection brings every topic anew: what else is silent is seen then.
        return
      }
    }
    // A line that was just renewed proves nothing yet.
    if (isAllHeard && nowMs >= this.#renewFromMs) this.#renewAfterMs = RENEW_AFTER_MS
  }
}
