import { Button } from '@mantine/core';
import type { SecurityGroup } from '@raffia/client/client.ts';
import { Unlink } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import type { VmNic } from '../../api/interfaces.ts';
import { useVpcs } from '../../api/lists.ts';
import { useScope } from '../../api/scope.tsx';
import rows from '../../parts/card-rows.module.css';
import { DetachGroupDialog } from '../../parts/detach-dialogs.tsx';
import { networkName } from '../../parts/network-words.ts';
import { lacks } from '../../parts/refusals.ts';
import { RowMenu } from '../../parts/row-menu.tsx';
import { VmState } from '../../parts/vm-status.tsx';
import classes from './rules.module.css';

/** The interfaces that a group protects. */
export function AttachedTo({
  group,
  nics,
  isReadOnly,
  onAttach,
}: {
  group: SecurityGroup;
  nics: readonly VmNic[];
  isReadOnly: boolean;
  onAttach: () => void;
}) {
  const { toThing } = useScope();
  const vpcs = useVpcs();
  const [detaching, setDetaching] = useState<VmNic | null>(null);
  return (
    <section className={classes.card} aria-label="Attached to">
      <header>
        <h2>Attached to</h2>
        <span className={classes.faint}>{nics.length === 0 ? '' : nics.length}</span>
        {!isReadOnly && (
          <Button size="xs" variant="default" onClick={onAttach}>
            Attach
          </Button>
        )}
      </header>
      {nics.length === 0 ? (
        <p className={classes.nothing}>No VM has this group. Its rules filter nothing yet.</p>
      ) : (
        <ul className={rows.rows}>
          {nics.map((nic) => (
            <li key={`${nic.vm.id} ${nic.nic_id}`}>
              <Link to={toThing(`vms/${nic.vm.id}/network`, nic.vm.project_id)} className={rows.name}>
                <bdi>{nic.vm.name}</bdi>
              </Link>
              <VmState status={nic.vm.status} />
              <span className={rows.hint}>{networkName(nic, vpcs.data)}</span>
              <span className="mono">{nic.ip}</span>
              <RowMenu
                name={`${nic.vm.name}, ${nic.ip}`}
                acts={[
                  {
                    label: 'Detach…',
                    icon: Unlink,
                    isDangerous: true,
                    refused: isReadOnly ? lacks('security_group.manage') : undefined,
                    onSelect: () => setDetaching(nic),
                  },
                ]}
              />
            </li>
          ))}
        </ul>
      )}
      {detaching !== null && (
        <DetachGroupDialog vm={detaching.vm} nic={detaching} group={group} onClose={() => setDetaching(null)} />
      )}
    </section>
  );
}
