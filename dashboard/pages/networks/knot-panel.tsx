import { ActionIcon, Button } from '@mantine/core';
import { Lock, ShieldCheck, X } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { useInterfaces, type VmNic } from '../../api/interfaces.ts';
import { useIps, useSecurityGroups, useVpcs } from '../../api/lists.ts';
import { useScope } from '../../api/scope.tsx';
import { AttachGroupDialog } from '../../parts/attach-dialogs.tsx';
import { CopyIcon } from '../../parts/copy.tsx';
import { DetachGroupDialog, DetachNicDialog } from '../../parts/detach-dialogs.tsx';
import { lastRefusal, ruleCount, stateRefusal } from '../../parts/network-words.ts';
import { useRefusal } from '../../parts/use-refusal.ts';
import classes from './weave.module.css';
import type { Knot, Weave } from './weave.ts';

/** What is at a knot: each interface with its groups, and what can be done with it. */
export function KnotPanel({ weave, knot, onClose }: { weave: Weave; knot: Knot; onClose: () => void }) {
  const { toThing } = useScope();
  const of = weave.columns[knot.column];
  const network = weave.rows[knot.row];
  const title = `${of?.name} · ${network?.name}`;
  return (
    <aside className={classes.card} aria-label={title}>
      <header>
        <h2 title={title}>{title}</h2>
        <ActionIcon size={28} aria-label="Close" onClick={onClose}>
          <X size={16} aria-hidden />
        </ActionIcon>
      </header>
      {knot.nics.length === 0 ? (
        <dl className={classes.facts}>
          <dt>Address</dt>
          <dd className="mono">{knot.addresses.join(', ')}</dd>
          <dt>Kind</dt>
          <dd>
            {network?.vpc === undefined
              ? 'The shared address that VMs reach the internet by'
              : 'The gateway of the network'}
          </dd>
          <dt>VPC</dt>
          <dd>
            {of?.vpc !== undefined && (
              <Link to={toThing(`networks/vpcs/${of.vpc.id}`, of.vpc.project_id)}>{of.vpc.name}</Link>
            )}
          </dd>
        </dl>
      ) : (
        knot.nics.map((nic) => <NicPart key={nic.nic_id} nic={nic} />)
      )}
    </aside>
  );
}

function NicPart({ nic }: { nic: VmNic }) {
  const { toThing } = useScope();
  const refusal = useRefusal();
  const groups = useSecurityGroups();
  const ips = useIps();
  const vpcs = useVpcs();
  const { nics } = useInterfaces();
  const [dialog, setDialog] = useState<'group' | 'detach' | { readonly id: string; readonly name: string } | null>(
    null,
  );
  const { vm } = nic;
  const ip = ips.data?.find(({ ip_address }) => ip_address === nic.ip);
  const isVpc = nic.type === 'vpc';
  const manages = refusal('security_group.manage', vm.project_id);
  const leaving =
    refusal(isVpc ? 'vm.manage' : 'ip.attach', vm.project_id) ??
    lastRefusal(nics.filter((one) => one.vm.id === vm.id)) ??
    stateRefusal(vm, isVpc ? 'detachVpc' : 'detachIp');
  const facts: readonly (readonly [string, React.ReactNode])[] = [
    [
      'Address',
      <span key="a" className="copyable">
        <span className="mono">{nic.ip}</span>
        <CopyIcon value={nic.ip} label={`Copy ${nic.ip}`} />
      </span>,
    ],
    ['Kind', isVpc ? 'Private' : ip === undefined ? 'Public' : ip.reserved ? 'Reserved' : 'Assigned, free'],
    [
      'VM',
      <Link key="v" to={toThing(`vms/${vm.id}/network`, vm.project_id)}>
        {vm.name}
      </Link>,
    ],
    ['Interface', `eth${nic.nic_id}`],
    [
      'MAC',
      <span key="m" className="mono">
        {nic.mac}
      </span>,
    ],
    [
      'Gateway',
      <span key="g" className="mono">
        {nic.gateway ?? '–'}
      </span>,
    ],
  ];
  return (
    <>
      <dl className={classes.facts}>
        {facts.flatMap(([label, value]) => [<dt key={`${label} label`}>{label}</dt>, <dd key={label}>{value}</dd>])}
      </dl>
      <ul className={classes.groups}>
        {nic.security_group_ids.map((id) => {
          const group = groups.data?.find((one) => one.id === id);
          return (
            <li key={id}>
              <ShieldCheck size={14} aria-hidden />
              {group === undefined ? (
                'A group that you can’t see'
              ) : (
                <Link to={toThing(`networks/firewall/${id}`, group.project_id)}>{group.name}</Link>
              )}
              {group !== undefined && <span className={classes.faint}>{ruleCount(group)}</span>}
              {group !== undefined && manages === undefined && (
                <ActionIcon
                  size={26}
                  aria-label={`Detach ${group.name}`}
                  onClick={() => setDialog({ id, name: group.name })}
                >
                  <X size={14} aria-hidden />
                </ActionIcon>
              )}
            </li>
          );
        })}
        {!isVpc && (
          <li>
            <Lock size={14} aria-hidden />
            Default firewall
            <span className={classes.faint}>always on</span>
          </li>
        )}
      </ul>
      <div className={classes.acts}>
        <Button
          size="xs"
          variant="default"
          disabled={manages !== undefined}
          title={manages}
          onClick={() => setDialog('group')}
        >
          Attach group
        </Button>
        <Button
          size="xs"
          variant="subtle"
          color="danger"
          disabled={leaving !== undefined}
          title={leaving}
          onClick={() => setDialog('detach')}
        >
          {isVpc ? 'Leave VPC…' : 'Detach address…'}
        </Button>
      </div>
      {dialog === 'group' && <AttachGroupDialog vm={vm} nicId={nic.nic_id} onClose={() => setDialog(null)} />}
      {dialog === 'detach' && (
        <DetachNicDialog vm={vm} nic={nic} ip={ip} vpcs={vpcs.data ?? []} onClose={() => setDialog(null)} />
      )}
      {dialog !== null && typeof dialog === 'object' && (
        <DetachGroupDialog vm={vm} nic={nic} group={dialog} onClose={() => setDialog(null)} />
      )}
    </>
  );
}
