import { auth } from '../api/auth.ts';
import { queryClient } from '../api/session.tsx';

export async function signOut(): Promise<void> {
  await auth('sign-out', {}).catch(() => undefined);
  queryClient.clear();
  location.assign('/sign-in');
}
