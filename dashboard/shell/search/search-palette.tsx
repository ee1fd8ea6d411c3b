import { Combobox, Modal, TextInput, useCombobox } from '@mantine/core';
import {
  ArrowRight,
  Disc3,
  FolderOpen,
  Globe,
  HardDrive,
  KeyRound,
  Network,
  Plus,
  Search,
  Server,
  ShieldCheck,
  Terminal,
  UserRound,
} from 'lucide-react';
import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { addressOf, everyProject, wordOf } from '../../addresses.ts';
import {
  useApiKeys,
  useImages,
  useIps,
  useMembers,
  useSecurityGroups,
  useSshKeys,
  useVms,
  useVolumes,
  useVpcs,
} from '../../api/lists.ts';
import { useScope } from '../../api/scope.tsx';
import { useCurrent } from '../../api/session.tsx';
import { actWithName, usePageActs } from '../../parts/page-acts.ts';
import type { Act } from '../../parts/row-menu.tsx';
import { useCreatable } from '../create-menu.tsx';
import { usePlaces } from '../use-places.ts';
import { type Entry, find } from './find.ts';
import classes from './search.module.css';

/** So many of a group are shown: the next letter finds the others. */
const each = 6;

/** The search over everything: what can be done on the page, pages, what can be made, and what there is, in all projects that the person sees. */
export default function SearchPalette({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal.Root opened={isOpen} onClose={onClose} yOffset="12vh">
      <Modal.Overlay />
      <Modal.Content aria-label="Search">
        <Lists onClose={onClose} />
      </Modal.Content>
    </Modal.Root>
  );
}

const onPage = 'Actions on this page';

const iconOf: Readonly<Record<string, typeof Server>> = {
  'Go to': ArrowRight,
  Create: Plus,
  Projects: FolderOpen,
  VMs: Server,
  Volumes: HardDrive,
  VPCs: Network,
  'Public IPs': Globe,
  'Firewall groups': ShieldCheck,
  Images: Disc3,
  'API keys': KeyRound,
  'SSH keys': Terminal,
  People: UserRound,
};

/** Lists are read when this is opened, and not before; they are gone through when one of them changes, and not with each letter. */
function Lists({ onClose }: { onClose: () => void }) {
  return <Results {...useEntries()} onClose={onClose} />;
}

function Results({ entries, isReading, onClose }: ReturnType<typeof useEntries> & { onClose: () => void }) {
  const navigate = useNavigate();
  const [query, setQuery] = useState('');
  // Without a word: where one can go, and what one can make.
  const isEmpty = query.trim() === '';
  const some = isEmpty ? entries.filter(({ group }) => beginnings.includes(group)) : entries;
  const groups = find(some, query, isEmpty ? 20 : each);
  const box = useCombobox({ opened: true, onDropdownClose: onClose });
  const best = groups[0]?.entries[0]?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: Enter opens the best of what is there now.
  useEffect(() => void box.selectFirstOption(), [query, best]);
  return (
    <Combobox
      store={box}
      onOptionSubmit={(id) => {
        const chosen = entries.find((entry) => entry.id === id);
        // It says why.
        if (chosen === undefined || chosen.refused !== undefined) return;
        onClose();
        if (chosen.address !== undefined) navigate(chosen.address);
        chosen.onSelect?.();
      }}
    >
      <Combobox.EventsTarget>
        <TextInput
          data-autofocus
          variant="unstyled"
          size="lg"
          leftSection={<Search size={17} aria-hidden />}
          className={classes.field}
          placeholder="Search names, addresses, IDs and people"
          aria-label="Search names, addresses, IDs and people"
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
        />
      </Combobox.EventsTarget>
      <Combobox.Options aria-label="What was found" className={classes.results} tabIndex={0}>
        {groups.map(({ group, entries: found, more }) => (
          <Combobox.Group
            label={more === 0 ? group : `${group}, ${found.length} of ${found.length + more}`}
            key={group}
          >
            {found.map((entry) => (
              <Choice key={entry.id} entry={entry} />
            ))}
          </Combobox.Group>
        ))}
        {groups.length === 0 && (
          <Combobox.Empty>
            {isReading ? 'Reading your lists…' : 'Nothing you can see has that name, address or id.'}
          </Combobox.Empty>
        )}
      </Combobox.Options>
      <p className={classes.foot}>↑ ↓ to choose · Enter to open · Esc to close</p>
    </Combobox>
  );
}

const beginnings = [onPage, 'Go to', 'Create'];

function Choice({ entry: { id, group, label, hint, refused, icon } }: { entry: Entry }) {
  const Icon = icon ?? iconOf[group] ?? ArrowRight;
  return (
    <Combobox.Option value={id} className={classes.option} aria-disabled={refused !== undefined || undefined}>
      <Icon size={16} aria-hidden className={classes.icon} />
      <bdi className={classes.label}>{label}</bdi>
      {(refused ?? hint) !== undefined && (
        <span className={refused === undefined ? classes.hint : classes.refused}>{refused ?? hint}</span>
      )}
    </Combobox.Option>
  );
}

