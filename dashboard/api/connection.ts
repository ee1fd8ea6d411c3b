import { Told, useTold } from './told.ts';

/** Whether the server does not answer. */
const away = new Told(false);

/** `fetch`, observed: one answer is enough to know that the server is back. */
export const observedFetch: typeof fetch = async (input, init) => {
  try {
    const response = await fetch(input, init);
    away.tell(response.status === 502 || response.status === 503 || response.status === 504);
    return response;
  } catch (error) {
    if (!init?.signal?.aborted) away.tell(true);
    throw error;
  }
};

export const useIsAway = (): boolean => useTold(away);
