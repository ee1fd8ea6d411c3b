import { useForm } from '@mantine/form';
import { useRef } from 'react';
import { problemsOf, type Surroundings } from './problems.ts';
import type { VmValues } from './values.ts';

/** The form that the sections share: what is wrong with a field is told when it is left. */
export function useVmForm(initialValues: VmValues) {
  const around = useRef<Surroundings | null>(null);
  const problems = (values: VmValues) => (around.current === null ? {} : problemsOf(values, around.current));
  const form = useForm({ initialValues, validateInputOnBlur: true, validate: problems });
  return { form, around, problems };
}

export type VmForm = ReturnType<typeof useVmForm>['form'];
