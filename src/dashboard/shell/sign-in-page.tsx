/** What a browser without a session sees. */
import { type FormEvent, useState } from 'react'
import { signIn } from '../data/session.ts'

export function SignInPage({ fault, onSignedIn }: { fault: string; onSignedIn: () => void }) {
  const [token, setToken] = useState('')
  const [refused, setRefused] = useState('')
  const refusal = refused || fault
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    try {
      await signIn(token.trim())
      onSignedIn()
    } catch (error) {
      setRefused(error instanceof Error ? error.message : String(error))
    }
  }
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <form onSubmit={submit} className="panel w-[min(440px,100%)] p-6">
        <h1 className="text-[18px] font-semibold">Hedgerow</h1>
        <p className="mt-1 text-soft">
          Open the one-time link that <code className="font-mono text-[13px]">npm start</code> printed, or{' '}
          <code className="font-mono text-[13px]">hedgerow link</code> for a new one. The token of the data
          folder works too.
        </p>
        <label className="mt-4 block text-[13px] text-soft">
          Token
          <input
            className="field mt-1 w-full"
            type="password"
            autoComplete="current-password"
            required
            value={token}
            onChange={event => setToken(event.target.value)}
          />
        </label>
        {refusal && (
          <p role="alert" className="mt-2 text-[13px] text-bad">
            {refusal}
          </p>
        )}
        <button type="submit" className="btn mt-4" data-tone="accent">
          Sign in
        </button>
      </form>
    </main>
  )
}
