import { useGrants, useMembers } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { type Person, peopleOf } from './people.ts';

/** Everybody in the account, with all that they have in it; undefined as long as not all of it is there. */
export function usePeople() {
  const { projects } = useScope();
  const members = useMembers();
  const { grants, isLoaded, error } = useGrants(projects);
  const people: readonly Person[] | undefined =
    members.data === undefined || !isLoaded ? undefined : peopleOf(members.data, grants);
  // As a list that is read: told of in the same words, and read anew with all that it comes from.
  return {
    ...members,
    data: people,
    error: members.error ?? error,
    isError: members.isError || error !== null,
    isFetching: members.isFetching || !isLoaded,
    fetchStatus: isLoaded ? members.fetchStatus : ('fetching' as const),
  };
}
