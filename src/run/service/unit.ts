/**
 * A service of systemd, as text: its unit, and the command that speaks to it. `docker/hedgerow.service` is the unit for the
 * defaults; a test holds the two together.
 */
import { join } from 'node:path'
import { credentialFile, SECRET_VARIABLES } from '../../config/secrets.ts'

export type UnitOptions = {
  /** Of the unit, its command and its credentials: each account has its own. */
  name: string
  user: string
  /** Where the checkout lives. */
  appDir: string
  dataDir: string
  /** hedgerow.yaml and an optional file `environment` live here. */
  configDir: string
}

/** Where the service of this name has its things, unless it is told otherwise. */
export const unitDefaults = (name: string): UnitOptions => ({
  name,
  user: 'hedgerow',
  appDir: '/opt/hedgerow',
  dataDir: `/var/lib/${name}`,
  configDir: `/etc/${name}`,
})

/** The program's own Node, pinned by the lockfile: the machine's may be another version. */
export const nodePath = (appDir: string) => join(appDir, 'node_modules/node/bin/node')

const SAFE_PATH = /^\/[\w./@+-]*$/
const SAFE_NAME = /^[a-z][a-z0-9_-]{0,47}$/
const SAFE_USER = /^[a-z_][a-z0-9_-]{0,31}$/

/** @throws RangeError for a value that would change the meaning of the unit (spaces, percent signs, line ends). */
export function renderUnit(options: UnitOptions): string {
  assertSafe(options)
  return [HEAD, identity(options), service(options), confinement(options), INSTALL].join('\n')
}

function assertSafe({ name, user, appDir, dataDir, configDir }: UnitOptions): void {
  if (!SAFE_NAME.test(name))
    throw new RangeError(`name: expected small letters, digits and hyphens, found ${JSON.stringify(name)}`)
  if (!SAFE_USER.test(user))
    throw new RangeError(`user: expected the name of a system user, found ${JSON.stringify(user)}`)
  for (const path of [appDir, dataDir, configDir]) {
    if (!SAFE_PATH.test(path))
      throw new RangeError(
        `path: expected an absolute path of plain characters, found ${JSON.stringify(path)}`,
      )
  }
}

/** The file of /etc/credstore/ that holds a secret of this service. */
const credstoreFile = (name: string, variable: string): string =>
  `${name}.${credentialFile(variable).replace(/^hedgerow-/, '')}`

const credentials = ({ name }: UnitOptions): string =>
  SECRET_VARIABLES.map(
    variable => `LoadCredential=${credentialFile(variable)}:${credstoreFile(name, variable)}`,
  ).join('\n')

/**
 * The command of a service, a shell script: `hedgerow`'s own commands with the folder, the environment and the credentials of the
 * unit, so that they act on the same installation. @throws RangeError as `renderUnit` does
 */
export function renderCommand(options: UnitOptions): string {
  assertSafe(options)
  const { name, appDir, dataDir, configDir } = options
  return `#!/bin/sh
# Written by \`hedgerow service install\`: commands for the service ${name}.
set -eu
export HEDGEROW_SERVICE=${name} HEDGEROW_DATA_DIR="\${HEDGEROW_DATA_DIR:-${dataDir}}"
if [ -z "\${HEDGEROW_CONFIG:-}" ] && [ -r ${configDir}/hedgerow.yaml ]; then export HEDGEROW_CONFIG=${configDir}/hedgerow.yaml; fi
# Root reads the credentials; other users go without.
credential() {
  if [ -z "$(printenv "$1" || true)" ] && [ -r "/etc/credstore/$2" ]; then export "$1=$(cat "/etc/credstore/$2")"; fi
}
${SECRET_VARIABLES.map(variable => `credential ${variable} ${credstoreFile(name, variable)}`).join('\n')}
# Node names a missing file on every command.
set -- ${join(appDir, 'src/cli.ts')} "$@"
if [ -r ${configDir}/environment ]; then set -- --env-file=${configDir}/environment "$@"; fi
exec ${nodePath(appDir)} "$@"
`
}

const HEAD = '# Written by `hedgerow service print`.'
const INSTALL = '[Install]\nWantedBy=multi-user.target\n'

const identity = ({ appDir }: UnitOptions) => `[Unit]
Description=Hedgerow, funding carry on Bybit
Documentation=file://${appDir}/README.md
Wants=network-online.target
After=network-online.target time-sync.target postgresql.service
# Never given up: an outage of the exchange or the database may last.
StartLimitIntervalSec=0
`

const service = (options: UnitOptions) => {
  const { name, user, appDir, dataDir, configDir } = options
  return `[Service]
Type=notify
# READY and WATCHDOG are sent by systemd-notify, a child of the engine: Node has no datagram sockets of its own.
NotifyAccess=all
User=${user}
Group=${user}
WorkingDirectory=${configDir}
SyslogIdentifier=${name}
Environment=NODE_ENV=production
Environment=HEDGEROW_DATA_DIR=${dataDir}
# HEDGEROW_MODE and the like, one NAME=value a line. No secrets: those are credentials.
EnvironmentFile=-${configDir}/environment
ExecStart=${nodePath(appDir)} ${join(appDir, 'src/cli.ts')} run
# systemd ends the guard together with a killed engine: what rests in the order book is taken off here. After an orderly stop it does nothing.
ExecStopPost=${nodePath(appDir)} ${join(appDir, 'src/run/guard/guard-process.ts')} --after-stop

# Secrets (systemd 252 or later): put each into /etc/credstore/, mode 0600, under the name after the colon.
# One that is absent is skipped.
${credentials(options)}

# Start: the embedded database recovers and every open hedge is reconciled before READY. A start that waits asks for more time.
TimeoutStartSec=180
# The engine feeds the watchdog every third of this, while its journal answers and its event loop turns.
WatchdogSec=60
Restart=always
RestartSec=5
# 2 is a fault in the configuration: the same again would fail the same way.
RestartPreventExitStatus=2
# The engine ends its own children (database, simulator) in order; what is left after the time is killed.
KillSignal=SIGTERM
KillMode=mixed
TimeoutStopSec=60
OOMScoreAdjust=-500
LimitNOFILE=65536
TasksMax=512
`
}

const confinement = (options: UnitOptions) => `${places(options)}
UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
PrivateTmp=yes
PrivateDevices=yes
ProtectSystem=strict
ProtectHome=${underHome(options) ? 'read-only' : 'yes'}
ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
# AF_UNIX: systemd and the embedded database. AF_NETLINK: name resolution asks which addresses this machine has.
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service @pkey
SystemCallErrorNumber=EPERM
# MemoryDenyWriteExecute stays off: V8 compiles JavaScript into memory that it writes and then executes.
MemoryDenyWriteExecute=no
`

/** systemd makes and owns folders under /var/lib and /etc; others must exist and are opened for writing. */
function places({ dataDir, configDir }: UnitOptions): string {
  const state = /^\/var\/lib\/([\w.@+-]+)$/.exec(dataDir)?.[1]
  const config = /^\/etc\/([\w.@+-]+)$/.exec(configDir)?.[1]
  return [
    ...(state ? [`StateDirectory=${state}`, 'StateDirectoryMode=0700'] : [`ReadWritePaths=${dataDir}`]),
    ...(config ? [`ConfigurationDirectory=${config}`] : []),
  ].join('\n')
}

const underHome = ({ appDir, dataDir, configDir }: UnitOptions) =>
  [appDir, dataDir, configDir].some(path => /^\/(home|root|run\/user)\//.test(path))
