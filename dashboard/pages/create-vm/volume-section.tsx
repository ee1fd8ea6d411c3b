import { NumberInput, Select } from '@mantine/core';
import { filesystems } from '@raffia/contract/enums.ts';
import { limits } from '@raffia/contract/vm-rules.ts';
import { inDollars } from '../../parts/price.ts';
import classes from './create-vm.module.css';
import { FormSection } from './form-section.tsx';
import type { VmForm } from './use-vm-form.ts';

/** @param price dollars per GB and month, where it is known */
export function VolumeSection({
  form,
  isWindows,
  price,
}: {
  form: VmForm;
  isWindows: boolean;
  price: number | undefined;
}) {
  return (
    <FormSection title="Volume" isOptional>
      <div className={classes.row}>
        <NumberInput
          aria-label="Volume size in GB"
          className={classes.short}
          placeholder="None"
          rightSection={<span className={classes.faint}>GB</span>}
          min={0}
          max={limits.extraStorage}
          allowDecimal={false}
          allowNegative={false}
          clampBehavior="none"
          hideControls
          {...form.getInputProps('volume')}
          error={form.errors.volume !== undefined}
        />
        {!isWindows && (
          <Select
            aria-label="File system"
            className={classes.short}
            data={[...filesystems]}
            allowDeselect={false}
            {...form.getInputProps('filesystem')}
          />
        )}
        <p className={classes.faint}>
          {price !== undefined && `${inDollars(price)} per GB a month. `}
          {isWindows ? 'You format it in Windows' : 'You can keep it when you delete the VM'}
        </p>
      </div>
      {form.errors.volume !== undefined && (
        <p className={classes.error} role="alert">
          {form.errors.volume}
        </p>
      )}
    </FormSection>
  );
}
