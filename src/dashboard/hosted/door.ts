/**
 * What the inspector's library takes for its window. Left alone it posts to whatever origin the frame is at, and believes
 * every window that says it is the inspector: through this door it speaks and listens to one frame at one origin only.
 */

/** @param onConnected - called each time the frame says that it is there, after the library heard it */
export function door(frame: HTMLIFrameElement, origin: string, onConnected: () => void): Window {
  const post = (message: unknown) => frame.contentWindow?.postMessage(message, origin)
  const opened = {
    open: () => ({ postMessage: post }),
    addEventListener: (_type: 'message', hear: (event: MessageEvent) => void) => {
      addEventListener('message', event => {
        if (event.origin !== origin || event.source !== frame.contentWindow) return
        hear(event)
        if ((event.data as { type?: unknown } | null)?.type === '@statelyai.connected') onConnected()
      })
    },
  }
  return opened as unknown as Window
}
