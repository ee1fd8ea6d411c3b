import { Anchor, Button, Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { auth } from '../api/auth.ts';
import { openClient, queryClient } from '../api/session.tsx';
import { Entrance } from '../parts/entrance.tsx';
import { NewPassword } from '../parts/new-password.tsx';
import { ErrorNotice } from '../parts/notices.tsx';

export default function SignUp() {
  const navigate = useNavigate();
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [account, setAccount] = useState('');
  const [password, setPassword] = useState('');
  const signUp = useMutation({
    mutationFn: async () => {
      await openClient.signUp({ body: { email, name, password, account_name: account } });
      await auth('sign-in/email', { email, password });
      await queryClient.invalidateQueries({ queryKey: ['session'] });
    },
    onSuccess: () => navigate('/', { replace: true }),
  });
  return (
    <Entrance title="Sign up" about="You get an account of your own, with a first project in it.">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          signUp.mutate();
        }}
      >
        <Stack>
          <TextInput
            label="Your name"
            value={name}
            onChange={(e) => setName(e.currentTarget.value)}
            autoComplete="name"
            required
          />
          <TextInput
            label="Account name"
            value={account}
            onChange={(e) => setAccount(e.currentTarget.value)}
            autoComplete="organization"
            required
          />
          <TextInput
            label="E-mail"
            type="email"
            value={email}
            onChange={(e) => setEmail(e.currentTarget.value)}
            autoComplete="username"
            required
          />
          <NewPassword value={password} onChange={setPassword} />
          <ErrorNotice error={signUp.error} />
          <Button type="submit" loading={signUp.isPending}>
            Sign up
          </Button>
        </Stack>
      </form>
      <Anchor component={Link} to="/sign-in" size="sm">
        Sign in instead
      </Anchor>
    </Entrance>
  );
}
