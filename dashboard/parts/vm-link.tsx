import { Anchor } from '@mantine/core';
import type { VM } from '@raffia/client/client.ts';
import { Link } from 'react-router';
import { useScope } from '../api/scope.tsx';
import { VmMark } from './vm-status.tsx';

/** A machine that something belongs to, with its state; of one that is gone, or out of sight, the beginning of its id. */
export function VmLink({ id, vm }: { id: string; vm: VM | undefined }) {
  const { toThing } = useScope();
  if (vm === undefined) {
    return (
      <span title={id}>
        VM <span className="mono">{id.slice(0, 8)}</span>
      </span>
    );
  }
  return (
    <VmMark status={vm.status}>
      <Anchor component={Link} to={toThing(`vms/${vm.id}`, vm.project_id)} inherit title={vm.name}>
        <bdi>{vm.name}</bdi>
      </Anchor>
    </VmMark>
  );
}
