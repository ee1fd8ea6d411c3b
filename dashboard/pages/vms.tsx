import { Button, Card, Checkbox, Group, SegmentedControl, Select, Stack, Text, TextInput } from '@mantine/core';
import type { VM, VMTag } from '@raffia/client/client.ts';
import { vmActions } from '@raffia/contract/vm-states.ts';
import { useVirtualizer } from '@tanstack/react-virtual';
import { Plus, Server } from 'lucide-react';
import { useDeferredValue, useMemo, useRef, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useVms } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useMay } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { CopyIcon } from '../parts/copy.tsx';
import { FormDialog } from '../parts/form-dialog.tsx';
import { EmptyState, ErrorNotice, Loaded, PageHead } from '../parts/notices.tsx';
import { plural } from '../parts/plural.ts';
import { statusOptions, VmStatusBadge } from '../parts/vm-status.tsx';

const headHeight = 40;
const rowHeight = () => (matchMedia('(max-width: 760px)').matches ? 76 : 64);

export default function Vms() {
  const vms = useVms();
  const { to, has, project } = useScope();
  const may = useMay();
  const create = may('vm.create', project?.id) && (
    <Button component={Link} to={to('project', 'vms/new')} leftSection={<Plus size={16} />}>
      Create VM
    </Button>
  );
  return (
    <>
      <PageHead title="Virtual machines" action={create} />
      <Loaded query={vms}>
        {(all) => {
          const list = all.filter(has);
          return list.length === 0 ? (
            <EmptyState icon={Server} title={`No VMs in ${project?.name ?? 'any project'}`} action={create}>
              Choose a system and a size; a VM starts in under a minute. You can also use the API, Terraform or a
              client.
            </EmptyState>
          ) : (
            <VmList list={list} />
          );
        }}
      </Loaded>
    </>
  );
}

function VmList({ list }: { list: readonly VM[] }) {
  const [params, setParams] = useSearchParams();
  const [search, setSearch] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  // What is typed shows at once; the list follows.
  const text = useDeferredValue(search.trim().toLowerCase());
  const status = params.get('status');
  const tag = params.get('tag');
  const isGrouped = params.get('view') === 'tags';
  const tags = useMemo(
    () => [...new Set(list.flatMap((vm) => (vm.tags ?? []).map(({ name }) => name)))].sort(),
    [list],
  );
  const found = useMemo(
    () =>
      list.filter(
        (vm) =>
          (text === '' ||
            `${vm.name} ${vm.public_ipv4_address ?? ''} ${vm.private_ipv4_address ?? ''}`
              .toLowerCase()
              .includes(text)) &&
          (status === null || vm.status === status) &&
          (tag === null || vm.tags?.some(({ name }) => name === tag)),
      ),
    [list, text, status, tag],
  );
  const set = (name: string, value: string | null) =>
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === null) next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true, preventScrollReset: true },
    );
  const selected = list.filter(({ id }) => chosen.has(id));
  return (
    <Stack gap="sm">
      <Group>
        <TextInput
          aria-label="Search by name or address"
          placeholder="Search by name or address"
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
          style={{ flex: '1 1 200px' }}
        />
        <Select
          aria-label="Status"
          placeholder="Any status"
          clearable
          data={statusOptions}
          value={status}
          onChange={(value) => set('status', value)}
          w={150}
        />
        <Select
          aria-label="Tag"
          placeholder="Any tag"
          clearable
          searchable
          data={tags}
          value={tag}
          onChange={(value) => set('tag', value)}
          w={150}
        />
        <SegmentedControl
          aria-label="View"
          size="xs"
          data={[
            { value: 'list', label: 'List' },
            { value: 'tags', label: 'By tag' },
          ]}
          value={isGrouped ? 'tags' : 'list'}
          onChange={(value) => set('view', value === 'tags' ? value : null)}
        />
        <Text size="sm" c="dimmed" role="status">
          {found.length === list.length ? plural(list.length, 'machine') : `${found.length} of ${list.length}`}
        </Text>
      </Group>
      {selected.length > 0 && <BulkBar selected={selected} onClear={() => setChosen(new Set())} />}
      <Card withBorder p={0}>
        <Rows
          found={found}
          isGrouped={isGrouped}
          chosen={chosen}
          onChoose={(ids, isOn) =>
            setChosen((before) => {
              const next = new Set(before);
              for (const id of ids) isOn ? next.add(id) : next.delete(id);
              return next;
            })
          }
        />
      </Card>
    </Stack>
  );
}

/** Above the machines of one tag. */
interface Heading {
  readonly tag: VMTag | undefined;
  readonly count: number;
}

type Line = VM | Heading;

function keyOf(line: Line | undefined): string {
  if (line === undefined) return '';
  return 'tag' in line ? `tag ${line.tag?.name ?? ''}` : line.id;
}

