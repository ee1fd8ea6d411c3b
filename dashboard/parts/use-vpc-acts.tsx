import type { VPC } from '@raffia/client/client.ts';
import { DoorClosed, DoorOpen, Pencil, Plus, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { AttachVpcDialog } from './attach-dialogs.tsx';
import { namesOf } from './bulk.ts';
import type { Act } from './row-menu.tsx';
import { useRefusal } from './use-refusal.ts';
import { ChangeGateway, DeleteVpc, EditVpc } from './vpc-dialogs.tsx';

type Name = 'add' | 'edit' | 'gateway' | 'delete';

/**
 * What can be done with a VPC, in its list and on its page.
 *
 * @param namesIn names of the VMs that are in it
 */
export function useVpcActs(
  namesIn: (vpc: VPC) => readonly string[],
  onDeleted?: () => void,
): { actsOf: (vpc: VPC) => readonly Act[]; open: (act: Name, vpc: VPC) => void; dialog: ReactNode } {
  const refusal = useRefusal();
  const [dialog, setDialog] = useState<{ readonly act: Name; readonly vpc: VPC } | null>(null);
  const open = (act: Name, vpc: VPC) => setDialog({ act, vpc });
  const close = () => setDialog(null);
  const isFull = (vpc: VPC) => (vpc.used_ips ?? 0) >= (vpc.total_ips ?? Number.POSITIVE_INFINITY);
  return {
    open,
    actsOf: (vpc) => {
      const manages = refusal('vpc.manage', vpc.project_id);
      const isOpen = vpc.gateway_type === 'nat' && vpc.router_status !== 'failure';
      const names = namesIn(vpc);
      return [
        {
          label: 'Add VM…',
          icon: Plus,
          refused: refusal('vm.manage', vpc.project_id) ?? (isFull(vpc) ? 'All its addresses are in use' : undefined),
          onSelect: () => open('add', vpc),
        },
        { label: 'Rename or change DNS…', icon: Pencil, refused: manages, onSelect: () => open('edit', vpc) },
        {
          label: isOpen ? 'Remove NAT gateway…' : 'Add NAT gateway…',
          icon: isOpen ? DoorClosed : DoorOpen,
          refused: manages ?? (vpc.router_status === 'provisioning' ? 'Its NAT gateway is being set up' : undefined),
          onSelect: () => open('gateway', vpc),
        },
        {
          label: 'Delete…',
          icon: Trash2,
          isDangerous: true,
          refused:
            refusal('vpc.delete', vpc.project_id) ??
            ((vpc.used_ips ?? 0) === 0
              ? undefined
              : `${names.length === 0 ? 'A VM is' : `${namesOf(names)} ${names.length === 1 ? 'is' : 'are'}`} in it. Take ${names.length > 1 ? 'them' : 'it'} out first.`),
          onSelect: () => open('delete', vpc),
        },
      ];
    },
    dialog:
      dialog === null ? null : dialog.act === 'add' ? (
        <AttachVpcDialog vpc={dialog.vpc} onClose={close} />
      ) : dialog.act === 'edit' ? (
        <EditVpc vpc={dialog.vpc} onClose={close} />
      ) : dialog.act === 'gateway' ? (
        <ChangeGateway vpc={dialog.vpc} onClose={close} />
      ) : (
        <DeleteVpc vpc={dialog.vpc} onClose={close} {...(onDeleted === undefined ? {} : { onDone: onDeleted })} />
      ),
  };
}
