/**
 * Reports of backtests and sweeps that lie in the data folder: a list, and each as the file it is. A report is a file like any
 * other, whoever wrote it: it is shown in a frame that runs nothing, loads nothing and may go nowhere.
 */
import { open, readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { ApiEnv } from '../access/guard.ts'
import { HttpRefusal } from '../access/problem.ts'
import { ANSWERS, type AnswerTo } from '../rows/answers.ts'
import { invalid, notFound, unauthorised } from './commands.ts'

/** A name of a file in one folder: no way out of it. */
const REPORT_NAME = /^\w[\w.-]{0,150}\.html$/
/** Where its title stands. */
const HEAD_BYTES = 4096

const list = createRoute({
  method: 'get',
  path: '/api/reports',
  summary: 'Reports of backtests and sweeps in the data folder, newest first.',
  responses: {
    200: {
      description: 'The reports.',
      content: { 'application/json': { schema: ANSWERS['/api/reports'] } },
    },
    401: unauthorised,
  },
})

const one = createRoute({
  method: 'get',
  path: '/api/reports/{name}',
  summary: 'One report as the HTML file it is.',
  request: {
    params: z.object({
      name: z.string().regex(REPORT_NAME, { error: 'expected a name such as sweep.html' }),
    }),
  },
  responses: {
    200: { description: 'The file.', content: { 'text/html': { schema: z.string() } } },
    401: unauthorised,
    404: notFound,
    422: invalid,
  },
})

/** @param folder - where reports are; a folder that is not there holds none */
export function reportRoutes(app: OpenAPIHono<ApiEnv>, folder: string | undefined): void {
  app.openapi(list, async c => c.json(folder === undefined ? [] : await reportsIn(folder), 200))
  app.openapi(one, async c => {
    const { name } = c.req.valid('param')
    const text =
      folder === undefined ? undefined : await unlessMissing(readFile(path.join(folder, name), 'utf8'))
    if (text === undefined) throw new HttpRefusal(404, `report: nothing is called ${name}`)
    return c.html(text, 200)
  })
}

type Reports = AnswerTo<'/api/reports'>

async function reportsIn(folder: string): Promise<Reports> {
  const names = (await unlessMissing(readdir(folder))) ?? []
  const found = await Promise.all(
    names.filter(name => REPORT_NAME.test(name)).map(name => unlessMissing(reportOf(folder, name))),
  )
  return found.filter(report => report !== undefined).sort((a, b) => b.writtenAtMs - a.writtenAtMs)
}

async function reportOf(folder: string, name: string): Promise<Reports[number]> {
  const file = path.join(folder, name)
  const { size, mtimeMs } = await stat(file)
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    const title = /<title>([^<]*)<\/title>/.exec(buffer.toString('utf8', 0, bytesRead))?.[1]
    return { name, title: title ? plain(title) : name, bytes: size, writtenAtMs: Math.round(mtimeMs) }
  } finally {
    await handle.close()
  }
}

const SIGNS: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
const plain = (text: string) => text.replace(/&(amp|lt|gt|quot|#39);/g, (whole, sign) => SIGNS[sign] ?? whole)

/** What is gone meanwhile, or was never there, is nothing; any other fault stays one. */
async function unlessMissing<Value>(read: Promise<Value>): Promise<Value | undefined> {
  try {
    return await read
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EISDIR'))
      return undefined
    throw error
  }
}
