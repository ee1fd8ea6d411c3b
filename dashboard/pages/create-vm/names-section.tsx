import { NumberInput, TagsInput, TextInput } from '@mantine/core';
import { limits } from '@raffia/contract/vm-rules.ts';
import { useState } from 'react';
import { namesOf as nameList } from '../../parts/bulk.ts';
import classes from './create-vm.module.css';
import { FormSection } from './form-section.tsx';
import { inWords, listed, longestName, mostAtOnce, namesFrom } from './names.ts';
import type { VmForm } from './use-vm-form.ts';
import { countOf } from './values.ts';

export function NamesSection({
  form,
  names,
  suggested,
}: {
  form: VmForm;
  names: readonly string[];
  suggested: string;
}) {
  const { isNamed, name, ownNames } = form.values;
  const [isOpen, setOpen] = useState(Object.keys(ownNames).length > 0);
  const several = names.length > 1;
  const isWrong = Object.keys(form.errors).some((path) => path.startsWith('ownNames.'));
  const isListed = several && (isOpen || isWrong);
  const counted = namesFrom(isNamed ? name.trim() : suggested, countOf(form.values));
  return (
    <FormSection title="Name and tags">
      <div className={classes.names}>
        <TextInput
          label="Name"
          maxLength={longestName}
          spellCheck={false}
          autoComplete="off"
          {...form.getInputProps('name')}
          value={isNamed ? name : suggested}
          onChange={(event) => {
            form.setFieldValue('name', event.currentTarget.value);
            form.setFieldValue('isNamed', true);
            form.setFieldValue('ownNames', {});
          }}
        />
        <NumberInput
          label="How many"
          min={1}
          max={mostAtOnce}
          allowDecimal={false}
          allowNegative={false}
          clampBehavior="none"
          {...form.getInputProps('count')}
        />
      </div>
      <div className={classes.row}>
        <p className={classes.note}>
          {several
            ? `Creates ${names.some((one, at) => one !== counted[at]) ? (names.length > 3 ? nameList(names) : listed(names)) : inWords(names)}`
            : 'Also the host name. Letters, digits and hyphens'}
        </p>
        {several && !isListed && (
          <button type="button" className={classes.link} onClick={() => setOpen(true)}>
            Edit names
          </button>
        )}
      </div>
      {isListed && (
        <div className={classes.list}>
          {names.map((own, at) => (
            <TextInput
              // biome-ignore lint/suspicious/noArrayIndexKey: a name is its place
              key={at}
              aria-label={`Name ${at + 1}`}
              maxLength={longestName}
              spellCheck={false}
              autoComplete="off"
              {...form.getInputProps(`ownNames.${at}`)}
              value={ownNames[at] ?? own}
              onChange={(event) => {
                const typed = event.currentTarget.value;
                const { [at]: _before, ...others } = ownNames;
                form.setFieldValue('ownNames', typed === counted[at] ? others : { ...others, [at]: typed });
                form.clearFieldError(`ownNames.${at}`);
              }}
            />
          ))}
        </div>
      )}
      <TagsInput
        label={
          <>
            Tags <small className={classes.faint}>optional</small>
          </>
        }
        placeholder={form.values.tags.length === 0 ? 'Add tag' : ''}
        maxTags={limits.tagsPerVm}
        maxLength={64}
        splitChars={[',', ' ']}
        acceptValueOnBlur
        {...form.getInputProps('tags')}
      />
    </FormSection>
  );
}
