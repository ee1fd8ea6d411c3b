import type { VM } from '@raffia/client/client.ts';
import { Play, RotateCw, Square } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useNavigate } from 'react-router';
import { useScope } from '../../api/scope.tsx';
import { useCurrent } from '../../api/session.tsx';
import { useChange } from '../../api/use-change.ts';
import { ActButton } from '../../parts/act-button.tsx';
import { ErrorNotice } from '../../parts/notices.tsx';
import { useOfferActs } from '../../parts/page-acts.ts';
import { RowMenu } from '../../parts/row-menu.tsx';
import { toast } from '../../parts/toast.tsx';
import { useKey } from '../../parts/use-key.ts';
import { useVmRefusal } from '../../parts/use-vm-refusal.ts';
import { type ActName, vmActs } from './acts.ts';
import { stale } from './use-vm-act.ts';

const VmDialog = lazy(() => import('./dialogs.tsx'));

const power = [
  { action: 'start', label: 'Start', icon: Play },
  { action: 'stop', label: 'Stop', icon: Square },
  { action: 'reboot', label: 'Restart', icon: RotateCw },
] as const;

/** What is done with a machine most often, and all else in a menu. */
export function HeadActions({ vm }: { vm: VM }) {
  const { api } = useCurrent();
  const refusal = useVmRefusal();
  const { toThing } = useScope();
  const navigate = useNavigate();
  const [open, setOpen] = useState<ActName | 'restart' | null>(null);
  const act = useChange(
    (action: (typeof power)[number]['action']) => {
      const options = { projectId: vm.project_id ?? '' };
      if (action === 'start') return api.startVM({ id: vm.id }, options);
      return action === 'stop' ? api.stopVM({ id: vm.id }, options) : api.rebootVM({ id: vm.id }, options);
    },
    { stale },
  );
  const buttons = power.map(({ action, label, icon }) => ({
    label,
    icon,
    refused: refusal(vm, action, 'vm.power'),
    isFirst: action === 'start',
    isPending: act.isPending && act.variables === action,
    onSelect: () => act.mutate(action),
  }));
  const menu = vmActs.map(({ name, action, permission, label, icon, isDangerous }) => ({
    label: `${label}…`,
    icon,
    refused: refusal(vm, action, permission),
    onSelect: () => setOpen(name),
    ...(isDangerous ? { isDangerous } : {}),
  }));
  useOfferActs(vm.name, [...buttons, ...menu]);
  // A letter is pressed by mistake: unlike the button, it asks.
  useKey('restart', () => {
    const refused = refusal(vm, 'reboot', 'vm.power');
    if (refused === undefined) setOpen('restart');
    else toast(refused);
  });
  useKey('console', () => navigate(toThing(`vms/${vm.id}/console`, vm.project_id)));
  return (
    <>
      {buttons.map(({ label, icon, refused, isFirst, isPending, onSelect }) => (
        <ActButton
          key={label}
          label={label}
          icon={icon}
          refused={refused}
          isFirst={isFirst && refused === undefined}
          isPending={isPending}
          onClick={onSelect}
        />
      ))}
      <RowMenu name={vm.name} acts={menu} />
      <ErrorNotice error={act.error} />
      {open !== null && (
        <Suspense>
          <VmDialog act={open} vm={vm} onClose={() => setOpen(null)} />
        </Suspense>
      )}
    </>
  );
}
