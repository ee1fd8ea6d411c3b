import { Anchor, Button, Stack, Text, TextInput } from '@mantine/core';
import { isNotEmpty, useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { Link, useNavigate } from 'react-router';
import { auth } from '../api/auth.ts';
import { openClient, refreshSession } from '../api/session.tsx';
import { Entrance } from '../parts/entrance.tsx';
import { NewPassword, shortPassword } from '../parts/new-password.tsx';
import { ErrorNotice } from '../parts/notices.tsx';

export default function SignUp() {
  const navigate = useNavigate();
  const form = useForm({
    initialValues: { name: '', account: '', email: '', password: '' },
    validate: {
      name: isNotEmpty('Enter your name'),
      account: isNotEmpty('Enter a name for your account, such as your company'),
      email: isNotEmpty('Enter your email'),
      password: shortPassword,
    },
  });
  const signUp = useMutation({
    mutationFn: async ({ account, ...values }: typeof form.values) => {
      const person = { ...values, email: values.email.trim(), name: values.name.trim() };
      await openClient.signUp({ body: { ...person, account_name: account.trim() } });
      await auth('sign-in/email', { email: person.email, password: person.password });
      await refreshSession();
    },
    onSuccess: () => navigate('/', { replace: true }),
  });
  return (
    <Entrance
      title="Sign up"
      about="You get your own account, with a first project in it."
      foot={
        <Text size="sm" c="dimmed">
          Signed up before?{' '}
          <Anchor component={Link} to="/sign-in" size="sm">
            Sign in
          </Anchor>
        </Text>
      }
    >
      <form onSubmit={form.onSubmit((values) => signUp.mutate(values))} noValidate>
        <Stack>
          <TextInput label="Your name" autoComplete="name" maxLength={128} {...form.getInputProps('name')} />
          <TextInput
            label="Account name"
            autoComplete="organization"
            maxLength={64}
            {...form.getInputProps('account')}
          />
          <TextInput label="Email" type="email" autoComplete="username" {...form.getInputProps('email')} />
          <NewPassword {...form.getInputProps('password')} />
          <ErrorNotice error={signUp.error} />
          <Button type="submit" size="md" loading={signUp.isPending}>
            Sign up
          </Button>
        </Stack>
      </form>
    </Entrance>
  );
}
