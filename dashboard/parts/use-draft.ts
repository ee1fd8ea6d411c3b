import { type RefObject, useEffect, useRef, useState } from 'react';
import { useCurrent } from '../api/session.tsx';
import type { DraftKind } from './draft.ts';

export interface Draft<Values> {
  /** What was there when the page was opened. */
  readonly kept: Values | undefined;
  readonly keep: (values: Values) => void;
  readonly drop: () => void;
  /** It is made: from now on nothing is kept. */
  readonly end: () => void;
  readonly isOver: RefObject<boolean>;
}

/** What was entered on a create page, kept in this tab until it is created or given up. */
export function useDraft<Values>({ name, write, read, differs }: DraftKind<Values>, initial: Values): Draft<Values> {
  const { session, account } = useCurrent();
  const place = `raffia.${name}.${session.user.id}.${account.id}`;
  const [kept, setKept] = useState(() => read(sessionStorage.getItem(place), initial));
  const isOver = useRef(false);
  const drop = () => {
    sessionStorage.removeItem(place);
    setKept(undefined);
  };
  return {
    kept,
    isOver,
    keep: (values) => {
      if (isOver.current) return;
      if (differs(values, initial)) sessionStorage.setItem(place, write(values));
      else sessionStorage.removeItem(place);
    },
    drop,
    end: () => {
      isOver.current = true;
      drop();
    },
  };
}

/** Keeps what a form holds, whenever it changes. */
export function useKeeping<Values>(draft: Draft<Values>, values: Values): void {
  const keep = useRef(draft.keep);
  keep.current = draft.keep;
  useEffect(() => keep.current(values), [values]);
}
