import { Button, Card, Checkbox, Group, MultiSelect, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core';
import type { VM } from '@raffia/client/client.ts';
import type { Permission } from '@raffia/contract/permission-catalogue.ts';
import { type VmAction, vmActions } from '@raffia/contract/vm-states.ts';
import { Play, RotateCw, Square } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useNavigate } from 'react-router';
import { useCatalogue, useSavedSystems } from '../../api/catalogue.ts';
import { useSshKeys } from '../../api/lists.ts';
import { useScope } from '../../api/scope.tsx';
import { useCurrent, useMay } from '../../api/session.tsx';
import { useChange } from '../../api/use-change.ts';
import { DestroyDialog } from '../../parts/destroy-dialog.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { ErrorNotice } from '../../parts/notices.tsx';
import { SecretOnce } from '../../parts/secret-once.tsx';
import { toast } from '../../parts/toast.tsx';

const stale = ['vm', 'vms', 'operations', 'account', 'networks', 'audit'];

/** Whether an action may begin: by the status, as the server decides it, and by the permission. */
export function useAllowed(vm: VM) {
  const may = useMay();
  return (action: VmAction, permission: Permission) =>
    vmActions.runs(action, vm.status) && may(permission, vm.project_id);
}

export function PowerBar({ vm }: { vm: VM }) {
  const { api } = useCurrent();
  const allowed = useAllowed(vm);
  const options = { projectId: vm.project_id ?? '' };
  const act = useChange(
    (action: 'start' | 'stop' | 'reboot') =>
      action === 'start'
        ? api.startVM({ id: vm.id }, options)
        : action === 'stop'
          ? api.stopVM({ id: vm.id }, options)
          : api.rebootVM({ id: vm.id }, options),
    { stale },
  );
  const shown = [
    { action: 'start', label: 'Start', icon: Play },
    { action: 'stop', label: 'Stop', icon: Square },
    { action: 'reboot', label: 'Restart', icon: RotateCw },
  ] as const;
  return (
    <>
      {shown.map(({ action, label, icon: Icon }) => (
        <Button
          key={action}
          variant={action === 'start' && allowed(action, 'vm.power') ? 'filled' : 'default'}
          leftSection={<Icon size={14} aria-hidden />}
          disabled={!allowed(action, 'vm.power')}
          loading={act.isPending && act.variables === action}
          onClick={() => act.mutate(action)}
        >
          {label}
        </Button>
      ))}
      <ErrorNotice error={act.error} />
    </>
  );
}

type Dialog = 'rename' | 'password' | 'resize' | 'disk' | 'image' | 'reinstall' | 'factory' | 'hard' | 'delete';

interface Row {
  readonly dialog: Dialog;
  readonly action: VmAction;
  readonly permission: Permission;
  readonly label: string;
  readonly about: string;
  readonly isDangerous?: boolean;
}

const rows: readonly Row[] = [
  {
    dialog: 'rename',
    action: 'rename',
    permission: 'vm.manage',
    label: 'Rename',
    about: 'Changes the name in Raffia. The host name inside the VM stays the same.',
  },
  {
    dialog: 'password',
    action: 'resetPassword',
    permission: 'vm.manage',
    label: 'Reset password',
    about:
      'Sets a new root password and restarts the VM. You get it by email, or once on this page if this cloud sends no email.',
  },
  {
    dialog: 'resize',
    action: 'resize',
    permission: 'vm.manage',
    label: 'Change size',
    about: 'Changes vCPUs and memory. The disk stays. Stop the VM first.',
  },
  {
    dialog: 'disk',
    action: 'resizeDisk',
    permission: 'vm.manage',
    label: 'Grow disk',
    about: 'A disk can grow but not shrink. Stop the VM first, then extend the partition inside it.',
  },
  {
    dialog: 'image',
    action: 'saveImage',
    permission: 'vm.manage',
    label: 'Save as image',
    about: 'Saves the system disk as an image for new VMs.',
  },
  {
    dialog: 'hard',
    action: 'hardReboot',
    permission: 'vm.power',
    label: 'Force restart',
    about: "Cuts power and starts again. Use it when the VM doesn't respond; unsaved data is lost.",
  },
  {
    dialog: 'reinstall',
    action: 'reinstall',
    permission: 'vm.manage',
    label: 'Reinstall',
    about: 'Installs a new system. You lose everything on the system disk. Addresses and volumes stay.',
    isDangerous: true,
  },
  {
    dialog: 'factory',
    action: 'factoryReset',
    permission: 'vm.manage',
    label: 'Factory reset',
    about: 'Reinstalls the system that the VM was created with. You lose everything on the system disk.',
    isDangerous: true,
  },
  {
    dialog: 'delete',
    action: 'delete',
    permission: 'vm.delete',
    label: 'Delete',
    about: 'Deletes the VM and its system disk.',
    isDangerous: true,
  },
];

