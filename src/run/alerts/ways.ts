/** The ways to people that the configuration names. */

import { mail } from '../../alerts/channels/mail.ts'
import { telegram } from '../../alerts/channels/telegram.ts'
import { discord, slack, webhook } from '../../alerts/channels/webhook.ts'
import type { Way } from '../../alerts/delivery/courier.ts'
import type { AlertSettings } from '../../config/alerts.ts'

export function waysOf({ secrets, ...settings }: AlertSettings): Way[] {
  const { telegramChat: chat, telegramUrl: url, mailTo: to, mailFrom: from, smtpHost: host } = settings
  const token = secrets.HEDGEROW_ALERT_TELEGRAM_TOKEN
  const ways: Way[] = []
  if (secrets.HEDGEROW_ALERT_WEBHOOK_URL) ways.push(webhook(secrets.HEDGEROW_ALERT_WEBHOOK_URL))
  if (secrets.HEDGEROW_ALERT_SLACK_URL) ways.push(slack(secrets.HEDGEROW_ALERT_SLACK_URL))
  if (secrets.HEDGEROW_ALERT_DISCORD_URL) ways.push(discord(secrets.HEDGEROW_ALERT_DISCORD_URL))
  if (token && chat) ways.push(telegram({ token, chat, url }))
  if (to && from && host) {
    const { smtpPort: port, smtpSecurity: security, smtpUser: user } = settings
    const password = secrets.HEDGEROW_ALERT_SMTP_PASSWORD
    ways.push(mail({ host, port, security, user, password, from, to }))
  }
  return ways
}
