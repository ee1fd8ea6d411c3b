import { useQuery } from '@tanstack/react-query';
import { openClient } from './session.tsx';

/** How people sign in to this cloud; undefined until it is known. */
export const useSignInRules = () =>
  useQuery({ queryKey: ['sign-in'], queryFn: async () => (await openClient.getSignInRules()).data }).data;
