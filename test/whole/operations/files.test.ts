/** What can be held of the container files where no container engine runs. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { boardQueries, boards, DOCKER, read, ruleQueries } from '../../support/operations/boards.ts'

const ROOT = join(DOCKER, '..')
const packages = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>
}

type Service = {
  image: string
  ports?: string[]
  volumes?: string[]
  secrets?: string[]
  depends_on?: string[] | Record<string, unknown>
}
type Compose = {
  services: Record<string, Service>
  secrets: Record<string, { file: string }>
  volumes: Record<string, null>
}
const compose = parse(read('compose.yaml')) as Compose
const services = Object.entries(compose.services)

describe('compose', () => {
  test.each(services)('%s has an image of one exact version', (_, { image }) => {
    expect(image).toMatch(/^[\w./-]+:v?\d+\.\d+\.\d+(-[\w.]+)?$/)
  })

  test('no service is open to more than this machine', () => {
    const ports = services.flatMap(([, { ports = [] }]) => ports)
    expect(ports).not.toEqual([])
    expect(ports.filter(port => !/^127\.0\.0\.1:\d+:\d+$/.test(port))).toEqual([])
  })

  test('every secret, volume and service that is named is there, and none is idle', () => {
    const used = (list: (service: Service) => string[]) => new Set(services.flatMap(([, each]) => list(each)))
    expect([...used(({ secrets = [] }) => secrets)].sort()).toEqual(Object.keys(compose.secrets).sort())
    const named = used(({ volumes = [] }) =>
      volumes.map(volume => volume.split(':')[0] ?? '').filter(name => !name.startsWith('.')),
    )
    expect([...named].sort()).toEqual(Object.keys(compose.volumes).sort())
    for (const other of used(({ depends_on = [] }) =>
      Array.isArray(depends_on) ? depends_on : Object.keys(depends_on),
    ))
      expect(Object.keys(compose.services)).toContain(other)
  })

  test('every file that is mounted is in the repository', () => {
    const mounted = services.flatMap(([, { volumes = [] }]) =>
      volumes.map(volume => volume.split(':')[0] ?? '').filter(name => name.startsWith('.')),
    )
    expect(mounted.length).toBeGreaterThan(4)
    for (const file of mounted) expect(existsSync(join(DOCKER, file)), file).toBe(true)
  })

  test('every secret is a file outside the repository', () => {
    const ignored = readFileSync(join(ROOT, '.gitignore'), 'utf8')
    expect(ignored).toContain('docker/secrets/')
    for (const { file } of Object.values(compose.secrets)) expect(file).toMatch(/^\.\/secrets\//)
  })
})

describe('the image', () => {
  const lines = read('Dockerfile').split('\n')
  const froms = lines.filter(line => line.startsWith('FROM '))

  test('every stage starts from the Node that development is pinned to', () => {
    expect(froms.length).toBeGreaterThan(1)
    for (const from of froms)
      expect(from).toMatch(new RegExp(`^FROM node:${packages.dependencies.node}-bookworm-slim\\b`))
  })

  test('runs as nobody of power, with a health check', () => {
    const last = lines.slice(lines.lastIndexOf(froms.at(-1) ?? ''))
    expect(last.find(line => line.startsWith('USER '))).toBe('USER node')
    expect(last.some(line => line.startsWith('HEALTHCHECK '))).toBe(true)
    expect(last.findIndex(line => line.startsWith('USER '))).toBeLessThan(
      last.findIndex(line => line.startsWith('ENTRYPOINT ')),
    )
  })

  test('copies only what is there, and only what the build may see', () => {
    const seen = read('Dockerfile.dockerignore')
      .split('\n')
      .filter(line => line.startsWith('!'))
      .map(line => line.slice(1))
    const copied = lines
      .filter(line => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap(line => line.split(/\s+/).slice(1, -1))
    for (const file of new Set(copied)) {
      expect(seen).toContain(file)
      expect(existsSync(join(ROOT, file)), file).toBe(true)
    }
  })
})

describe('boards and rules', () => {
  test('panels have titles, words on what they show, and room of their own', () => {
    expect(boards().length).toBeGreaterThan(2)
    for (const { uid, panels } of boards()) {
      expect(uid).toMatch(/^hedgerow-/)
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
      for (const { title, description } of panels) expect(title && description, title).toBeTruthy()
    }
  })

  test('every query asks for a metric of ours, or whether we are up', () => {
    for (const { where, expr } of [...boardQueries(), ...ruleQueries()])
      expect(expr, where).toMatch(/hedgerow_\w+|\bup\{job="hedgerow"\}/)
  })

  test('every rule names a chapter of the runbook', () => {
    const runbook = readFileSync(join(ROOT, 'RUNBOOK.md'), 'utf8')
    for (const [, chapter] of read('prometheus/rules.yml').matchAll(/runbook: 'RUNBOOK\.md: ([^']+)'/g)) {
      if (chapter?.includes('{{')) continue
      expect(runbook).toMatch(new RegExp(`^#{2,3} \`?${chapter}\`?$`, 'm'))
    }
  })
})
