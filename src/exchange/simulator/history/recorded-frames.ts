/**
 * Frames that a real exchange once sent, played on the simulator's public sockets as they were recorded, byte for byte, while the
 * account behind it stays simulated. A file has one JSON object a line: `{"t":"connect","conn","addr"}` says whose socket it is,
 * `{"t":"recv","conn","ts","data"}` what came, `ts` in seconds.
 */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { Clock, TimerHandle } from '../../../clock/clock.ts'
import type { JsonObject } from '../../../domain/json.ts'
import { objectIn } from '../kit/params.ts'
import type { Push } from '../simulated.ts'

type Channel = Push['channel']
export type RecordedFrame = {
  channel: Channel
  topic: string
  /** After the first frame. */
  atMs: number
  /** Stands alone: a listener may begin with it. */
  whole: boolean
  text: string
}

/** A file that is no recording. The message names it and is for a person. */
class RecordingFault extends Error {
  override name = 'RecordingFault'
}

const CHANNELS: readonly [end: string, channel: Channel][] = [
  ['/v5/public/linear', 'public-linear'],
  ['/v5/public/spot', 'public-spot'],
  ['/v5/public/spread', 'public-spread'],
]

/** The public frames of a recording in the order they came. Throws `RecordingFault`. */
export function readRecording(file: string): RecordedFrame[] {
  const channels = new Map<string, Channel>()
  const frames: RecordedFrame[] = []
  let firstMs: number | undefined
  for (const [at, line] of linesOf(file).entries()) {
    const row = objectIn(line)
    if (!row) throw new RecordingFault(`${file}: expected JSON in line ${at + 1}, found ${line.slice(0, 60)}`)
    const { t, conn, ts, addr, data } = row
    const channel = CHANNELS.find(([end]) => String(addr).endsWith(end))?.[1]
    if (t === 'connect' && channel) channels.set(String(conn), channel)
    const frame =
      t === 'recv' && typeof data === 'string' ? frameOf(data, channels.get(String(conn))) : undefined
    if (!frame) continue
    const nowMs = Number(ts) * 1000
    firstMs ??= nowMs
    frames.push({ ...frame, atMs: nowMs - firstMs })
  }
  if (frames.length === 0) throw new RecordingFault(`${file}: expected recorded public frames, found none`)
  return frames
}

function linesOf(file: string): string[] {
  try {
    const bytes = readFileSync(file)
    const text = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes
    return text.toString('utf8').trimEnd().split('\n')
  } catch (error) {
    throw new RecordingFault(`${file}: expected a recording, found ${(error as Error).message}`)
  }
}

/** A push; acknowledgements and pongs were somebody else's. */
function frameOf(text: string, channel: Channel | undefined): Omit<RecordedFrame, 'atMs'> | undefined {
  const message: JsonObject | undefined = objectIn(text)
  if (!channel || typeof message?.topic !== 'string') return undefined
  return { channel, topic: message.topic, whole: message.type !== 'delta', text }
}

type Player = {
  plays(channel: Channel, topic: string): boolean
  /** What a new listener hears first: the topic's latest whole frame and all after it. The first listener starts the play. */
  first(channel: Channel, topic: string): string[] | undefined
  close(): void
}

/** A player of the recording in `file`, where there is one. Throws for a file that is none. */
export const playRecording = (
  file: string | undefined,
  clock: Clock,
  hear: (frame: RecordedFrame) => void,
): Player | undefined => (file === undefined ? undefined : playFrames(readRecording(file), clock, hear))

/** Plays frames once, in the clock's time, from the first listener on; afterwards their topics are silent. */
function playFrames(
  frames: readonly RecordedFrame[],
  clock: Clock,
  hear: (frame: RecordedFrame) => void,
): Player {
  const known = new Set(frames.map(({ channel, topic }) => `${channel} ${topic}`))
  const played = new Map<string, string[]>()
  let startedAtMs: number | undefined
  let next = 0
  let timer: TimerHandle | undefined

  const step = (startMs: number) => {
    for (let frame = frames[next]; frame && startMs + frame.atMs <= clock.nowMs(); frame = frames[++next]) {
      const key = `${frame.channel} ${frame.topic}`
      const before = frame.whole ? undefined : played.get(key)
      if (before) before.push(frame.text)
      else played.set(key, [frame.text])
      hear(frame)
    }
    const coming = frames[next]
    if (coming)
      timer = clock.setTimeout(() => step(startMs), Math.max(0, startMs + coming.atMs - clock.nowMs()))
  }
  const begin = () => {
    startedAtMs ??= clock.nowMs()
    const startMs = startedAtMs
    timer = clock.setTimeout(() => step(startMs), 0)
  }
  return {
    plays: (channel, topic) => known.has(`${channel} ${topic}`),
    first(channel, topic) {
      if (!known.has(`${channel} ${topic}`)) return undefined
      if (startedAtMs === undefined) begin()
      return [...(played.get(`${channel} ${topic}`) ?? [])]
    },
    close() {
      if (timer) clock.clearTimeout(timer)
    },
  }
}
