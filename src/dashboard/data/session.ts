/** Signing in: the one-time code of the link's fragment, or the token typed by hand, becomes a session cookie. */
import { Problem } from './client.ts'

/** Trades a code or the token for a session. @throws Problem when it is neither */
export async function signIn(token: string): Promise<void> {
  const answer = await fetch('/api/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  })
  if (answer.ok) return
  const { detail } = (await answer.json()) as { detail?: string }
  throw new Problem(answer.status, detail ?? 'sign-in was refused')
}

/** Takes the code out of the address, so that it stays in no history. */
export function takeCode(): string | undefined {
  const code = new URLSearchParams(location.hash.slice(1)).get('login') ?? undefined
  if (code) history.replaceState(null, '', location.pathname + location.search)
  return code
}

export async function signOut(): Promise<void> {
  await fetch('/api/session', { method: 'DELETE' })
}
