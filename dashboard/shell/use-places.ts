import { useCurrent, useMay, useSees } from '../api/session.tsx';
import { type Page, type Place, pages } from '../pages.ts';

/** The pages of the menu that the person has use for: what may not be opened is absent, there and in the search. */
export function usePlaces(): readonly (Page & { readonly place: Place })[] {
  const { session } = useCurrent();
  const may = useMay();
  const sees = useSees();
  return pages.filter(
    (page): page is Page & { place: Place } =>
      page.place !== undefined &&
      (page.within !== 'operator' || session.user.is_operator) &&
      (page.place.permission === undefined || may(page.place.permission)) &&
      (page.place.shows === undefined || sees(page.place.shows)),
  );
}