/** Machines under their first tag, those without one before all; tags by priority, those that have none last, then by name. */
function byTag(found: readonly VM[]): Line[] {
  const rank = (tag: VMTag | undefined) => (tag === undefined ? -1 : tag.priority || 10);
  const before = (a: VMTag | undefined, b: VMTag | undefined) =>
    rank(a) - rank(b) || (a?.name ?? '').localeCompare(b?.name ?? '');
  const groups = new Map<string, { tag: VMTag | undefined; vms: VM[] }>();
  for (const vm of found) {
    const tag = [...(vm.tags ?? [])].sort(before)[0];
    const name = tag === undefined ? '' : `tag ${tag.name}`;
    const group = groups.get(name) ?? { tag, vms: [] };
    // One name can have another priority on another machine: the highest counts.
    if (before(tag, group.tag) < 0) group.tag = tag;
    group.vms.push(vm);
    groups.set(name, group);
  }
  return [...groups.values()]
    .sort((a, b) => before(a.tag, b.tag))
    .flatMap(({ tag, vms }) => [{ tag, count: vms.length }, ...vms]);
}

/** Only the rows that can be seen exist: two thousand scroll like twenty. */
function Rows({
  found,
  isGrouped,
  chosen,
  onChoose,
}: {
  found: readonly VM[];
  isGrouped: boolean;
  chosen: ReadonlySet<string>;
  onChoose: (ids: readonly string[], isOn: boolean) => void;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const lines = useMemo<readonly Line[]>(() => (isGrouped ? byTag(found) : found), [found, isGrouped]);
  const heightOf = (line: Line | undefined) => (line !== undefined && 'tag' in line ? headHeight : rowHeight());
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => heightOf(lines[index]),
    // A line that turns from a machine into a heading is measured anew.
    getItemKey: (index) => keyOf(lines[index]),
    overscan: 10,
  });
  const all = found.length > 0 && found.every(({ id }) => chosen.has(id));
  return (
    <div role="table" aria-label="Virtual machines" aria-rowcount={lines.length + 1}>
      <div className="vm-row vm-head" role="row" aria-rowindex={1}>
        <span role="columnheader">
          <Checkbox
            aria-label="Choose all that are shown"
            checked={all}
            onChange={(event) =>
              onChoose(
                found.map(({ id }) => id),
                event.currentTarget.checked,
              )
            }
          />
        </span>
        <span role="columnheader">Name</span>
        <span role="columnheader">Status</span>
        <span role="columnheader">Addresses</span>
        <span role="columnheader">Resources</span>
        <span role="columnheader">Price</span>
        <span role="columnheader">Tags</span>
      </div>
      <div
        ref={scroller}
        className="vm-rows"
        style={{ height: Math.min(rows.getTotalSize() + 2, window.innerHeight * 0.7) }}
        tabIndex={0}
        role="rowgroup"
        aria-label="Rows"
      >
        <div style={{ height: rows.getTotalSize(), position: 'relative' }} role="presentation">
          {rows.getVirtualItems().map(({ index, start }) => {
            const line = lines[index];
            if (line === undefined) return null;
            const place = { index, start };
            if ('tag' in line) return <GroupHead key={keyOf(line)} group={line} place={place} />;
            return <Row key={line.id} vm={line} place={place} isChosen={chosen.has(line.id)} onChoose={onChoose} />;
          })}
        </div>
      </div>
    </div>
  );
}

interface Place {
  readonly index: number;
  /** Pixels from the top. */
  readonly start: number;
}

function placed({ index, start }: Place) {
  return {
    role: 'row',
    'aria-rowindex': index + 2,
    style: { position: 'absolute', top: 0, left: 0, right: 0, transform: `translateY(${start}px)` },
  } as const;
}

function GroupHead({ group: { tag, count }, place }: { group: Heading; place: Place }) {
  return (
    <div className="vm-group" {...placed(place)}>
      <Text role="cell" size="sm" fw={600} truncate>
        {tag === undefined ? 'Without a tag' : tag.priority > 0 ? `${tag.name} · ${tag.priority}` : tag.name}{' '}
        <Text span size="sm" c="dimmed">
          {plural(count, 'machine')}
        </Text>
      </Text>
    </div>
  );
}

