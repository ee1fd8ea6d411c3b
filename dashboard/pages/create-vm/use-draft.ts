import { useState } from 'react';
import { useCurrent } from '../../api/session.tsx';
import { differs, draftOf, readDraft } from './draft.ts';
import type { VmValues } from './values.ts';

/** What was entered, kept in this tab until it is created or given up. */
export function useDraft(initial: VmValues) {
  const { session, account } = useCurrent();
  const place = `raffia.create-vm.${session.user.id}.${account.id}`;
  const [kept, setKept] = useState(() => readDraft(sessionStorage.getItem(place), initial));
  return {
    /** What was there when the page was opened. */
    kept,
    keep: (values: VmValues) => {
      if (differs({ ...values, password: '' }, initial)) sessionStorage.setItem(place, draftOf(values));
      else sessionStorage.removeItem(place);
    },
    drop: () => {
      sessionStorage.removeItem(place);
      setKept(undefined);
    },
  };
}
