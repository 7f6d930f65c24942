/** One of a few: spans, periods, filters. */
type Parts<Value> = {
  name: string
  options: readonly { name: string; value: Value }[]
  chosen: Value
  onChoose: (value: Value) => void
}

export const Choice = <Value extends string | number>({ name, options, chosen, onChoose }: Parts<Value>) => (
  <fieldset className="flex flex-wrap gap-1">
    <legend className="sr-only">{name}</legend>
    {options.map(option => (
      <button
        key={option.value}
        type="button"
        className="btn"
        data-quiet=""
        aria-pressed={option.value === chosen}
        data-tone={option.value === chosen ? 'accent' : undefined}
        onClick={() => onChoose(option.value)}
      >
        {option.name}
      </button>
    ))}
  </fieldset>
)
