/**
 * The exchange's time, measured and kept. The machine's clock may be wrong, be set, or stand still while the machine is
 * suspended; orders are stamped with the exchange's own time, so none of that may reach them. The time is asked for now and
 * then, at once when the machine's two clocks part (a suspend, a step), and when the exchange refuses a stamp.
 */
import { type AlignedClock, type Clock, HOLD_MS, monotonicMs, scaledClock, wallMs } from './clock.ts'

export type ExchangeClock = Clock & {
  /** False from a doubt until the time was measured again: stamps may be refused, and ages are not known. */
  isSure(): boolean
  /** Asks for the time now. @throws what the question throws */
  measure(): Promise<void>
  /** Machine milliseconds since the exchange last told its time; since the beginning while it never did. */
  heardAgoMs(): number
  /**
   * An exchange that runs at a pace of its own is asked for its time now: call what this gives with its answer and its pace.
   * Until the next such news it is taken to run on at that pace for a few seconds of its time, and then as the machine does.
   */
  follow(): (exchangeMs: number, pace: number) => void
  /** The exchange refused a stamp: measures anew, now. */
  doubt(why: string): void
  /** Ends the measuring. The clock goes on. */
  close(): void
}

type ExchangeClockOptions = {
  /** Where it begins until the first answer, and how fast the exchange's time runs. */
  startAtMs: number
  speed: number
  /** The exchange's time. @throws when there is no answer */
  read(): Promise<number>
  /** It was off after all and has been set: by how much it moved, positive is forward. */
  corrected(byMs: number, why: string): void
  /** The machine's two clocks. */
  machine?: { monotonicMs(): number; wallMs(): number }
}

/** Machine milliseconds. Often enough that an exchange which does not answer is noticed within five seconds. */
const MEASURE_EVERY_MS = 2_000
const LOOK_EVERY_MS = 500
const AGAIN_MS = 1_000
/** How far the machine's two clocks may part between two looks: NTP slews half a millisecond a second at most. */
const PARTED_MS = 100

const UNMEASURED = 'not measured yet'

/** Begins to measure at once. */
export function exchangeClock(options: ExchangeClockOptions): ExchangeClock {
  const { startAtMs, speed, machine = { monotonicMs, wallMs } } = options
  const clock = scaledClock({ startAtMs, speed, tickMs: machine.monotonicMs })
  const parted = () => machine.wallMs() - machine.monotonicMs()
  let apartMs = parted()
  let doubted: string | undefined = UNMEASURED
  let dueAt = machine.monotonicMs()
  let measuring = false
  /** What is no news: one that follows a changing pace is always a little off. */
  let driftMs = 0
  let heardAt = machine.monotonicMs()
  const asking = questions(clock)
  const doubt = (why: string) => {
    doubted ??= why
    dueAt = machine.monotonicMs()
    look()
  }
  const measure = async () => {
    const why = doubted
    dueAt = machine.monotonicMs() + AGAIN_MS
    const answered = asking()
    const movedMs = answered(await options.read())
    heardAt = machine.monotonicMs()
    const isNews = movedMs !== 0 && why !== UNMEASURED && Math.abs(movedMs) > driftMs
    if (isNews) options.corrected(movedMs, why ?? 'drift')
    // A doubt that came while it was being measured stays.
    if (doubted === why) doubted = undefined
    dueAt = machine.monotonicMs() + (doubted ? 0 : MEASURE_EVERY_MS)
  }
  const look = () => {
    const nowApartMs = parted()
    if (Math.abs(nowApartMs - apartMs) > PARTED_MS) {
      doubted ??= `the machine's clocks parted by ${Math.round(nowApartMs - apartMs)} ms`
      dueAt = machine.monotonicMs()
    }
    apartMs = nowApartMs
    if (measuring || machine.monotonicMs() < dueAt) return
    measuring = true
    const end = () => {
      measuring = false
    }
    // Whoever needs the exchange hears of it by itself; here it is only asked again.
    measure().then(end, end)
  }
  const timer = setInterval(look, LOOK_EVERY_MS).unref()
  look()
  return {
    nowMs: clock.nowMs,
    setTimeout: clock.setTimeout,
    clearTimeout: clock.clearTimeout,
    measure,
    follow() {
      const answered = asking()
      return (exchangeMs, pace) => {
        answered(exchangeMs)
        clock.run(pace, HOLD_MS)
        driftMs = 2 * HOLD_MS
      }
    },
    heardAgoMs: () => machine.monotonicMs() - heardAt,
    isSure: () => doubted === undefined,
    doubt,
    close: () => clearInterval(timer),
  }
}

/**
 * Questions for the time. An answer sets the clock when it is certainly off: it was made between asking and hearing, so it says
 * something only when it lies outside of that. Gives by how much it moved. When another answer has set the clock meanwhile,
 * the two instants are of different times, and this one says nothing.
 */
function questions(clock: AlignedClock): () => (exchangeMs: number) => number {
  let sets = 0
  return () => {
    const askedAtMs = clock.nowMs()
    const before = sets
    return exchangeMs => {
      const heardAtMs = clock.nowMs()
      if (sets !== before || (exchangeMs >= askedAtMs && exchangeMs <= heardAtMs + 1)) return 0
      sets++
      const offMs = exchangeMs - (askedAtMs + heardAtMs) / 2
      clock.align(heardAtMs + offMs)
      return Math.round(offMs)
    }
  }
}
