import { useSearchParams } from 'react-router';

/** What the address says of a list: text that is looked for, fields, columns. A value that no option has is none. */
export function useListState() {
  const [params, setParams] = useSearchParams();
  const change = (act: (next: URLSearchParams) => void) =>
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        act(next);
        return next;
      },
      { replace: true, preventScrollReset: true },
    );
  return {
    q: params.get('q') ?? '',
    /** Columns that were turned on (`a`) or off (`-a`) in `cols`. */
    chosen: Object.fromEntries(
      (params.get('cols') ?? '')
        .split(',')
        .filter((word) => word !== '')
        .map((word) => [word.replace(/^-/, ''), !word.startsWith('-')]),
    ) as Readonly<Record<string, boolean>>,
    setChosen: (chosen: Readonly<Record<string, boolean>>) =>
      change((next) => {
        const words = Object.entries(chosen).map(([id, isOn]) => (isOn ? id : `-${id}`));
        if (words.length === 0) next.delete('cols');
        else next.set('cols', words.join(','));
      }),
    value: (name: string, options: readonly { readonly value: string }[]): string | null => {
      const asked = params.get(name);
      return options.some((option) => option.value === asked) ? asked : null;
    },
    set: (name: string, value: string | null) =>
      change((next) => {
        if (value === null) next.delete(name);
        else next.set(name, value);
      }),
    clear: (names: readonly string[]) =>
      change((next) => {
        for (const name of names) next.delete(name);
      }),
  };
}
