import { Alert, Button, Menu } from '@mantine/core';
import type { SecurityGroup } from '@raffia/client/client.ts';
import type { Direction } from '@raffia/contract/enums.ts';
import { filterOfGroups } from '@raffia/contract/filter-of-groups.ts';
import type { NicFilter } from '@raffia/contract/nic-filter.ts';
import { useQuery } from '@tanstack/react-query';
import { ChevronDown, Copy, Lock, Pencil, ShieldCheck, Trash2 } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { networkStale, useInterfaces } from '../api/interfaces.ts';
import { useVpcs } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { AttachGroupDialog } from '../parts/attach-dialogs.tsx';
import { namesOf } from '../parts/bulk.ts';
import { deleteRefusal } from '../parts/delete-refusal.ts';
import { DetailHead } from '../parts/detail-head.tsx';
import { CreateGroup, DeleteGroup, EditGroup, useGroupTemplates } from '../parts/group-dialogs.tsx';
import { ErrorNotice, Loaded } from '../parts/notices.tsx';
import { plural } from '../parts/plural.ts';
import { type Act, RowMenu } from '../parts/row-menu.tsx';
import { differenceOf, type Line, wordsOf } from '../parts/rule-words.ts';
import { StateShape } from '../parts/state-shape.tsx';
import { TagChip } from '../parts/tag-chip.tsx';
import { toast } from '../parts/toast.tsx';
import { useAskBeforeLeaving } from '../parts/use-ask-before-leaving.tsx';
import { useRefusal } from '../parts/use-refusal.ts';
import { AttachedTo } from './firewall-group/attached-to.tsx';
import { changesOf, pastedRows, problemOf, type RuleRow, rowOf, ruleOf } from './firewall-group/rule-rows.ts';
import { RuleTable } from './firewall-group/rule-table.tsx';
import classes from './firewall-group/rules.module.css';

export default function FirewallGroupPage() {
  const { id = '' } = useParams();
  const { account, api } = useCurrent();
  const group = useQuery({
    queryKey: [account.id, 'security-groups', id],
    queryFn: async ({ signal }) => (await api.getSecurityGroup({ id }, { signal })).data,
  });
  return (
    <Loaded query={group} shape="detail">
      {(found) => <Details key={found.id} group={found} />}
    </Loaded>
  );
}

/** What is edited of a group's rules. What somebody else saves meanwhile replaces it only where nothing was changed. */
function useDraft(group: SecurityGroup) {
  const keys = useRef(0);
  const next = () => ++keys.current;
  const read = (one: Pick<SecurityGroup, 'rules'>) => one.rules.map((rule) => rowOf(rule, next()));
  const [base, setBase] = useState(group.rules);
  const [rows, setRows] = useState<readonly RuleRow[]>(() => read(group));
  const [focused, setFocused] = useState<number | null>(null);
  const { count, isNew } = useMemo(() => changesOf(base, rows), [base, rows]);
  const isElsewhere = JSON.stringify(base) !== JSON.stringify(group.rules);
  const load = (rules: SecurityGroup['rules']) => {
    setBase(rules);
    setRows(read({ rules }));
  };
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    if (isElsewhere && count === 0) latest.current(group.rules);
  }, [isElsewhere, count, group.rules]);
  return {
    base,
    rows,
    count,
    isNew,
    focused,
    isElsewhere,
    load,
    change: (row: RuleRow) => setRows(rows.map((one) => (one.key === row.key ? row : one))),
    remove: (row: RuleRow) => setRows(rows.filter(({ key }) => key !== row.key)),
    add: (direction: Direction) => {
      const key = next();
      setRows([...rows, { key, direction, protocol: 'TCP', range: '', peer: 'Anywhere', icmpType: undefined }]);
      setFocused(key);
    },
    paste: (row: RuleRow, text: string): boolean => {
      const pasted = pastedRows(text, row.direction, next);
      if (pasted === undefined) return false;
      setRows(rows.flatMap((one) => (one.key === row.key ? pasted : [one])));
      return true;
    },
    use: (rules: SecurityGroup['rules']) => setRows(read({ rules })),
    discard: () => load(group.rules),
  };
}

type Dialog = 'attach' | 'rename' | 'copy' | 'delete';

