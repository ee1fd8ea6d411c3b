import { plural } from './plural.ts';

interface InProject {
  readonly project_id?: string | undefined;
}

/** What can lie in a project and be deleted there, by what one is called. A list that is not known is none. */
export type Contents = Readonly<Record<string, readonly InProject[] | undefined>>;

/** What is left in a project: `3 VMs`, `1 volume`. */
export function leftIn(projectId: string, contents: Contents): string[] {
  return Object.entries(contents).flatMap(([noun, items = []]) => {
    const count = items.filter(({ project_id }) => project_id === projectId).length;
    return count === 0 ? [] : [plural(count, noun)];
  });
}

/** Why a project can't be deleted; undefined where it can. */
export function projectRefusal(
  { is_default }: { readonly is_default: boolean },
  left: readonly string[],
): string | undefined {
  if (is_default) return "The default project can't be deleted";
  return left.length === 0 ? undefined : `Delete these first: ${left.join(', ')}.`;
}
