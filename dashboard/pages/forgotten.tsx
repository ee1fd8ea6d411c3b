import { Alert, Anchor, Button, Stack, TextInput } from '@mantine/core';
import { isNotEmpty, useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { Link } from 'react-router';
import { openClient } from '../api/session.tsx';
import { Entrance } from '../parts/entrance.tsx';
import { ErrorNotice } from '../parts/notices.tsx';

export default function Forgotten() {
  const form = useForm({ initialValues: { email: '' }, validate: { email: isNotEmpty('Enter your email') } });
  const ask = useMutation({
    mutationFn: ({ email }: { email: string }) => openClient.requestLink({ body: { email: email.trim() } }),
  });
  return (
    <Entrance
      title="Set a new password"
      about="We'll email you a link. It works once and expires in 24 hours."
      foot={
        <Anchor component={Link} to="/sign-in" size="sm">
          Back to sign-in
        </Anchor>
      }
    >
      <form onSubmit={form.onSubmit((values) => ask.mutate(values))} noValidate>
        <Stack>
          <TextInput label="Email" type="email" autoComplete="username" {...form.getInputProps('email')} />
          <ErrorNotice error={ask.error} />
          {ask.isSuccess && (
            <Alert color="blue" role="status">
              {ask.data.message}.
            </Alert>
          )}
          <Button type="submit" size="md" loading={ask.isPending}>
            Send link
          </Button>
        </Stack>
      </form>
    </Entrance>
  );
}
