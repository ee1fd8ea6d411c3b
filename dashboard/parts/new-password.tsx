import { PasswordInput } from '@mantine/core';

export const passwordLength = 10;

export function NewPassword({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <PasswordInput
      label="New password"
      description={`At least ${passwordLength} characters; a sentence is easy to keep in mind`}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      autoComplete="new-password"
      minLength={passwordLength}
      required
    />
  );
}
