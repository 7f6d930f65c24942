/** Alerts by e-mail over SMTP. A new connection for each message: alerts are rare and a kept one would have died. */
import { createTransport } from 'nodemailer'
import type { Way } from '../delivery/courier.ts'
import { subjectLine, textOf } from './message.ts'

type MailOptions = {
  host: string
  port: number
  /** `none` only for a relay on the same machine. */
  security: 'starttls' | 'tls' | 'none'
  user: string | undefined
  password: string | undefined
  from: string
  /** Addresses with commas between. */
  to: string
}

const STEP_MS_MAX = 8_000

export const mail = ({ host, port, security, user, password, from, to }: MailOptions): Way => ({
  name: 'mail',
  async send(message, signal) {
    const transport = createTransport({
      host,
      port,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      ...(user && password ? { auth: { user, pass: password } } : {}),
      connectionTimeout: STEP_MS_MAX,
      greetingTimeout: STEP_MS_MAX,
      socketTimeout: STEP_MS_MAX,
      disableFileAccess: true,
      disableUrlAccess: true,
    })
    const give = () => transport.close()
    signal.addEventListener('abort', give, { once: true })
    try {
      await transport.sendMail({ from, to, subject: subjectLine(message), text: textOf(message) })
    } finally {
      signal.removeEventListener('abort', give)
      transport.close()
    }
  },
})
