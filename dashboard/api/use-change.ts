import { notifications } from '@mantine/notifications';
import { type UseMutationResult, useMutation } from '@tanstack/react-query';
import { queryClient, useCurrent } from './session.tsx';

/** A change over the API: what it makes stale is read anew, success is said, failure stays with the form that asked. */
export function useChange<In = void, Out = unknown>(
  act: (input: In) => Promise<Out>,
  { done, onDone, stale }: { stale: readonly string[]; done?: string; onDone?: (out: Out, input: In) => void },
): UseMutationResult<Out, Error, In> {
  const { account } = useCurrent();
  return useMutation<Out, Error, In>({
    mutationFn: act,
    onSuccess: async (out, input) => {
      if (done !== undefined) notifications.show({ message: done, color: 'palm' });
      for (const name of stale) {
        void queryClient.invalidateQueries({ queryKey: name === 'session' ? [name] : [account.id, name] });
      }
      onDone?.(out, input);
    },
  });
}
