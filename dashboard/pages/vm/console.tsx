import { Button } from '@mantine/core';
import type { VM } from '@raffia/client/client.ts';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { Play, SquareTerminal } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useScope } from '../../api/scope.tsx';
import { useCurrent, useMay } from '../../api/session.tsx';
import { useChange } from '../../api/use-change.ts';
import { EmptyState, ErrorNotice } from '../../parts/notices.tsx';
import { refusalOf } from '../../parts/refusals.ts';
import { Skeleton } from '../../parts/skeleton.tsx';
import { useVmRefusal } from '../../parts/use-vm-refusal.ts';
import { stale } from './use-vm-act.ts';

/** The terminal is half of all scripts of a page: loaded when there is a console to open. */
const ConsoleTerminal = lazy(() => import('./console-terminal.tsx'));

/** Of the roles that may open one, the one that may do least beside. */
const least = systemRoles
  .filter(({ scope, permissions }) => scope === 'project' && permissions.includes('vm.console'))
  .sort((one, other) => one.permissions.length - other.permissions.length)[0]?.name;

/** A terminal in a machine that runs. One that was opened stays on the screen with what it shows, however it ends. */
export default function Console({ vm }: { vm: VM }) {
  const may = useMay();
  const { projects } = useScope();
  const isAllowed = may('vm.console', vm.project_id);
  const refused = refusalOf('console', vm.status);
  const mayConnect = isAllowed && refused === undefined;
  const [wasOpened, setWasOpened] = useState(mayConnect);
  if (mayConnect && !wasOpened) setWasOpened(true);
  if (wasOpened) {
    return (
      <Suspense fallback={<Skeleton shape="cards" isWithHead={false} />}>
        <ConsoleTerminal key={vm.id} vm={vm} mayConnect={mayConnect} />
      </Suspense>
    );
  }
  if (!isAllowed) {
    const project = projects.find(({ id }) => id === vm.project_id)?.name ?? 'its project';
    return (
      <EmptyState icon={SquareTerminal} title="You can't open this console">
        You need the {least} role in {project} to open consoles. Ask an Owner or Admin.
      </EmptyState>
    );
  }
  if (vm.status === 'passive') return <Off vm={vm} />;
  return (
    <EmptyState icon={SquareTerminal} title="The console isn't there yet">
      {refused}.
    </EmptyState>
  );
}

function Off({ vm }: { vm: VM }) {
  const { api } = useCurrent();
  const refusal = useVmRefusal()(vm, 'start', 'vm.power');
  const start = useChange(() => api.startVM({ id: vm.id }, { projectId: vm.project_id ?? '' }), { stale });
  return (
    <EmptyState
      icon={SquareTerminal}
      title={`${vm.name} is stopped`}
      action={
        <>
          <Button
            leftSection={<Play size={14} aria-hidden />}
            loading={start.isPending}
            disabled={refusal !== undefined}
            {...(refusal === undefined ? {} : { title: refusal })}
            onClick={() => start.mutate()}
          >
            Start VM
          </Button>
          <ErrorNotice error={start.error} />
        </>
      }
    >
      A console needs a VM that runs. It opens here as soon as this one does.
    </EmptyState>
  );
}