export function Actions({ vm }: { vm: VM }) {
  const allowed = useAllowed(vm);
  const [open, setOpen] = useState<Dialog | null>(null);
  const close = () => setOpen(null);
  return (
    <Card withBorder>
      <Stack gap="md">
        <Reveal vm={vm} />
        {rows.map(({ dialog, action, permission, label, about, isDangerous }) => (
          <Group key={dialog} justify="space-between" wrap="nowrap">
            <div>
              <Text size="sm" fw={600}>
                {label}
              </Text>
              <Text size="sm" c="dimmed">
                {about}
              </Text>
            </div>
            <Button
              variant={isDangerous ? 'outline' : 'default'}
              {...(isDangerous ? { color: 'red.9', c: 'var(--mantine-color-error)' } : {})}
              disabled={!allowed(action, permission)}
              onClick={() => setOpen(dialog)}
              style={{ flexShrink: 0 }}
            >
              {label}…
            </Button>
          </Group>
        ))}
      </Stack>
      {open !== null && <OpenDialog dialog={open} vm={vm} onClose={close} />}
    </Card>
  );
}

function OpenDialog({ dialog, vm, onClose }: { dialog: Dialog; vm: VM; onClose: () => void }) {
  const { api } = useCurrent();
  const navigate = useNavigate();
  const { to, toThing } = useScope();
  const options = { projectId: vm.project_id ?? '' };
  const [text, setText] = useState(dialog === 'rename' ? vm.name : dialog === 'image' ? `${vm.name}-image` : '');
  const [size, setSize] = useState<number | string>(vm.storage + 10);
  const [choice, setChoice] = useState<string | null>(null);
  const [keyIds, setKeyIds] = useState<string[]>([]);
  const [removesVpc, setRemovesVpc] = useState(true);
  const [removesStorage, setRemovesStorage] = useState(false);
  const sshKeys = useSshKeys();
  const saved = useSavedSystems();
  const catalogue = useCatalogue();
  const { id } = vm;
  const wayIn = () => {
    const keys = (sshKeys.data ?? [])
      .filter((key) => keyIds.includes(key.id))
      .map(({ public_key }) => public_key ?? '');
    return keys.length > 0 ? { ssh_keys: keys } : { auto_generate_password: true };
  };
  const act = useChange(
    async (): Promise<unknown> => {
      switch (dialog) {
        case 'rename':
          return api.renameVM({ id, body: { name: text.trim() } }, options);
        case 'password':
          return api.resetVMPassword({ id }, options);
        case 'resize':
          return api.resizeVM({ id, body: { pricing_id: Number(choice) } }, options);
        case 'disk':
          return api.resizeVMDisk({ id, body: { new_size: Number(size) } }, options);
        case 'image':
          return api.saveVMDiskAsImage({ id, body: { name: text.trim() } }, options);
        case 'reinstall':
          return api.reinstallVM({ id, body: { template_id: choice ?? '', ...wayIn() } }, options);
        case 'factory':
          return api.factoryResetVM({ id }, options);
        case 'hard':
          return api.hardRebootVM({ id }, options);
        case 'delete':
          return api.deleteVM(
            { id, body: { delete_vpc: removesVpc, volume_action: removesStorage ? 'delete' : 'detach' } },
            options,
          );
      }
    },
    {
      stale,
      onDone: () => {
        onClose();
        toast(
          dialog === 'delete'
            ? `Deleting ${vm.name}`
            : `${rows.find((one) => one.dialog === dialog)?.label}: ${vm.name}`,
          {
            ...(dialog === 'delete' ? {} : { to: toThing(`vms/${id}/activity`, vm.project_id) }),
          },
        );
        if (dialog === 'delete') navigate(to('project', 'vms'), { replace: true });
      },
    },
  );
  const row = rows.find((one) => one.dialog === dialog);
  if (row?.isDangerous && dialog !== 'reinstall') {
    return (
      <DestroyDialog
        title={`${row.label} ${vm.name}`}
        names={[vm.name]}
        action={`${row.label} ${vm.name}`}
        isPending={act.isPending}
        error={act.error}
        onConfirm={() => act.mutate()}
        onClose={onClose}
      >
        {row.about} You can't undo this.
        {dialog === 'delete' && (
          <Stack gap="xs" mt="sm">
            <Checkbox
              label="Also delete its network, if no other VM uses it"
              checked={removesVpc}
              onChange={(event) => setRemovesVpc(event.currentTarget.checked)}
            />
            {vm.added_storage > 0 && (
              <Checkbox
                label={`Also delete its volumes (${vm.added_storage} GB)`}
                checked={removesStorage}
                onChange={(event) => setRemovesStorage(event.currentTarget.checked)}
              />
            )}
          </Stack>
        )}
      </DestroyDialog>
    );
  }
  const fields: Partial<Record<Dialog, ReactNode>> = {
    rename: (
      <TextInput
        data-autofocus
        label="Name"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        maxLength={64}
        required
      />
    ),
    image: (
      <TextInput
        data-autofocus
        label="Name of the image"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        maxLength={128}
        required
      />
    ),
    disk: (
      <NumberInput
        label={`New size, GB (now ${vm.storage})`}
        value={size}
        onChange={setSize}
        min={vm.storage + 1}
        required
      />
    ),
    resize: (
      <Select
        label="Plan"
        data={(catalogue.data?.plans ?? [])
          .filter((plan) => plan.id !== vm.pricing_id && plan.region === vm.region)
          .map((plan) => ({
            value: String(plan.id),
            label: `${plan.vcpu} vCPU · ${plan.memory_gib} GB · $${plan.monthly_price.toFixed(2)} a month`,
          }))}
        value={choice}
        onChange={setChoice}
        required
      />
    ),
    reinstall: (
      <>
        <Select
          label="System"
          searchable
          data={[...(catalogue.data?.templates ?? []), ...saved]
            .filter(({ region }) => region === vm.region)
            .map((one) => ({ value: one.id, label: `${one.name} ${one.version}` }))}
          value={choice}
          onChange={setChoice}
          required
        />
        {(sshKeys.data ?? []).length > 0 && (
          <MultiSelect
            label="SSH keys"
            description="Without a key, a password is generated and sent to you by email"
            data={(sshKeys.data ?? []).map((key) => ({ value: key.id, label: key.name }))}
            value={keyIds}
            onChange={setKeyIds}
          />
        )}
        <TextInput
          label={`Type ${vm.name} to confirm`}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          autoComplete="off"
        />
      </>
    ),
  };
  const isValid =
    dialog === 'resize'
      ? choice !== null
      : dialog === 'reinstall'
        ? choice !== null && text === vm.name
        : dialog === 'rename' || dialog === 'image'
          ? text.trim() !== ''
          : true;
  return (
    <FormDialog
      title={row?.label ?? ''}
      action={row?.label ?? ''}
      change={act}
      isReady={isValid}
      onSubmit={() => act.mutate()}
      onClose={onClose}
    >
      <Text size="sm">{row?.about}</Text>
      {fields[dialog]}
    </FormDialog>
  );
}

/** A generated password, where no mail brought it: sealed until somebody looks, once. */
function Reveal({ vm }: { vm: VM }) {
  const { api } = useCurrent();
  const may = useMay();
  const [password, setPassword] = useState<string | null>(null);
  const reveal = useChange(() => api.revealVMPassword({ id: vm.id }), {
    stale: ['audit'],
    onDone: ({ data }) => setPassword(data.password),
  });
  return (
    <div>
      <Group justify="space-between" wrap="nowrap">
        <div>
          <Text size="sm" fw={600}>
            New root password
          </Text>
          <Text size="sm" c="dimmed">
            After a reset or reinstall, if this cloud sends no email. It can be shown once.
          </Text>
        </div>
        <Button
          variant="default"
          disabled={!may('vm.manage', vm.project_id)}
          loading={reveal.isPending}
          onClick={() => reveal.mutate()}
          style={{ flexShrink: 0 }}
        >
          Show password
        </Button>
      </Group>
      <ErrorNotice error={reveal.error} />
      {password !== null && (
        <SecretOnce
          title={`Password of ${vm.name}`}
          what="the password"
          secret={password}
          onClose={() => setPassword(null)}
        />
      )}
    </div>
  );
}
