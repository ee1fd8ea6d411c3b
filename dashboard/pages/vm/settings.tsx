import { Button, Card, Group, Stack, Text, Title } from '@mantine/core';
import type { VM } from '@raffia/client/client.ts';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { useCurrent, useMay } from '../../api/session.tsx';
import { useChange } from '../../api/use-change.ts';
import { ErrorNotice } from '../../parts/notices.tsx';
import { lacks } from '../../parts/refusals.ts';
import { SecretOnce } from '../../parts/secret-once.tsx';
import { useVmRefusal } from '../../parts/use-vm-refusal.ts';
import { type ActName, type VmAct, vmActs } from './acts.ts';

const VmDialog = lazy(() => import('./dialogs.tsx'));

const sections: readonly { readonly title: string; readonly acts: readonly ActName[] }[] = [
  { title: 'Name and size', acts: ['rename', 'resize', 'disk'] },
  { title: 'Sign-in', acts: ['password'] },
  { title: 'Copies', acts: ['image'] },
  { title: 'Danger zone', acts: ['hard', 'reinstall', 'factory', 'delete'] },
];

/** What changes a machine for longer, each with what it does; what can't be done now says why. */
export default function Settings({ vm }: { vm: VM }) {
  const refusal = useVmRefusal();
  const [open, setOpen] = useState<ActName | null>(null);
  return (
    <Stack>
      {sections.map(({ title, acts }) => (
        <Card key={title} withBorder>
          <Title order={2} size="h4" mb="sm">
            {title}
          </Title>
          <Stack gap="md">
            {vmActs
              .filter(({ name }) => acts.includes(name))
              .map((act) => (
                <ActRow
                  key={act.name}
                  act={act}
                  now={nowOf(vm, act.name)}
                  refused={refusal(vm, act.action, act.permission)}
                  onOpen={() => setOpen(act.name)}
                />
              ))}
            {acts.includes('password') && <Reveal vm={vm} />}
          </Stack>
        </Card>
      ))}
      {open !== null && (
        <Suspense>
          <VmDialog act={open} vm={vm} onClose={() => setOpen(null)} />
        </Suspense>
      )}
    </Stack>
  );
}

/** What it is now, of what an act changes. */
function nowOf(vm: VM, name: ActName): string | undefined {
  if (name === 'rename') return vm.name;
  if (name === 'resize') return `${vm.cpu} vCPU · ${vm.ram} GB`;
  return name === 'disk' ? `${vm.storage} GB` : undefined;
}

function ActRow({
  act: { label, about, isDangerous },
  now,
  refused,
  onOpen,
}: {
  act: VmAct;
  now: string | undefined;
  refused: string | undefined;
  onOpen: () => void;
}) {
  return (
    <Row
      title={label}
      now={now}
      about={about}
      refused={refused}
      button={
        <Button
          variant={isDangerous ? 'outline' : 'default'}
          {...(isDangerous ? { color: 'red.9', c: 'var(--mantine-color-error)' } : {})}
          disabled={refused !== undefined}
          onClick={onOpen}
        >
          {label}…
        </Button>
      }
    />
  );
}

function Row({
  title,
  now,
  about,
  refused,
  button,
}: {
  title: string;
  now?: string | undefined;
  about: string;
  refused: string | undefined;
  button: ReactNode;
}) {
  return (
    <Group justify="space-between" gap="sm">
      <div style={{ flex: '1 1 260px', minWidth: 0 }}>
        <Text size="sm" fw={500} className="breaking">
          {title}
          {now !== undefined && (
            <Text span inherit c="dimmed" fw={400}>
              {' '}
              · {now}
            </Text>
          )}
        </Text>
        <Text size="sm" c="dimmed">
          {about}
        </Text>
        {refused !== undefined && <Text size="sm">{refused}</Text>}
      </div>
      {button}
    </Group>
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
  const refused = may('vm.manage', vm.project_id) ? undefined : lacks('vm.manage');
  return (
    <div>
      <Row
        title="New root password"
        about="After a reset or reinstall, if this cloud sends no email. It can be shown once."
        refused={refused}
        button={
          <Button
            variant="default"
            disabled={refused !== undefined}
            loading={reveal.isPending}
            onClick={() => reveal.mutate()}
          >
            Show password
          </Button>
        }
      />
      <ErrorNotice error={reveal.error} />
      {password !== null && (
        <SecretOnce
          title={`Password of ${vm.name}`}
          what="password"
          secret={password}
          onClose={() => setPassword(null)}
        />
      )}
    </div>
  );
}
