import { NumberInput, SegmentedControl, Select, Text, TextInput } from '@mantine/core';
import { isInRange, isNotEmpty, useForm } from '@mantine/form';
import type { BackupSchedule, VM } from '@raffia/client/client.ts';
import { type BackupFrequency, limits, parseTimeOfDay, type Weekday, weekdays } from '@raffia/contract/vm-rules.ts';
import { useStoragePrices } from '../api/catalogue.ts';
import { useVms } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useMay } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { FormDialog, ValuesDialog } from './form-dialog.tsx';
import { inDollars } from './price.ts';
import { clockOf, keepsOf, localTimeOf, slotsOf, whenOf } from './schedule-words.ts';
import { toast } from './toast.tsx';

const stale = ['backup-schedules', 'backups', 'vms', 'vm', 'account', 'audit'];
const inProject = ({ project_id = '' }: { readonly project_id?: string }) => ({ projectId: project_id });

/**
 * Makes a schedule of backups, or changes one.
 *
 * @param schedule the one that is changed
 * @param vm what a new one is for; left out, the dialog asks
 */
export function ScheduleDialog({ schedule, vm, onClose }: { schedule?: BackupSchedule; vm?: VM; onClose: () => void }) {
  const { api } = useCurrent();
  const { has, project, projects } = useScope();
  const may = useMay();
  const vms = useVms();
  const before = schedule === undefined ? null : slotsOf(schedule);
  const form = useForm({
    initialValues: {
      vmId: schedule?.product_vm ?? vm?.id ?? null,
      type: (schedule?.type ?? 'daily') as BackupFrequency,
      time: before === null ? '02:00' : clockOf(before.time),
      day: before?.day_of_week ?? ('Sunday' as Weekday),
      keep: (schedule?.keep_count ?? 7) as number | string,
    },
    validateInputOnBlur: true,
    validate: {
      vmId: isNotEmpty('Choose a VM'),
      time: (value) => (parseTimeOfDay(value.trim()) === null ? 'A time of day, such as 02:00 or 8:30pm' : null),
      keep: isInRange(
        { min: 1, max: limits.keptBackups },
        `From 1 to ${limits.keptBackups.toLocaleString('en')} backups`,
      ),
    },
  });
  const { vmId, type, time: typed, day, keep } = form.values;
  const isTime = parseTimeOfDay(typed.trim()) !== null;
  const time = clockOf(typed.trim());
  const slots = { type, time, day_of_week: type === 'weekly' ? day : null };
  const local = isTime ? localTimeOf(slots) : undefined;
  const count = Number(keep);
  const thing = vm ?? vms.data?.find(({ id }) => id === vmId);
  const prices = useStoragePrices(thing?.region ?? '');
  const save = useChange(
    async (): Promise<unknown> => {
      const body = { type, time, keep_count: count, ...(type === 'weekly' ? { day_of_week: day } : {}) };
      if (schedule !== undefined) return api.updateBackupSchedule({ id: schedule.id, body }, inProject(schedule));
      return api.createBackupSchedule({ body: { ...body, vm_id: vmId ?? '' } }, inProject(thing ?? {}));
    },
    {
      stale,
      onDone: () => {
        onClose();
        const name = thing?.name ?? schedule?.name ?? 'The VM';
        toast(`${name} is backed up ${whenOf(slots)}`);
      },
    },
  );
  const choices = (vms.data ?? []).filter(
    (one) => has(one) && one.status !== 'failure' && may('backup.manage', one.project_id),
  );
  return (
    <ValuesDialog
      title={
        schedule !== undefined
          ? `Change the schedule of ${thing?.name ?? schedule.name}`
          : vm === undefined
            ? 'Schedule backups'
            : `Schedule backups of ${vm.name}`
      }
      action={schedule === undefined ? 'Create schedule' : 'Change schedule'}
      change={save}
      form={form}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      {schedule === undefined && vm === undefined && (
        <Select
          data-autofocus
          label="VM"
          placeholder="Choose a VM"
          searchable
          openOnFocus={false}
          nothingFoundMessage={`No VM in ${project?.name ?? 'any project'}`}
          data={choices.map(({ id, name, project_id }) => ({
            value: id,
            label:
              project === undefined ? `${name} (${projects.find((one) => one.id === project_id)?.name ?? '–'})` : name,
          }))}
          {...form.getInputProps('vmId')}
        />
      )}
      <SegmentedControl
        aria-label="Frequency"
        data={[
          { value: 'daily', label: 'Daily' },
          { value: 'weekly', label: 'Weekly' },
        ]}
        {...form.getInputProps('type')}
      />
      {type === 'weekly' && (
        <Select
          label="Day"
          description="In UTC"
          data={[...weekdays]}
          allowDeselect={false}
          {...form.getInputProps('day')}
        />
      )}
      <TextInput
        {...(schedule === undefined && vm === undefined ? {} : { 'data-autofocus': true })}
        label="Time, UTC"
        maxLength={7}
        description={
          local !== undefined ? `${local} on your clock` : isTime ? 'Your clock shows UTC' : 'For example 02:00'
        }
        {...form.getInputProps('time')}
      />
      <NumberInput
        label="Backups to keep"
        description={count >= 1 ? keepsOf(type, count) : 'Older ones are deleted'}
        min={1}
        max={limits.keptBackups}
        allowDecimal={false}
        clampBehavior="none"
        {...form.getInputProps('keep')}
      />
      {schedule !== undefined && count < schedule.keep_count && (
        <Text size="sm" c="var(--raffia-warn)" role="status">
          Its oldest backups beyond {count} are deleted now. You can't undo this.
        </Text>
      )}
      <Text size="sm">
        A VM that is stopped at that time is skipped. The 3 newest backups of a VM are free
        {prices.data === undefined ? '.' : `; older ones cost ${inDollars(prices.data.backup)} per GB a month.`}
      </Text>
    </ValuesDialog>
  );
}

export function DeleteScheduleDialog({
  schedule,
  vm,
  onClose,
}: {
  schedule: BackupSchedule;
  /** The machine that it is for, as far as one sees it. */
  vm: VM | undefined;
  onClose: () => void;
}) {
  const { api } = useCurrent();
  const slots = slotsOf(schedule);
  const remove = useChange(() => api.deleteBackupSchedule({ id: schedule.id }, inProject(schedule)), {
    stale,
    onDone: () => {
      onClose();
      toast(`The schedule ${schedule.name} is deleted`);
    },
  });
  return (
    <FormDialog
      title={`Delete the schedule ${schedule.name}`}
      action="Delete schedule"
      change={remove}
      isDestructive
      onSubmit={() => remove.mutate()}
      onClose={onClose}
    >
      <Text size="sm">
        {vm?.name ?? 'The VM'} is no longer backed up {slots === null ? 'by it' : whenOf(slots)}. Its backups stay until
        you delete them.
      </Text>
    </FormDialog>
  );
}
