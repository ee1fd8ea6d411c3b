import { useSearchParams } from 'react-router';

/** The dialog in which a page makes a new thing: open where the address says `new`, so that a link and a menu can open it. */
export function useNewDialog(): { isOpen: boolean; open: () => void; close: () => void } {
  const [search, setSearch] = useSearchParams();
  const set = (isOpen: boolean) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        if (isOpen) next.set('new', '');
        else next.delete('new');
        return next;
      },
      { replace: true, preventScrollReset: true },
    );
  return { isOpen: search.has('new'), open: () => set(true), close: () => set(false) };
}
