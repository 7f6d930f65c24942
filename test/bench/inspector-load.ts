/**
 * What an open inspector costs: 1,000 actors, 5,000 events a second; animation frames of the page, and the share of a core
 * the engine's process uses without hub, with hub, and with a page. Prints; asserts nothing.
 * `node test/bench/inspector-load.ts` runs all three, each in a process of its own.
 */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { buildPages, noBrowser, openBrowser, openPage } from '../support/browser/browser.ts'
import { CROWD_TOKEN, crowd } from '../support/browser/crowd.ts'

const ACTORS = 1000
const EVENTS_PER_S = 5000
const MEASURED_S = 10
const EVERY_MS = 20

const MOVES = ['leg.ask', 'leg.answer', 'legs.level', 'hedge.rebalance', 'hedge.unwind', 'leg.lost']

/** The engine's side: paced events, and its own share of a core, told on request. */
async function serve(watched: boolean): Promise<void> {
  const { runtime, ids, api } = await crowd(ACTORS, watched)
  let sent = 0
  let startedAtMs = performance.now()
  setInterval(() => {
    const due = ((performance.now() - startedAtMs) / 1000) * EVENTS_PER_S
    // What a busy machine could not do in time is left out, not made up for.
    if (due - sent > EVENTS_PER_S / 10) startedAtMs += ((due - sent) / EVENTS_PER_S) * 1000
    for (; sent < due - 1; sent++) {
      const type = sent % 11 === 0 ? (MOVES[(sent / 11) % MOVES.length] ?? '') : 'mark.moved'
      runtime.deliver(ids[(sent * 397) % ids.length] ?? '', { type })
    }
  }, EVERY_MS)
  process.send?.({ url: api.url })
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.({ cpuUs: user + system, sent, rssMb: process.memoryUsage().rss / 2 ** 20 })
  })
}

type Sample = { cpuUs: number; sent: number; rssMb: number }

async function measure(watched: boolean, withPage: boolean): Promise<void> {
  const child = spawn(process.execPath, [import.meta.filename, watched ? 'watched' : 'bare'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const told = <Told>() => new Promise<Told>(resolve => child.once('message', told => resolve(told as Told)))
  const sample = () => {
    const answer = told<Sample>()
    child.send('sample')
    return answer
  }
  const { url } = await told<{ url: string }>()
  const browser = withPage ? await openBrowser() : undefined
  const page = browser && (await openPage(browser, { url, token: CROWD_TOKEN }, '/inspector/hedge:0001')).page
  await page?.locator('[data-laid-out=true]').waitFor({ timeout: 60_000 })
  await pause(4000)
  const cpu = page && (await threadTime(page))
  const before = await sample()
  const frames = page ? await page.evaluate(frameLengths, MEASURED_S * 1000) : undefined
  if (!page) await pause(MEASURED_S * 1000)
  const after = await sample()
  const share = ((after.cpuUs - before.cpuUs) / 1e6 / MEASURED_S) * 100
  const rate = (after.sent - before.sent) / MEASURED_S
  const name = withPage ? 'hub and a page' : watched ? 'hub' : 'bare'
  console.log(
    `${name}: ${share.toFixed(1)} % of a core at ${rate.toFixed(0)} events/s, ${after.rssMb.toFixed(0)} MB`,
  )
  if (frames) {
    const sorted = frames.toSorted((a, b) => a - b)
    const at = (part: number) => sorted[Math.floor(sorted.length * part)]?.toFixed(1)
    const busy = cpu ? ((await cpu()) / MEASURED_S) * 100 : 0
    console.log(`page: its main thread works ${busy.toFixed(0)} % of a core`)
    console.log(`page: animation frame p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, ${frames.length} frames`)
    const shot = process.env.SCREENSHOT
    if (shot && page) writeFileSync(shot, await page.screenshot())
  }
  await browser?.close()
  child.kill()
}

/** Seconds of processor time that the page's main thread spends, whatever else the machine does. */
async function threadTime(page: Page): Promise<() => Promise<number>> {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
  const read = async () => {
    const { metrics } = await devtools.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0
  }
  const start = await read()
  return async () => (await read()) - start
}

/** Runs in the page. */
const frameLengths = (forMs: number) =>
  new Promise<number[]>(resolve => {
    const { requestAnimationFrame: onFrame } = globalThis as unknown as {
      requestAnimationFrame: (run: (now: number) => void) => void
    }
    const lengths: number[] = []
    let last = performance.now()
    const end = last + forMs
    const next = (now: number) => {
      lengths.push(now - last)
      last = now
      if (now < end) onFrame(next)
      else resolve(lengths)
    }
    onFrame(next)
  })

const [part] = process.argv.slice(2)
if (part) await serve(part === 'watched')
else {
  await measure(false, false)
  await measure(true, false)
  if (noBrowser) console.log('page: not measured, there is no chromium')
  else {
    await buildPages()
    await measure(true, true)
  }
}
