import type { VM, VMTag } from '@raffia/client/client.ts';
import { plural } from '../../parts/plural.ts';
import type { Group } from '../../parts/resource-table.tsx';

/** Machines under their first tag, those without one before all; tags by priority, those that have none last, then by name. */
export function groupsByTag(vms: readonly VM[]): Group<VM>[] {
  const rank = (tag: VMTag | undefined) => (tag === undefined ? -1 : tag.priority || 10);
  const before = (a: VMTag | undefined, b: VMTag | undefined) =>
    rank(a) - rank(b) || (a?.name ?? '').localeCompare(b?.name ?? '');
  const groups = new Map<string, { tag: VMTag | undefined; items: VM[] }>();
  for (const vm of vms) {
    const tag = [...(vm.tags ?? [])].sort(before)[0];
    const key = tag === undefined ? '' : `tag ${tag.name}`;
    const group = groups.get(key) ?? { tag, items: [] };
    // One name can have another priority on another machine: the highest counts.
    if (before(tag, group.tag) < 0) group.tag = tag;
    group.items.push(vm);
    groups.set(key, group);
  }
  return [...groups.entries()]
    .sort(([, a], [, b]) => before(a.tag, b.tag))
    .map(([key, { tag, items }]) => ({
      key,
      items,
      title: (
        <>
          {tag === undefined ? 'No tag' : tag.priority > 0 ? `${tag.name} · ${tag.priority}` : tag.name}{' '}
          <span style={{ color: 'var(--raffia-text-3)', fontWeight: 400 }}>{plural(items.length, 'VM')}</span>
        </>
      ),
    }));
}
