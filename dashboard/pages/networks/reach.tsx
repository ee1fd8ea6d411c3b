import { Button } from '@mantine/core';
import { filterOfGroups } from '@raffia/contract/filter-of-groups.ts';
import type { NicFilter } from '@raffia/contract/nic-filter.ts';
import { useMemo, useState } from 'react';
import { Link } from 'react-router';
import type { VmNic } from '../../api/interfaces.ts';
import { useSecurityGroups } from '../../api/lists.ts';
import { useScope } from '../../api/scope.tsx';
import { AttachGroupDialog } from '../../parts/attach-dialogs.tsx';
import { namesOf } from '../../parts/bulk.ts';
import { wordsOf } from '../../parts/rule-words.ts';
import { StateShape } from '../../parts/state-shape.tsx';
import { useRefusal } from '../../parts/use-refusal.ts';
import classes from './weave.module.css';

/** What a filter lets in at an address of one family; the other one is not asked about. */
function ofFamily(filter: NicFilter | undefined, family: 4 | 6): NicFilter | undefined {
  if (filter === undefined || !filter.inbound.families.includes(family)) return undefined;
  const rules = filter.inbound.rules.filter(
    ({ cidr, protocol }) =>
      (cidr === null || cidr.family === family) && protocol !== (family === 4 ? 'ICMPV6' : 'ICMP'),
  );
  return { ...filter, inbound: { families: [4, 6], rules } };
}

/** What the internet can reach, in sentences, the widest first: from the groups of each public address. */
export function Reach({ nics }: { nics: readonly VmNic[] }) {
  const { toThing } = useScope();
  const refusal = useRefusal();
  const groups = useSecurityGroups();
  const [grouping, setGrouping] = useState<VmNic | null>(null);
  const lines = useMemo(() => {
    const known = new Map((groups.data ?? []).map((group) => [group.id, group]));
    const found = new Map<string, { text: string; isWide: boolean; nics: VmNic[]; groups: Set<string> }>();
    for (const nic of nics.filter(({ type }) => type !== 'vpc')) {
      const own = nic.security_group_ids.flatMap((id) => known.get(id) ?? []);
      // Of a group that can't be seen nobody knows what it lets through.
      if (own.length < nic.security_group_ids.length) continue;
      const filter = ofFamily(filterOfGroups(own.map(({ rules }) => rules)), nic.type === 'ipv6' ? 6 : 4);
      for (const { text, isWide } of wordsOf(filter, 'inbound').filter((line) => !line.text.endsWith('refused'))) {
        const line = found.get(text) ?? { text, isWide, nics: [], groups: new Set() };
        line.nics.push(nic);
        for (const { id } of own) line.groups.add(id);
        found.set(text, line);
      }
    }
    return [...found.values()].sort((a, b) => Number(b.isWide) - Number(a.isWide) || a.text.localeCompare(b.text));
  }, [nics, groups.data]);
  return (
    <section className={classes.card} aria-label="What the internet can reach">
      <header>
        <h2>What the internet can reach</h2>
        <span className={classes.faint}>from firewall groups and the default firewall</span>
      </header>
      <ul className={classes.reach}>
        {lines.length === 0 && (
          <li>
            <StateShape shape="off" />
            <span>Nothing. No VM can be reached from the internet.</span>
          </li>
        )}
        {lines.map(({ text, isWide, nics: of, groups: by }) => {
          const names = [...new Set(of.map(({ vm }) => vm.name))].sort();
          const bare = of.find(({ security_group_ids }) => security_group_ids.length === 0);
          return (
            <li key={text}>
              <StateShape shape={isWide ? 'attention' : 'done'} />
              <span>{text}</span>
              <span title={names.join(', ')}>
                {namesOf(names)}
                {bare !== undefined && ', no group attached'}
              </span>
              {bare === undefined ? (
                <span>
                  {[...by].slice(0, 2).map((id, at) => (
                    <span key={id}>
                      {at > 0 && ', '}
                      <Link to={toThing(`networks/firewall/${id}`, of[0]?.vm.project_id)}>
                        {groups.data?.find((group) => group.id === id)?.name}
                      </Link>
                    </span>
                  ))}
                </span>
              ) : (
                <Button
                  size="xs"
                  variant="default"
                  disabled={refusal('security_group.manage', bare.vm.project_id) !== undefined}
                  title={refusal('security_group.manage', bare.vm.project_id)}
                  onClick={() => setGrouping(bare)}
                >
                  Attach group
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      {grouping !== null && (
        <AttachGroupDialog vm={grouping.vm} nicId={grouping.nic_id} onClose={() => setGrouping(null)} />
      )}
    </section>
  );
}
