import type { ReactNode } from 'react';
import { State } from '../../parts/state-shape.tsx';

/** What one part of the cloud told; or that it did not, and why: the rest of the page is there all the same. */
export function Told<T>({
  part: { told, problem },
  children,
}: {
  part: { readonly told?: T; readonly problem?: string };
  children: (told: T) => ReactNode;
}) {
  if (told === undefined) return <State shape="attention">Couldn't be asked: {problem ?? 'no answer'}</State>;
  return children(told);
}
