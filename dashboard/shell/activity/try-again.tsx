import { Button, Text } from '@mantine/core';
import type { Operation } from '@raffia/client/client.ts';
import { useVm } from '../../api/lists.ts';
import { useCurrent } from '../../api/session.tsx';
import { useChange } from '../../api/use-change.ts';
import { dismissWork } from '../../api/use-work-under-way.ts';
import { useVmRefusal } from '../../parts/use-vm-refusal.ts';

/** What can be asked for twice without doing harm: nothing is lost by it, and all that it was asked with is known. */
const repeatable = { 'vm.start': 'start', 'vm.stop': 'stop', 'vm.reboot': 'reboot' } as const;

/** Asks again for what failed, where that is safe and the state of its VM allows it. */
export function TryAgain({ operation }: { operation: Operation }) {
  const action = repeatable[operation.kind as keyof typeof repeatable];
  return action === undefined ? null : <Again operation={operation} action={action} />;
}

function Again({ operation, action }: { operation: Operation; action: (typeof repeatable)[keyof typeof repeatable] }) {
  const { api, session } = useCurrent();
  const { data: vm } = useVm(operation.resource_id);
  const refusal = useVmRefusal();
  const act = useChange(
    () => {
      const [input, options] = [{ id: operation.resource_id }, { projectId: operation.project_id }];
      if (action === 'start') return api.startVM(input, options);
      return action === 'stop' ? api.stopVM(input, options) : api.rebootVM(input, options);
    },
    { stale: ['vm', 'vms', 'operations', 'audit'], onDone: () => dismissWork(session.user.id, [operation.id]) },
  );
  if (vm === undefined) return null;
  const refused = refusal(vm, action, 'vm.power');
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        loading={act.isPending}
        {...(refused === undefined
          ? { onClick: () => act.mutate() }
          : { 'data-disabled': true, 'aria-disabled': true, 'aria-description': refused, title: refused })}
      >
        Try again
      </Button>
      {act.error !== null && (
        <Text size="xs" c="var(--raffia-danger)" role="alert" w="100%">
          {act.error.message}
        </Text>
      )}
    </>
  );
}
