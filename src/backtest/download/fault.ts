/** Why a download cannot go on, in one message for people: what was found, what was expected, where. */
export class DownloadFault extends Error {
  override name = 'DownloadFault'
}