function Details({ group }: { group: SecurityGroup }) {
  const { api } = useCurrent();
  const { to } = useScope();
  const navigate = useNavigate();
  const refusal = useRefusal();
  const templates = useGroupTemplates();
  const vpcs = useVpcs();
  const { nics } = useInterfaces();
  const draft = useDraft(group);
  const { rows, count } = draft;
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const readOnly = refusal('security_group.manage', group.project_id);
  const attached = nics.filter((nic) => nic.security_group_ids.includes(group.id));
  const names = [...new Set(attached.map(({ vm }) => vm.name))].sort();
  const problems = rows.filter((row) => problemOf(row, rows) !== undefined);
  const sound = rows.filter((row) => problemOf(row, rows) === undefined);
  const before = filterOfGroups([draft.base]);
  const after = filterOfGroups([sound.map(ruleOf)]);
  const save = useChange(
    () =>
      api.updateSecurityGroup(
        { id: group.id, body: { rules: rows.map(ruleOf) } },
        { projectId: group.project_id ?? '' },
      ),
    {
      stale: networkStale,
      onDone: ({ data }) => {
        draft.load(data.rules);
        toast(`The rules of ${group.name} are in force`);
      },
    },
  );
  const leaving = useAskBeforeLeaving(count > 0, {
    title: `Leave ${group.name}`,
    action: 'Discard changes',
    lost: `${plural(count, 'change')} of the rules ${count === 1 ? 'is' : 'are'} not saved.`,
  });
  const table = (direction: Direction) => (
    <RuleTable
      direction={direction}
      rows={rows}
      isNew={draft.isNew}
      isReadOnly={readOnly !== undefined}
      blocks={(vpcs.data ?? []).filter(({ project_id }) => project_id === group.project_id).map(({ cidr }) => cidr)}
      focused={draft.focused}
      onChange={draft.change}
      onAdd={draft.add}
      onRemove={draft.remove}
      onPaste={draft.paste}
    />
  );
  const acts: readonly Act[] = [
    { label: 'Rename…', icon: Pencil, refused: readOnly, onSelect: () => setDialog('rename') },
    {
      label: 'Copy…',
      icon: Copy,
      refused: refusal('security_group.create', group.project_id),
      onSelect: () => setDialog('copy'),
    },
    {
      label: 'Delete…',
      icon: Trash2,
      isDangerous: true,
      refused: refusal('security_group.delete', group.project_id) ?? deleteRefusal(group, names),
      onSelect: () => setDialog('delete'),
    },
  ];
  return (
    <>
      <DetailHead
        name={group.name}
        acts={acts}
        state={
          <>
            {names.length === 0 ? 'Not attached to any VM' : `Used by ${namesOf(names)}`}
            {group.description !== undefined && group.description !== '' && ` · ${group.description}`}
          </>
        }
        actions={
          <>
            {readOnly === undefined && (
              <Menu position="bottom-end" width={280}>
                <Menu.Target>
                  <Button variant="default" rightSection={<ChevronDown size={14} aria-hidden />}>
                    Templates
                  </Button>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Label>Replaces the rules below</Menu.Label>
                  {templates.map(({ id, name, description, rules }) => (
                    <Menu.Item key={id} onClick={() => draft.use(rules)}>
                      {name}
                      <span className="reason">{description}</span>
                    </Menu.Item>
                  ))}
                </Menu.Dropdown>
              </Menu>
            )}
            <Button
              variant="default"
              disabled={readOnly !== undefined}
              title={readOnly}
              onClick={() => setDialog('attach')}
            >
              Attach to VM
            </Button>
            <RowMenu name={group.name} acts={acts} />
          </>
        }
      />
      {draft.isElsewhere && count > 0 && (
        <Alert color="yellow" variant="outline" mb="md" role="status">
          Other rules were saved meanwhile. Saving yours replaces them.{' '}
          <Button size="xs" variant="default" ml="xs" onClick={draft.discard}>
            Load theirs
          </Button>
        </Alert>
      )}
      <div className={classes.layout}>
        <div className={classes.stack}>
          {table('INBOUND')}
          {table('OUTBOUND')}
          <AttachedTo
            group={group}
            nics={attached}
            isReadOnly={readOnly !== undefined}
            onAttach={() => setDialog('attach')}
          />
        </div>
        <div className={classes.stack}>
          {count > 0 && (
            <Effect before={before} after={after} names={names} wrong={problems} rows={rows} count={count} />
          )}
          <Open filter={after} />
          <section className={classes.card} aria-label="Default firewall">
            <header>
              <Lock size={16} aria-hidden />
              <h2>Default firewall</h2>
              <span className={classes.faint}>always on</span>
            </header>
            <p className={classes.note}>
              Blocks inbound TCP 135, 139, 445 and 5985 to 5986, and UDP 137 to 138, on every public address.
            </p>
          </section>
        </div>
      </div>
      {save.error !== null && <ErrorNotice error={save.error} />}
      {count > 0 && (
        <section className={classes.bar} aria-label="Changes">
          <b role="status">{plural(count, 'change')}</b>
          {problems.length > 0 && (
            <span>{problems.length === 1 ? '1 rule needs fixing' : `${problems.length} rules need fixing`}</span>
          )}
          <Button variant="default" onClick={draft.discard}>
            Discard
          </Button>
          <Button onClick={() => save.mutate()} loading={save.isPending} disabled={problems.length > 0}>
            Save rules
          </Button>
        </section>
      )}
      {dialog === 'attach' && <AttachGroupDialog group={group} onClose={() => setDialog(null)} />}
      {dialog === 'rename' && <EditGroup group={group} onClose={() => setDialog(null)} />}
      {dialog === 'copy' && <CreateGroup from={group} onClose={() => setDialog(null)} />}
      {dialog === 'delete' && (
        <DeleteGroup
          group={group}
          onClose={() => setDialog(null)}
          onDone={() => void navigate(to('project', 'networks/firewall'), { replace: true })}
        />
      )}
      {leaving.dialog}
    </>
  );
}

