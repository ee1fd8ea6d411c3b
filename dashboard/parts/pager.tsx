import { Pagination } from '@mantine/core';
import { useSearchParams } from 'react-router';

/** The page of a list that the server cuts into pages, from `page` of the address. */
export function usePage(perPage: number): { readonly limit: number; readonly offset: number } {
  const [search] = useSearchParams();
  const page = Math.max(1, Math.floor(Number(search.get('page') ?? 1)) || 1);
  return { limit: perPage, offset: (page - 1) * perPage };
}

/** The other pages of such a list; nothing where there is one. */
export function Pager({ total, limit, offset }: { total: number; limit: number; offset: number }) {
  const [, setSearch] = useSearchParams();
  if (total <= limit) return null;
  return (
    <Pagination
      size="sm"
      total={Math.ceil(total / limit)}
      value={offset / limit + 1}
      onChange={(next) =>
        setSearch((before) => {
          const after = new URLSearchParams(before);
          if (next === 1) after.delete('page');
          else after.set('page', String(next));
          return after;
        })
      }
      getControlProps={(control) => ({ 'aria-label': `${control} page` })}
    />
  );
}
