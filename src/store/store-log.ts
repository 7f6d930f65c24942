/** What the store asks of a logger; winston's fits. Never handed secrets: connection texts are redacted before they get here. */
export type StoreLog = {
  info(message: string, detail?: Record<string, unknown>): unknown
  warn(message: string, detail?: Record<string, unknown>): unknown
}

export const silentLog: StoreLog = { info: () => undefined, warn: () => undefined }
