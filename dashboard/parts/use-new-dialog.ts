import { useRef } from 'react';
import { useSearchParams } from 'react-router';

/**
 * The dialog in which a page makes a new thing: open where the address says `new`, so that a link and a menu can open it.
 *
 * @param isAllowed whether the person may make one; whoever loses that while it is open keeps what was typed, and is told by the server
 */
export function useNewDialog(isAllowed: boolean): { isOpen: boolean; open: () => void; close: () => void } {
  const [search, setSearch] = useSearchParams();
  const wasAllowed = useRef(false);
  const isAsked = search.has('new');
  wasAllowed.current = isAsked && (wasAllowed.current || isAllowed);
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
  return { isOpen: wasAllowed.current, open: () => set(true), close: () => set(false) };
}
