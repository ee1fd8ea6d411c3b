import { Users } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { useScope } from '../../api/scope.tsx';
import { useCurrent } from '../../api/session.tsx';
import { FilterBar } from '../../parts/filter-bar.tsx';
import { ListStates } from '../../parts/list-states.tsx';
import { useMemberName } from '../../parts/member-name.ts';
import { MemberState, memberStates } from '../../parts/member-state.tsx';
import { EmptyState } from '../../parts/notices.tsx';
import { accessOf, isOwner, type Person } from '../../parts/people.ts';
import { RelativeTime } from '../../parts/relative-time.tsx';
import { type Column, ResourceTable } from '../../parts/resource-table.tsx';
import { TagChip } from '../../parts/tag-chip.tsx';
import { useListState } from '../../parts/use-list-state.ts';
import { useMemberActs } from '../../parts/use-member-acts.tsx';
import type { usePeople } from '../../parts/use-people.ts';

/** When somebody came, or when the invitation that they have ends. */
function Since({ person: { member, grants } }: { person: Person }) {
  const held = [member, ...grants.map((grant) => grant.held)].flatMap((one) => one ?? []);
  const waiting = held.every(({ status }) => status === 'pending') ? held[0]?.invitation_expires_at : undefined;
  if (waiting !== undefined)
    return (
      <>
        Expires <RelativeTime time={waiting} />
      </>
    );
  const time = member?.accepted_at ?? member?.created_at ?? held.find(({ accepted_at }) => accepted_at)?.accepted_at;
  return time === undefined ? <>–</> : <RelativeTime time={time} />;
}

export function Members({ people, invite }: { people: ReturnType<typeof usePeople>; invite: ReactNode }) {
  return (
    <ListStates<Person> query={people as never} things="members" empty={null}>
      {(list) => (
        <>
          <MemberList list={list} />
          {list.length === 1 && (
            <div style={{ marginTop: 16 }}>
              <EmptyState icon={Users} title="Just you so far" action={invite}>
                Invite people to the whole account, or to one project. They choose their own password.
              </EmptyState>
            </div>
          )}
        </>
      )}
    </ListStates>
  );
}

function MemberList({ list }: { list: readonly Person[] }) {
  const nameOf = useMemberName();
  const { session } = useCurrent();
  const { to } = useScope();
  const { q, set, value, clear } = useListState();
  const { actsOf, dialog } = useMemberActs();
  const status = value('status', memberStates);
  const text = q.trim().toLowerCase();
  const found = list.filter(
    (person) =>
      `${nameOf(person)} ${accessOf(person)}`.toLowerCase().includes(text) &&
      (status === null || person.status === status),
  );
  const columns = useMemo(
    (): readonly Column<Person>[] => [
      {
        id: 'member',
        title: 'Member',
        priority: 1,
        width: 220,
        cell: (person) => (
          <>
            {person.userId === session.user.id && <TagChip>you</TagChip>}
            {isOwner(person) && (
              <span className="truncated" style={{ color: 'var(--raffia-text-3)', flexShrink: 1000 }}>
                Can't be removed
              </span>
            )}
          </>
        ),
      },
      {
        id: 'access',
        title: 'Access',
        priority: 3,
        width: 280,
        sort: accessOf,
        cell: (person) => <span title={accessOf(person)}>{accessOf(person)}</span>,
      },
      {
        id: 'status',
        title: 'Status',
        priority: 2,
        width: 120,
        sort: (person) => person.status,
        cell: (person) => <MemberState status={person.status} />,
      },
      {
        id: 'since',
        title: 'Since',
        priority: 4,
        width: 170,
        cell: (person) => <Since person={person} />,
      },
    ],
    [session.user.id],
  );
  return (
    <>
      <FilterBar
        search={q}
        onSearch={(next) => set('q', next === '' ? null : next)}
        placeholder="Search name, role or project"
        found={found.length}
        total={list.length}
        things="members"
        filters={[{ label: 'Status', value: status, options: memberStates, onChange: (next) => set('status', next) }]}
      />
      <ResourceTable
        label="Members"
        things="members"
        columns={columns}
        items={found}
        idOf={({ id }) => id}
        nameOf={nameOf}
        linkOf={({ id }) => to('account', `team/members/${id}`)}
        actsOf={actsOf}
        onClear={() => clear(['q', 'status'])}
      />
      {dialog}
    </>
  );
}
