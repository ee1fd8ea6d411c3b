import type { Project } from '@raffia/client/client.ts';
import { createContext, type ReactNode, useContext, useEffect, useMemo } from 'react';
import { useLocation } from 'react-router';
import { addressOf, everyProject, type Place, projectNamed, readAddress, type Within, wordOf } from '../addresses.ts';
import { useCurrent } from './session.tsx';

const remembered = 'raffia.place';

/** Where the person was last: the only thing about scope that is kept. */
export function lastPlace(): Partial<Place> {
  try {
    return JSON.parse(localStorage.getItem(remembered) ?? '{}') as Partial<Place>;
  } catch {
    return {};
  }
}

interface Scope {
  /** Projects of the account that the person can see. */
  readonly projects: readonly Project[];
  /** The one that is looked at; undefined: all. On a page of the account, the one from which one came. */
  readonly project: Project | undefined;
  /** What addresses without an account or a project mean. */
  readonly place: Place;
  /** Whether a thing that lies in a project is looked at. */
  readonly has: (thing: { readonly project_id?: string }) => boolean;
  /** The address of a page, in what is looked at or, with a project, there. */
  readonly to: (within: Within, path?: string, project?: Project) => string;
  /** Where a thing's page is, which is in the thing's own project unless all are looked at. */
  readonly toThing: (path: string, projectId: string | undefined) => string;
}

const ScopeContext = createContext<Scope | null>(null);

/** The word of the project that is meant: the one that the address names, else the one that was looked at last, else the account's first. */
function wordFor(named: string | undefined, account: string, projects: readonly Project[]): string {
  const last = lastPlace();
  const candidates = [named, last.account === account ? last.project : undefined];
  const known = candidates.find((word) => word === everyProject || projectNamed(projects, word) !== undefined);
  return known ?? wordOf(projects.find(({ is_default }) => is_default) ?? projects[0]);
}

export function ScopeProvider({ projects, children }: { projects: readonly Project[]; children: ReactNode }) {
  const { account } = useCurrent();
  const { pathname } = useLocation();
  const word = wordFor(readAddress(pathname).project, account.id, projects);
  const value = useMemo((): Scope => {
    const isSeen = (id: string) => account.is_owner || account.projects.some((one) => one.id === id);
    const place = { account: account.id, project: word };
    const project = projectNamed(projects, word);
    const to: Scope['to'] = (within, path, other) =>
      addressOf(within, other === undefined ? place : { ...place, project: wordOf(other) }, path);
    return {
      place,
      projects,
      project,
      // Who lost a project sees nothing more of it, also before its lists are read anew.
      has: ({ project_id }) =>
        word === everyProject ? project_id === undefined || isSeen(project_id) : project_id === project?.id,
      to,
      toThing: (path, id) =>
        to('project', path, word === everyProject ? undefined : projects.find((one) => one.id === id)),
    };
  }, [account, projects, word]);
  useEffect(() => {
    localStorage.setItem(remembered, JSON.stringify({ account: account.id, project: word }));
  }, [account.id, word]);
  return <ScopeContext.Provider value={value}>{children}</ScopeContext.Provider>;
}

export function useScope(): Scope {
  const scope = useContext(ScopeContext);
  if (scope === null) throw new Error('no account is chosen');
  return scope;
}