/** What is open to whom, of the rules as they stand in the fields. */
function Open({ filter }: { filter: NicFilter | undefined }) {
  const isHalf = filter !== undefined && filter.inbound.families.length === 1;
  return (
    <section className={classes.card} aria-label="What is open">
      <header>
        <ShieldCheck size={16} aria-hidden />
        <h2>What is open</h2>
      </header>
      <Lines title="From outside" lines={wordsOf(filter, 'inbound')} />
      <Lines title="To the outside" lines={wordsOf(filter, 'outbound')} />
      {isHalf && (
        <p className={classes.note}>
          {filter.inbound.families[0] === 4 ? 'IPv6' : 'IPv4'} isn't filtered by a group that has only{' '}
          {filter.inbound.families[0] === 4 ? 'IPv4' : 'IPv6'} rules.
        </p>
      )}
      <p className={classes.note}>Replies always pass. With several groups, traffic passes if any of them allows it.</p>
    </section>
  );
}

function Lines({ title, lines }: { title: string; lines: readonly Line[] }) {
  return (
    <>
      <h3 className={classes.subhead}>{title}</h3>
      <ul className={classes.lines}>
        {lines.map(({ text, isWide }) => (
          <li key={text}>
            <StateShape shape={isWide ? 'attention' : text.endsWith('refused') ? 'off' : 'on'} />
            <span>{text}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** What saving does. */
function Effect({
  before,
  after,
  names,
  wrong,
  rows,
  count,
}: {
  before: NicFilter | undefined;
  after: NicFilter | undefined;
  names: readonly string[];
  wrong: readonly RuleRow[];
  rows: readonly RuleRow[];
  count: number;
}) {
  const [inbound, outbound] = [differenceOf(before, after, 'inbound'), differenceOf(before, after, 'outbound')];
  const on = names.length === 0 ? 'No VM has this group yet' : `On ${namesOf(names)}`;
  const line = (shape: 'attention' | 'off' | 'failed' | 'done', text: string, more: string) => (
    <li key={text}>
      <StateShape shape={shape} />
      <span>
        {text}
        <small>{more}</small>
      </span>
    </li>
  );
  const opens = [...inbound.opens, ...outbound.opens];
  const closes = [...inbound.closes, ...outbound.closes];
  return (
    <section className={classes.card} aria-label="Effect" aria-live="polite">
      <header>
        <h2>Effect</h2>
        <TagChip>{plural(count, 'change')}</TagChip>
      </header>
      <ul className={classes.lines}>
        {opens.map((text) => line('attention', text, on))}
        {closes.map((text) => line('off', text, `${on}. Open connections go on`))}
        {wrong.map((row) =>
          line('failed', `A rule can't be saved: ${row.range || row.peer}`, problemOf(row, rows)?.text ?? ''),
        )}
        {opens.length + closes.length + wrong.length === 0 &&
          line('done', 'Nothing opens or closes', 'Other rules say the same already')}
      </ul>
    </section>
  );
}
