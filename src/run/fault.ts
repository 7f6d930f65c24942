/** Why the engine did not start, in one message that names what to change. The command line prints it and exits with 1. */
export class StartFault extends Error {
  override name = 'StartFault'
}
