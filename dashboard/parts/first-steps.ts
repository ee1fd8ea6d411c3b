import { useAccount } from '../api/lists.ts';
import { useCurrent } from '../api/session.tsx';
import { Told, useTold } from '../api/told.ts';

const keyOf = (personId: string) => `raffia.first-steps.${personId}`;

/** Counts how often it was hidden or shown here: what is so stands in the storage. */
const changes = new Told(0);

/** Whether the list of first steps has something to say, and whether this person hid it in this browser. */
export function useFirstSteps(): { isDue: boolean; isHidden: boolean; setHidden: (isHidden: boolean) => void } {
  const { session } = useCurrent();
  const key = keyOf(session.user.id);
  const account = useAccount();
  useTold(changes);
  return {
    isDue: account.data?.quota.vms.used === 0,
    isHidden: localStorage.getItem(key) !== null,
    setHidden: (isHidden) => {
      if (isHidden) localStorage.setItem(key, 'hidden');
      else localStorage.removeItem(key);
      changes.tell(changes.get() + 1);
    },
  };
}