/** All that may be found, from the lists that pages have too: who sees none of a kind finds none. */
function useEntries(): { entries: readonly Entry[]; isReading: boolean } {
  const { account } = useCurrent();
  const { projects, project, to, toThing } = useScope();
  const creatable = useCreatable();
  const places = usePlaces();
  const offered = usePageActs();
  const lists = {
    vms: useVms(),
    volumes: useVolumes(),
    vpcs: useVpcs(),
    ips: useIps(),
    groups: useSecurityGroups(),
    images: useImages(),
    apiKeys: useApiKeys(),
    sshKeys: useSshKeys(),
    members: useMembers(),
  };
  const { vms, volumes, vpcs, ips, groups, images, apiKeys, sshKeys, members } = lists;
  const entries: Entry[] = [];
  const add = (group: string, label: string, address: string, more: Partial<Entry> = {}) =>
    entries.push({ id: `${group} ${address} ${label}`, group, label, address, ...more });
  const nameOf = (id: string | undefined) => projects.find((one) => one.id === id)?.name;
  const hintOf = (id: string | undefined) => {
    const hint = project === undefined ? nameOf(id) : undefined;
    return hint === undefined ? {} : { hint };
  };

  for (const { name, acts } of offered) {
    const isRefused = ({ refused }: Act) => Number(refused !== undefined);
    // Enter does the first.
    for (const act of acts.toSorted((one, other) => isRefused(one) - isRefused(other))) {
      const { label, to: address, onSelect, refused, icon } = act;
      const id = `${onPage} ${name} ${label}`;
      const does = address === undefined ? { onSelect } : { address };
      entries.push({ id, group: onPage, label: actWithName(label, name), refused, icon, ...(does as Partial<Entry>) });
    }
  }
  for (const { within, path, place } of places) add('Go to', place.label, to(within, place.to ?? path));
  add('Go to', 'My settings', to('person', 'me'), { words: ['password', 'two-factor', 'sessions', 'appearance'] });
  for (const { label, within, path } of creatable) add('Create', label, to(within, path));
  for (const one of projects)
    add('Projects', one.name, to('project', '', one), { words: [one.id, one.slug, wordOf(one)] });
  if (projects.length > 1)
    add('Projects', 'All projects', addressOf('project', { account: account.id, project: everyProject }));
  for (const vm of vms.data ?? []) {
    const addresses = [vm.public_ipv4_address, vm.public_ipv6_address, vm.private_ipv4_address];
    const words = [vm.id, ...addresses.flatMap((one) => one ?? []), ...(vm.tags ?? []).map(({ name }) => name)];
    add('VMs', vm.name, toThing(`vms/${vm.id}`, vm.project_id), { words, ...hintOf(vm.project_id) });
  }
  for (const volume of volumes.data ?? []) {
    const address = toThing(`volumes/${volume.id}`, volume.project_id);
    add('Volumes', volume.name, address, { words: [String(volume.id)], ...hintOf(volume.project_id) });
  }
  for (const vpc of vpcs.data ?? []) {
    const more = { words: [vpc.id, vpc.cidr], ...hintOf(vpc.project_id) };
    add('VPCs', vpc.name, toThing(`networks/vpcs/${vpc.id}`, vpc.project_id), more);
  }
  // One that is attached is found as the VM that has it.
  for (const ip of (ips.data ?? []).filter(({ status }) => status === 'free'))
    add('Public IPs', ip.ip_address, toThing(`networks/ips?q=${ip.ip_address}`, ip.project_id), hintOf(ip.project_id));
  for (const group of groups.data ?? []) {
    const address = toThing(`networks/firewall/${group.id}`, group.project_id);
    add('Firewall groups', group.name, address, { words: [group.id], ...hintOf(group.project_id) });
  }
  for (const image of images.data ?? [])
    add('Images', image.name, toThing('images', image.project_id), hintOf(image.project_id));
  for (const key of apiKeys.data ?? [])
    add('API keys', key.name, to('account', `api-keys/${key.id}`), { hint: key.key_prefix, words: [key.id] });
  for (const key of sshKeys.data ?? [])
    add('SSH keys', key.name, to('account', 'ssh-keys'), { words: [String(key.id)] });
  for (const member of members.data ?? []) {
    const hint = member.role_name ?? member.role;
    const about = { words: [member.id], ...(hint === undefined ? {} : { hint }) };
    if (member.user_id || member.status === 'pending')
      add('People', member.email, to('account', 'team/members'), about);
  }
  return { entries, isReading: Object.values(lists).some(({ isLoading }) => isLoading) };
}
