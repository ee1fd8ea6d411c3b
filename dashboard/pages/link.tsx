import { Button, Stack, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation, useNavigate } from 'react-router';
import { auth } from '../api/auth.ts';
import { forgetPerson, openClient } from '../api/session.tsx';
import { Entrance } from '../parts/entrance.tsx';
import { NewPassword } from '../parts/new-password.tsx';
import { ErrorNotice, Loaded } from '../parts/notices.tsx';

/** Where the first start's link, and every link to a new password, leads. The token stands behind the #: no server logs it. */
export default function OneTimeLink() {
  const navigate = useNavigate();
  const token = useLocation().hash.slice(1);
  const [password, setPassword] = useState('');
  const link = useQuery({
    queryKey: ['link', token],
    queryFn: async () => (await openClient.lookAtLink({ body: { token } })).data,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const use = useMutation({
    mutationFn: async () => {
      const { data } = await openClient.setPassword({ body: { token, password } });
      const answer = await auth<{ twoFactorRedirect?: boolean }>('sign-in/email', { email: data.email, password });
      forgetPerson();
      return answer.twoFactorRedirect === true ? '/sign-in' : '/';
    },
    onSuccess: (to) => navigate(to, { replace: true }),
  });
  return (
    <Entrance title="Choose your password" about="With it and your e-mail address you sign in from now on.">
      <Loaded query={link}>
        {({ email }) => (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              use.mutate();
            }}
          >
            <Stack>
              <TextInput label="E-mail" value={email} readOnly autoComplete="username" />
              <NewPassword value={password} onChange={setPassword} />
              <ErrorNotice error={use.error} />
              <Button type="submit" loading={use.isPending}>
                Set password and sign in
              </Button>
            </Stack>
          </form>
        )}
      </Loaded>
    </Entrance>
  );
}
