import { PasswordInput, type PasswordInputProps } from '@mantine/core';

/** What is asked before a change of how one signs in. */
export function ConfirmPassword(
  props: Pick<PasswordInputProps, 'value' | 'onChange' | 'onBlur' | 'onFocus' | 'error'>,
) {
  return <PasswordInput data-autofocus label="Confirm your password" autoComplete="current-password" {...props} />;
}
