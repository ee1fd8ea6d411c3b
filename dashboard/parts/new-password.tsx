import { PasswordInput, type PasswordInputProps } from '@mantine/core';

const passwordLength = 10;

/** Why a new password is not taken; null where it is. */
export function shortPassword(password: string): string | null {
  return password.length < passwordLength ? `Enter at least ${passwordLength} characters` : null;
}

export function NewPassword(props: Pick<PasswordInputProps, 'value' | 'onChange' | 'onBlur' | 'onFocus' | 'error'>) {
  return (
    <PasswordInput
      label="New password"
      description={`At least ${passwordLength} characters. A short sentence works well`}
      autoComplete="new-password"
      {...props}
    />
  );
}