function Row({
  vm,
  place,
  isChosen,
  onChoose,
}: {
  vm: VM;
  place: Place;
  isChosen: boolean;
  onChoose: (ids: readonly string[], isOn: boolean) => void;
}) {
  const cell = { role: 'cell' } as const;
  const { toThing } = useScope();
  return (
    <div className="vm-row" {...placed(place)}>
      <span {...cell}>
        <Checkbox
          aria-label={`Choose ${vm.name}`}
          checked={isChosen}
          onChange={(event) => onChoose([vm.id], event.currentTarget.checked)}
        />
      </span>
      <span {...cell} style={{ minWidth: 0 }}>
        <Text truncate>
          <Link className="row-link" to={toThing(`vms/${vm.id}`, vm.project_id)}>
            {vm.name}
          </Link>
        </Text>
        <Text size="xs" c="dimmed" truncate>
          {vm.template_name} {vm.template_version} · {vm.region}
        </Text>
      </span>
      <span {...cell}>
        <VmStatusBadge status={vm.status} />
      </span>
      <span {...cell} className="wide mono">
        <Group gap={2} wrap="nowrap">
          {vm.public_ipv4_address ?? '–'}
          {vm.public_ipv4_address !== undefined && (
            <CopyIcon value={vm.public_ipv4_address} label={`Copy the address of ${vm.name}`} />
          )}
        </Group>
        {vm.private_ipv4_address !== undefined && (
          <Text size="xs" c="dimmed" className="mono">
            {vm.private_ipv4_address}
          </Text>
        )}
      </span>
      <span {...cell} className="wide">
        <Text size="sm">
          {vm.cpu} vCPU · {vm.ram} GB
        </Text>
        <Text size="xs" c="dimmed">
          {vm.total_storage} GB disk
        </Text>
      </span>
      <span {...cell} className="wide">
        <Text size="sm">${(Number(vm.price_per_hour) * 720).toFixed(2)}/mo</Text>
      </span>
      <span {...cell} className="wide" style={{ minWidth: 0 }}>
        <Text size="sm" truncate>
          {(vm.tags ?? []).map(({ name }) => name).join(', ') || '–'}
        </Text>
      </span>
    </div>
  );
}

type Bulk = 'start' | 'stop' | 'delete';

/** Acts on those of the chosen machines whose status and project allow it: the same table as the server's. */
function BulkBar({ selected, onClear }: { selected: readonly VM[]; onClear: () => void }) {
  const { api } = useCurrent();
  const may = useMay();
  const [isDeleting, setDeleting] = useState(false);
  const [failures, setFailures] = useState<readonly string[]>([]);
  const allowed = (action: Bulk) =>
    selected.filter(
      (vm) => vmActions.runs(action, vm.status) && may(action === 'delete' ? 'vm.delete' : 'vm.power', vm.project_id),
    );
  const act = useChange(
    async (action: Bulk) => {
      const failed: string[] = [];
      await Promise.all(
        allowed(action).map((vm) => {
          const call = { id: vm.id };
          const options = { projectId: vm.project_id ?? '' };
          const sent =
            action === 'start'
              ? api.startVM(call, options)
              : action === 'stop'
                ? api.stopVM(call, options)
                : api.deleteVM({ ...call, body: {} }, options);
          return sent.catch((error: Error) => failed.push(`${vm.name}: ${error.message}`));
        }),
      );
      setFailures(failed);
      return failed;
    },
    {
      stale: ['vms', 'account', 'operations'],
      onDone: (failed) => {
        setDeleting(false);
        if (failed.length === 0) onClear();
      },
    },
  );
  return (
    <Card withBorder p="sm">
      <Group>
        <Text size="sm" fw={600}>
          {selected.length} chosen
        </Text>
        <Button size="xs" variant="default" onClick={onClear}>
          Clear
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={allowed('start').length === 0}
          loading={act.isPending}
          onClick={() => act.mutate('start')}
        >
          Start {allowed('start').length}
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={allowed('stop').length === 0}
          loading={act.isPending}
          onClick={() => act.mutate('stop')}
        >
          Stop {allowed('stop').length}
        </Button>
        <Button size="xs" color="red.9" disabled={allowed('delete').length === 0} onClick={() => setDeleting(true)}>
          Delete {allowed('delete').length}…
        </Button>
      </Group>
      {failures.map((failure) => (
        <ErrorNotice key={failure} error={new Error(failure)} />
      ))}
      {isDeleting && (
        <DeleteMany
          count={allowed('delete').length}
          isPending={act.isPending}
          onConfirm={() => act.mutate('delete')}
          onClose={() => setDeleting(false)}
        />
      )}
    </Card>
  );
}

function DeleteMany({
  count,
  isPending,
  onConfirm,
  onClose,
}: {
  count: number;
  isPending: boolean;
  onConfirm: () => void;
  onClose: () => void;
}) {
  const [typed, setTyped] = useState('');
  const wanted = `delete ${count}`;
  return (
    <FormDialog
      title={`Delete ${plural(count, 'machine')}`}
      action="Delete"
      change={{ isPending, error: null }}
      isReady={typed === wanted}
      isDestructive
      onSubmit={onConfirm}
      onClose={onClose}
    >
      <Text size="sm">Their disks go with them. This cannot be taken back.</Text>
      <TextInput
        data-autofocus
        label={`Type ${wanted} to confirm`}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        autoComplete="off"
      />
    </FormDialog>
  );
}
