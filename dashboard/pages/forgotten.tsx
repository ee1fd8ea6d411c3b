import { Alert, Anchor, Button, Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { openClient } from '../api/session.tsx';
import { Entrance } from '../parts/entrance.tsx';
import { ErrorNotice } from '../parts/notices.tsx';

export default function Forgotten() {
  const [email, setEmail] = useState('');
  const ask = useMutation({ mutationFn: () => openClient.requestLink({ body: { email: email.trim() } }) });
  return (
    <Entrance title="Set a new password" about="A link to set one comes by mail. It works once, within a day.">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          ask.mutate();
        }}
      >
        <Stack>
          <TextInput
            label="E-mail"
            type="email"
            value={email}
            onChange={(e) => setEmail(e.currentTarget.value)}
            autoComplete="username"
            required
          />
          <ErrorNotice error={ask.error} />
          {ask.isSuccess && (
            <Alert color="palm" role="status" variant="outline">
              {ask.data.message}.
            </Alert>
          )}
          <Button type="submit" loading={ask.isPending}>
            Send me a link
          </Button>
        </Stack>
      </form>
      <Anchor component={Link} to="/sign-in" size="sm">
        Back to signing in
      </Anchor>
    </Entrance>
  );
}
