import { Select } from '@mantine/core';
import { freeBackups, weekdays } from '@raffia/contract/vm-rules.ts';
import { localTimeOf } from '../../parts/schedule-words.ts';
import classes from './create-vm.module.css';
import { Choice, FormSection } from './form-section.tsx';
import type { VmForm } from './use-vm-form.ts';
import type { VmValues } from './values.ts';

const hours = Array.from({ length: 24 }, (_, hour) => `${String(hour).padStart(2, '0')}:00`);

export function BackupsSection({ form }: { form: VmForm }) {
  const { backups, backupTime, backupDay } = form.values;
  const local =
    backups === 'none'
      ? undefined
      : localTimeOf({ type: backups, time: backupTime, day_of_week: backups === 'weekly' ? backupDay : null });
  return (
    <FormSection
      title="Backups"
      choice={
        <Choice
          aria-label="Backups"
          data={[
            { value: 'none', label: 'None' },
            { value: 'daily', label: 'Daily' },
            { value: 'weekly', label: 'Weekly' },
          ]}
          value={backups}
          onChange={(value) => form.setFieldValue('backups', value as VmValues['backups'])}
        />
      }
    >
      {backups === 'none' ? (
        <p className={classes.note}>The {freeBackups} newest backups of a VM are free.</p>
      ) : (
        <div className={classes.row}>
          {backups === 'weekly' && (
            <Select
              aria-label="Day of the backup"
              className={classes.short}
              data={[...weekdays]}
              allowDeselect={false}
              {...form.getInputProps('backupDay')}
            />
          )}
          <Select
            aria-label="Time of the backup"
            className={classes.short}
            data={hours.map((value) => ({ value, label: `${value} UTC` }))}
            allowDeselect={false}
            {...form.getInputProps('backupTime')}
          />
          <p className={classes.faint}>
            {local !== undefined && `${local} where you are. `}Keeps the {freeBackups} newest
          </p>
        </div>
      )}
    </FormSection>
  );
}
