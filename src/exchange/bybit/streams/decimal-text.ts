/**
 * Decimals of public frames, read from their text digit by digit, without making a string of them. Up to fifteen digits a double holds
 * what was read exactly, and `toFixed` makes the same text of it again.
 */

const [DOT, ZERO, NINE, MINUS] = [46, 48, 57, 45]
const DIGITS_EXACT = 15
/** More is no amount of anything. */
const DIGITS_MAX = 40
const POWERS = Array.from({ length: DIGITS_MAX + 1 }, (_, power) => 10 ** power)

/** Reads one text from left to right. What was read last stands in its fields until the next is read. */
export class DecimalReader {
  /** Where the next character stands. */
  at = 0
  value = 0
  /** Digits behind the point. */
  decimals = 0
  /** `value` is what was read, and not only near it. */
  isExact = true

  /** Reads an unsigned decimal that begins at `at`; false when none does. */
  read(text: string): boolean {
    let [digits, point, whole, at] = [0, -1, 0, this.at]
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code >= ZERO && code <= NINE) {
        whole = whole * 10 + code - ZERO
        digits++
      } else if (code === DOT && point < 0) point = digits
      else break
    }
    this.at = at
    const decimals = point < 0 ? 0 : digits - point
    // Digits on both sides of a point.
    if (digits === 0 || digits > DIGITS_MAX || point === 0 || (point > 0 && decimals === 0)) return false
    this.decimals = decimals
    this.isExact = digits <= DIGITS_EXACT
    // Both are exact, so that this is rounded once, as the text itself would be.
    this.value = decimals === 0 ? whole : whole / (POWERS[decimals] ?? 1)
    return true
  }

  /** The same for a number without a point, which does not begin with a 0. */
  readWhole(text: string): boolean {
    return text.charCodeAt(this.at) !== ZERO && this.read(text) && this.decimals === 0
  }

  /** The whole of `text` is one decimal. */
  readAll(text: string, isSigned = false): boolean {
    const isNegative = isSigned && text.charCodeAt(0) === MINUS
    this.at = isNegative ? 1 : 0
    const isRead = this.read(text) && this.at === text.length
    if (isNegative) this.value = -this.value
    return isRead
  }

  /** Steps over what must stand next; false when something else does. */
  skip(text: string, expected: string): boolean {
    if (!text.startsWith(expected, this.at)) return false
    this.at += expected.length
    return true
  }
}
