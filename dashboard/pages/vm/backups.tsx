import { Card, Group, Stack, Text } from '@mantine/core';
import type { Backup, BackupSchedule, VM } from '@raffia/client/client.ts';
import { freeBackups } from '@raffia/contract/vm-rules.ts';
import { Archive, CalendarClock, Pencil, Trash2 } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useBackupSchedules, useBackups } from '../../api/lists.ts';
import { useMay } from '../../api/session.tsx';
import { ActButton } from '../../parts/act-button.tsx';
import { useBackupColumns } from '../../parts/backup-columns.tsx';
import { seriesOf } from '../../parts/backup-series.ts';
import { ListStates } from '../../parts/list-states.tsx';
import { EmptyState } from '../../parts/notices.tsx';
import { lacks } from '../../parts/refusals.ts';
import { RelativeTime } from '../../parts/relative-time.tsx';
import { ResourceTable } from '../../parts/resource-table.tsx';
import { RowMenu } from '../../parts/row-menu.tsx';
import { DeleteScheduleDialog, ScheduleDialog } from '../../parts/schedule-dialog.tsx';
import { keepsOf, nextRunOf, rhythmOf, slotsOf } from '../../parts/schedule-words.ts';
import { TakeBackupDialog } from '../../parts/take-dialogs.tsx';
import { useBackupActs } from '../../parts/use-backup-acts.tsx';
import { useVmRefusal } from '../../parts/use-vm-refusal.ts';
import { TabHead } from './tab-head.tsx';

type Open = 'take' | 'schedule';

/** Copies of the system disk apart from its host, and when they are taken. */
export default function Backups({ vm }: { vm: VM }) {
  const backups = useBackups({ vm_id: vm.id });
  const may = useMay();
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  const refused = useVmRefusal()(vm, 'backup', 'backup.create');
  const manages = may('backup.manage', vm.project_id) ? undefined : lacks('backup.manage');
  return (
    <Stack gap="sm">
      <Schedules vm={vm} refused={manages} onNew={() => setOpen('schedule')} />
      <TabHead
        title="Backups"
        count={backups.data?.length}
        about={`Copies of the system disk, kept apart from its host. The ${freeBackups} newest are free.`}
      >
        <ActButton label="Back up now" icon={Archive} refused={refused} onClick={() => setOpen('take')} />
      </TabHead>
      <ListStates
        query={backups}
        things="backups"
        empty={
          <EmptyState icon={Archive} title={`No backups of ${vm.name}`}>
            A backup survives its host. Take one now, or schedule them.
          </EmptyState>
        }
      >
        {(list) => <BackupTable vm={vm} list={list} />}
      </ListStates>
      {open === 'take' && <TakeBackupDialog vm={vm} onClose={close} />}
      {open === 'schedule' && <ScheduleDialog vm={vm} onClose={close} />}
    </Stack>
  );
}

function BackupTable({ vm, list }: { vm: VM; list: readonly Backup[] }) {
  const columns = useBackupColumns({ isOfOne: true }).filter(({ id }) => id !== 'vm' && id !== 'project');
  const series = useMemo(() => seriesOf(list), [list]);
  const { actsOf, dialog } = useBackupActs(series);
  return (
    <>
      <ResourceTable
        label={`Backups of ${vm.name}`}
        things="backups"
        columns={columns}
        items={list}
        idOf={({ id }) => id}
        nameOf={({ name }) => name}
        actsOf={actsOf}
      />
      {dialog}
    </>
  );
}

/** Its schedules, each with when it runs next. */
function Schedules({ vm, refused, onNew }: { vm: VM; refused: string | undefined; onNew: () => void }) {
  const schedules = useBackupSchedules({ vm_id: vm.id });
  const [open, setOpen] = useState<{ act: 'change' | 'delete'; schedule: BackupSchedule } | null>(null);
  const close = () => setOpen(null);
  return (
    <>
      <TabHead title="Schedules" count={schedules.data?.length}>
        <ActButton label="Schedule backups" icon={CalendarClock} refused={refused} onClick={onNew} />
      </TabHead>
      <ListStates
        query={schedules}
        things="backup schedules"
        empty={
          <Card withBorder>
            <Text size="sm" c="dimmed">
              {vm.name} isn't backed up automatically.
            </Text>
          </Card>
        }
      >
        {(list) => (
          <Card withBorder py={4}>
            {list.map((schedule) => {
              const slots = slotsOf(schedule);
              const rhythm = slots === null ? schedule.name : rhythmOf(slots);
              return (
                <Group key={schedule.id} justify="space-between" wrap="nowrap" mih={48} gap="sm">
                  <div>
                    <Text size="sm" fw={500}>
                      {rhythm}
                    </Text>
                    <Text size="sm" c="dimmed">
                      Keeps {keepsOf(schedule.type, schedule.keep_count).toLowerCase()}
                      {slots !== null && (
                        <>
                          {' '}
                          · next <RelativeTime time={nextRunOf(slots)} />
                        </>
                      )}
                    </Text>
                  </div>
                  <RowMenu
                    name={`the schedule ${rhythm}`}
                    acts={[
                      {
                        label: 'Change…',
                        icon: Pencil,
                        refused,
                        onSelect: () => setOpen({ act: 'change', schedule }),
                      },
                      {
                        label: 'Delete…',
                        icon: Trash2,
                        isDangerous: true,
                        refused,
                        onSelect: () => setOpen({ act: 'delete', schedule }),
                      },
                    ]}
                  />
                </Group>
              );
            })}
          </Card>
        )}
      </ListStates>
      {open?.act === 'change' && <ScheduleDialog schedule={open.schedule} vm={vm} onClose={close} />}
      {open?.act === 'delete' && <DeleteScheduleDialog schedule={open.schedule} vm={vm} onClose={close} />}
    </>
  );
}
