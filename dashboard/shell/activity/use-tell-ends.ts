import { useEffect, useRef, useState } from 'react';
import { useScope } from '../../api/scope.tsx';
import { useCurrent } from '../../api/session.tsx';
import { isTrayOpen } from '../../api/tray.ts';
import { nameOfWork, useLatestWork } from '../../api/use-work-under-way.ts';
import { endedSince, type KnownEnds } from '../../api/work-under-way.ts';
import { endsOf, pathOfThing } from '../../parts/operation-words.ts';
import { toast } from '../../parts/toast.tsx';

/** Tells how work ended that the person began: in toasts while the tray is closed, else to readers of screens alone, who do not see it. */
export function useTellEnds(): string {
  const { account, session } = useCurrent();
  const { toThing } = useScope();
  const all = useLatestWork();
  const known = useRef<{ account: string; ends: KnownEnds | undefined }>({ account: '', ends: undefined });
  const [said, setSaid] = useState('');
  const link = useRef(toThing);
  link.current = toThing;
  useEffect(() => {
    if (all === undefined) return;
    const before = known.current.account === account.id ? known.current.ends : undefined;
    const { ended, known: ends } = endedSince(before, all);
    known.current = { account: account.id, ends };
    const told = endsOf(
      ended.filter(({ created_by }) => created_by === session.user.id),
      nameOfWork,
    );
    if (told.length === 0) return;
    if (isTrayOpen.get()) return setSaid(told.map(({ sentence }) => sentence).join('. '));
    for (const { sentence, isFailure, operation } of told) {
      const path = pathOfThing(operation);
      toast(sentence, {
        isFailure,
        ...(path === undefined ? {} : { to: link.current(path, operation.project_id) }),
      });
    }
  }, [all, account.id, session.user.id]);
  return said;
}
