import { Kbd } from '@mantine/core';
import { useDisclosure, useHotkeys, useWindowEvent } from '@mantine/hooks';
import { Search } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { shortcuts } from '../../keys.ts';
import { isApple } from '../help/is-apple.ts';
import classes from './search.module.css';

const SearchPalette = lazy(() => import('./search-palette.tsx'));

/** Opens the search over everything, which is loaded with its lists when it is wanted for the first time. */
export function SearchButton() {
  const [isWanted, setWanted] = useState(false);
  const [isOpen, { open, close, toggle }] = useDisclosure(false, { onOpen: () => setWanted(true) });
  // The way back leads to another page.
  useWindowEvent('popstate', close);
  // Also from within a field, where the keys mean nothing else.
  useHotkeys([[shortcuts.search.keys.join('+'), toggle]], []);
  return (
    <>
      <button
        type="button"
        className={classes.find}
        aria-haspopup="dialog"
        aria-keyshortcuts={isApple ? 'Meta+K' : 'Control+K'}
        onClick={open}
      >
        <Search size={15} aria-hidden />
        <span className={classes.findLabel}>Search</span>
        <Kbd size="xs" className={classes.keys} aria-hidden="true">
          {isApple ? '⌘K' : 'Ctrl K'}
        </Kbd>
      </button>
      {isWanted && (
        <Suspense>
          <SearchPalette isOpen={isOpen} onClose={close} />
        </Suspense>
      )}
    </>
  );
}
