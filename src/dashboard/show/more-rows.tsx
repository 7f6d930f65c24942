/** Loads the next page of a list. */
type Parts = { more: (() => void) | undefined; isLoading: boolean }

export function MoreRows({ more, isLoading }: Parts) {
  if (!more) return null
  return (
    <div className="border-t border-line px-4 py-2 text-center">
      <button type="button" className="btn" onClick={more} disabled={isLoading}>
        {isLoading ? 'Loading…' : 'Older rows'}
      </button>
    </div>
  )
}
