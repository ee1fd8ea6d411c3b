/** Where pages are: the address names the account and the project that is looked at, so that a link shows the same to whoever may see it. */
export interface Place {
  /** The account's id; accounts have no slug. */
  readonly account: string;
  /** The project's slug, or `all`. */
  readonly project: string;
}

/** What a page belongs to, and so what its address begins with. */
export type Within = 'project' | 'account' | 'person' | 'operator';

/** In an address: every project that the person can see. */
export const everyProject = 'all';

const joined = (...parts: readonly string[]) => parts.filter((part) => part !== '').join('/');

/** @param path of the page within what it belongs to, such as `vms/new`, with or without a search */
export function addressOf(within: Within, { account, project }: Place, path = ''): string {
  if (within === 'person') return `/${path}`;
  if (within === 'operator') return joined('/operator', path);
  return within === 'account' ? joined(`/a/${account}`, path) : joined(`/a/${account}/p/${project}`, path);
}

/** The pattern of the router for a page. */
export function patternOf(within: Within, path: string): string {
  return addressOf(within, { account: ':account', project: ':project' }, path);
}

/** What an address names; `path` is what is left, without a slash at either end. */
export function readAddress(pathname: string): Partial<Place> & { readonly path: string } {
  const [, account, , project, rest = ''] = /^\/a\/([^/]+)(\/p\/([^/]+))?(?:\/(.*))?$/.exec(pathname) ?? [];
  if (account === undefined) return { path: pathname.replace(/^\/|\/$/g, '') };
  return { account, ...(project === undefined ? {} : { project }), path: rest.replace(/\/$/, '') };
}

interface Named {
  readonly id: string;
  readonly slug: string;
}

/** The word for a project in addresses: its slug, unless that means something else. */
export function wordOf(project: Named | undefined): string {
  if (project === undefined) return everyProject;
  return project.slug === everyProject || project.slug === '' ? project.id : project.slug;
}

/** The project that a word of an address names; undefined where it names none, or every. */
export function projectNamed<Project extends Named>(
  projects: readonly Project[],
  word: string | undefined,
): Project | undefined {
  if (word === undefined || word === everyProject) return undefined;
  return projects.find(({ slug }) => slug === word) ?? projects.find(({ id }) => id === word);
}

/** Pages that had other names; all others kept theirs, and got something before it. */
const renamed: Readonly<Record<string, string>> = { settings: 'me', team: 'team/members' };

/**
 * Where a page is that had its address before accounts and projects were named in it; undefined where there was none.
 *
 * @param pathname such as `/vms/42`
 */
export function movedTo(
  pathname: string,
  pages: readonly { readonly within: Within; readonly path: string }[],
  place: Place,
): string | undefined {
  const asked = readAddress(pathname).path;
  const path = renamed[asked] ?? asked;
  const [first] = path.split('/');
  const page = pages.find((one) => one.path.split('/')[0] === first && one.path !== '*' && one.within !== 'operator');
  return page === undefined ? undefined : addressOf(page.within, place, path);
}

/** A day that an address names, as a date field has it: `2026-11-24`; empty where the word is no day. */
export function dayNamed(word: string | null): string {
  const [day = '', year, month, date] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(word ?? '') ?? [];
  const time = new Date(Date.UTC(Number(year), Number(month) - 1, Number(date)));
  return day !== '' && !Number.isNaN(time.getTime()) && time.toISOString().startsWith(day) ? day : '';
}
