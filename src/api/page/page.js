/**
 * The plain page: who runs, what the engine does, and the three commands. It shows what the API says and nothing else.
 * Text is set with textContent only, so no name of an actor can become markup.
 */
const byId = id => document.getElementById(id)
const actors = new Map()
let source
let cursor
let drawn = true

const TONES = {
  hedged: 'good',
  trading: 'good',
  failed: 'bad',
  halted: 'warn',
  stopping: 'warn',
  unwinding: 'warn',
  entering: 'warn',
}
const tone = state => TONES[/^[\w-]*/.exec(state)?.[0]] ?? ''

function say(text) {
  byId('message').textContent = text
  byId('message').hidden = !text
}

/** Trades the code in the link's fragment for a session cookie, and forgets it. */
async function signIn(token) {
  const answer = await fetch('/api/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  })
  if (!answer.ok) say((await answer.json()).detail)
  return answer.ok
}

async function start() {
  const code = new URLSearchParams(location.hash.slice(1)).get('login')
  if (code) {
    history.replaceState(null, '', location.pathname)
    await signIn(code)
  }
  const answer = await fetch('/api/engine')
  byId('login').hidden = answer.ok
  byId('board').hidden = !answer.ok
  if (!answer.ok) {
    line('signed out', 'warn')
    return
  }
  say('')
  showEngine(await answer.json())
  follow()
}

function follow() {
  source?.close()
  source = new EventSource(cursor ? `/api/live?since=${encodeURIComponent(cursor)}` : '/api/live')
  source.onopen = () => line('live', 'good')
  source.onerror = () => {
    line('connection lost, trying again', 'bad')
    // A refusal ends an EventSource for good: perhaps the session is over.
    if (source.readyState === EventSource.CLOSED) setTimeout(start, 2000)
  }
  source.addEventListener('engine', event => showEngine(JSON.parse(event.data)))
  source.addEventListener('state', event => {
    cursor = event.lastEventId
    const { reset, rows, removed } = JSON.parse(event.data)
    if (reset) actors.clear()
    for (const row of rows) actors.set(row.id, row)
    for (const id of removed) actors.delete(id)
    if (drawn) requestAnimationFrame(drawActors)
    drawn = false
  })
}

function line(text, kind) {
  byId('line').textContent = text
  byId('line').dataset.tone = kind
}

function element(name, text, attributes = {}) {
  const made = document.createElement(name)
  made.textContent = text
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  return made
}

function pairs(id, values, toneOf = () => '') {
  const entries = Object.entries(values).sort(([a], [b]) => a.localeCompare(b))
  const parts = entries.flatMap(([key, value]) => [
    element('dt', key),
    element('dd', String(value), { 'data-tone': toneOf(key, value) }),
  ])
  byId(id).replaceChildren(...(parts.length ? parts : [element('dt', 'none', { class: 'quiet' })]))
}

function showEngine(engine) {
  byId('mode').textContent = engine.mode
  byId('engine').textContent = engine.halt ? `${engine.state}: ${engine.halt.because}` : engine.state
  byId('engine').dataset.tone = tone(engine.state)
  byId('about').textContent =
    `version ${engine.version} · ${engine.exchange} · ${engine.speed}× · times are the exchange’s`
  pairs('hedges', engine.hedges, tone)
  pairs('symbols', engine.symbols, tone)
  pairs('residuals', engine.ledgerResiduals, (_, value) => (Number(value) === 0 ? 'good' : 'bad'))
  const parts = engine.health.map(({ name, ok, detail }) =>
    element('li', `${ok ? '✓' : '✗'} ${name}${detail ? `: ${detail}` : ''}`, {
      'data-tone': ok ? 'good' : 'bad',
    }),
  )
  byId('health').replaceChildren(...parts)
  byId('halt').disabled = engine.halt !== null
  byId('resume').disabled = engine.halt === null
  byId('flatten').disabled = false
}

function drawActors() {
  drawn = true
  const rows = [...actors.values()].sort((a, b) => a.kind.localeCompare(b.kind) || a.id.localeCompare(b.id))
  byId('count').textContent = `${rows.length}`
  byId('actors').replaceChildren(
    ...rows.map(row => {
      const line = element('tr', '', { 'data-actor': row.id })
      const state = row.quarantined ? `${row.state} (quarantined)` : row.state
      line.append(
        element('td', row.id),
        element('td', row.kind),
        element('td', state, {
          'data-state': row.state,
          'data-tone': row.quarantined ? 'bad' : tone(row.state),
        }),
        element('td', row.since.slice(0, 19).replace('T', ' ')),
        element('td', row.version, { class: 'number' }),
        element('td', row.restarts, { class: 'number' }),
      )
      return line
    }),
  )
}

async function command(name, body) {
  const answer = await fetch(`/api/engine/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  say(answer.ok ? '' : (await answer.json()).detail)
}

byId('halt').addEventListener('click', () => command('halt', { because: 'the page’s button' }))
byId('resume').addEventListener('click', () => command('resume'))
byId('flatten').addEventListener('click', () => byId('confirm').showModal())
byId('confirm').addEventListener('close', () => {
  if (byId('confirm').returnValue === 'yes') command('flatten')
  byId('confirm').returnValue = ''
})
byId('login').addEventListener('submit', async event => {
  event.preventDefault()
  if (await signIn(byId('token').value.trim())) await start()
})
// A link opened in a tab that already shows the page changes only the fragment.
addEventListener('hashchange', start)
// Six streams a host is all a browser gives: a hidden tab lets go of its own.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) source?.close()
  else if (source) follow()
})
start()
