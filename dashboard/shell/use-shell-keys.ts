import { useNavigate } from 'react-router';
import { useScope } from '../api/scope.tsx';
import { wayOf } from '../keys.ts';
import { pages } from '../pages.ts';
import { useGoKeys, useSingleKeys } from '../parts/use-key.ts';
import { usePlaces } from './use-places.ts';

/** Letters that lead to pages. */
const ways = pages.flatMap(({ place }) => (place?.key === undefined ? [] : [wayOf(place.key)]));

/** Keys that work on every page: letters after `g` lead to others, as far as the person has use for them. */
export function useShellKeys(): void {
  const { to } = useScope();
  const navigate = useNavigate();
  const places = usePlaces();
  useSingleKeys();
  useGoKeys(ways, (way) => {
    const page = places.find(({ place }) => place.key !== undefined && wayOf(place.key) === way);
    if (page !== undefined) navigate(to(page.within, page.place.to ?? page.path));
  });
}
