/** Small real servers that take alerts: HTTP for webhooks and chats, SMTP for mail. They remember what they were told. */
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createSocketServer, type Server, type Socket } from 'node:net'

type Asked = { method: string; path: string; body: string }
type Answer = { status: number; body: string; location?: string } | 'never'

/** Answers in the order given, then with 200 and `{"ok":true}`. */
export async function startChatServer(...answers: Answer[]) {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    asked.push({ method: request.method ?? '', path: request.url ?? '', body })
    const isLast = answers.length === 1 && answers[0] === 'never'
    give(response, (isLast ? answers[0] : answers.shift()) ?? { status: 200, body: '{"ok":true}' })
  })
  const port = await listening(server)
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function give(response: ServerResponse, answer: Answer) {
  if (answer === 'never') return
  const { status, body, location } = answer
  response.writeHead(status, location ? { location } : {}).end(body)
}

type Mail = { from: string; to: string[]; login: string[]; data: string }

/** Enough of SMTP (RFC 5321) with AUTH PLAIN for one client at a time; the password is `sesame`. */
export async function startMailServer() {
  const mails: Mail[] = []
  const sockets = new Set<Socket>()
  const server = createSocketServer(socket => {
    sockets.add(socket)
    socket.setEncoding('utf8')
    talk(socket, mails)
  })
  const port = await listening(server)
  return {
    port,
    mails,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

function talk(socket: Socket, mails: Mail[]) {
  let mail: Mail = { from: '', to: [], login: [], data: '' }
  let inData = false
  let text = ''
  const say = (line: string) => socket.write(`${line}\r\n`)
  const hear = (line: string) => {
    if (inData) {
      if (line !== '.') mail.data += `${line}\n`
      else {
        inData = false
        mails.push(mail)
        mail = { from: '', to: [], login: [], data: '' }
        say('250 taken')
      }
      return
    }
    const [, verb = '', rest = ''] = /^(\w+) ?(.*)$/.exec(line) ?? []
    const address = /<(.*?)>/.exec(rest)?.[1] ?? ''
    if (verb === 'EHLO') say('250-here\r\n250 AUTH PLAIN')
    else if (verb === 'AUTH') {
      const [, user = '', password = ''] = Buffer.from(rest.split(' ')[1] ?? '', 'base64')
        .toString()
        .split('\0')
      mail.login = [user, password]
      say(password === 'sesame' ? '235 welcome' : '535 no')
    } else if (verb === 'MAIL') {
      mail.from = address
      say('250 ok')
    } else if (verb === 'RCPT') {
      mail.to.push(address)
      say('250 ok')
    } else if (verb === 'DATA') {
      inData = true
      say('354 go on')
    } else if (verb === 'QUIT') socket.end('221 bye\r\n')
    else say('502 not known here')
  }
  socket.on('data', chunk => {
    text += String(chunk)
    for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
      const line = text.slice(0, end)
      text = text.slice(end + 2)
      hear(line)
    }
  })
  socket.on('error', () => {
    // A client that gives up is part of the tests.
  })
  say('220 here')
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
