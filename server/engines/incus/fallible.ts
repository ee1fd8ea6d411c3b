import { PassingFault, UnusableHost } from '../engine.ts';
import { asFault } from './incus-error.ts';

/** Whatever fails on the way comes out as the failure of an operation. */
export async function fallible<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof UnusableHost)
      throw new PassingFault('The host of the machines is not ready; ask the operator of this cloud', { cause: error });
    throw asFault(error);
  }
}
