import { type ReactNode, useEffect, useRef } from 'react';
import { useBlocker } from 'react-router';
import { FormDialog } from './form-dialog.tsx';

/**
 * Asks before what was entered on a page is left behind: on the way to another page, and where the browser goes elsewhere.
 *
 * @param title verb and thing: `Leave web`
 * @param lost what is not kept
 * @param isSamePage addresses that show what was entered as well
 */
export function useAskBeforeLeaving(
  isDirty: boolean,
  {
    title,
    action,
    lost,
    onLeave,
    isSamePage = () => false,
  }: {
    title: string;
    action: string;
    lost: ReactNode;
    onLeave?: () => void;
    isSamePage?: (pathname: string) => boolean;
  },
): {
  readonly dialog: ReactNode /** From now on nothing is asked: what was entered is done. */;
  readonly release: () => void;
} {
  const isReleased = useRef(false);
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      isDirty &&
      !isReleased.current &&
      currentLocation.pathname !== nextLocation.pathname &&
      !isSamePage(nextLocation.pathname),
  );
  useEffect(() => {
    if (!isDirty) return;
    const ask = (event: BeforeUnloadEvent) => {
      if (!isReleased.current) event.preventDefault();
    };
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [isDirty]);
  return {
    release: () => {
      isReleased.current = true;
    },
    dialog: blocker.state === 'blocked' && (
      <FormDialog
        title={title}
        action={action}
        change={{ isPending: false, error: null }}
        isDestructive
        onSubmit={() => {
          onLeave?.();
          blocker.proceed();
        }}
        onClose={blocker.reset}
      >
        {lost}
      </FormDialog>
    ),
  };
}
