import { Anchor, Button, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useLocation, useNavigate } from 'react-router';
import { auth } from '../api/auth.ts';
import { forgetPerson, openClient } from '../api/session.tsx';
import { Entrance } from '../parts/entrance.tsx';
import { NewPassword, shortPassword } from '../parts/new-password.tsx';
import { ErrorNotice, Loaded } from '../parts/notices.tsx';

/** Where the first start's link, and every link to a new password, leads. The token stands behind the #: no server logs it. */
export default function OneTimeLink() {
  const navigate = useNavigate();
  const token = useLocation().hash.slice(1);
  const form = useForm({ initialValues: { password: '' }, validate: { password: shortPassword } });
  const link = useQuery({
    queryKey: ['link', token],
    queryFn: async () => (await openClient.lookAtLink({ body: { token } })).data,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const use = useMutation({
    mutationFn: async (password: string) => {
      const { data } = await openClient.setPassword({ body: { token, password } });
      const answer = await auth<{ twoFactorRedirect?: boolean }>('sign-in/email', { email: data.email, password });
      forgetPerson();
      return answer.twoFactorRedirect === true ? '/sign-in' : '/';
    },
    onSuccess: (to) => navigate(to, { replace: true }),
  });
  const email = link.data?.email;
  return (
    <Entrance
      title="Choose your password"
      {...(email === undefined ? {} : { about: `You'll use it with ${email} to sign in.` })}
      {...(link.isError
        ? {
            foot: (
              <Anchor component={Link} to="/sign-in" size="sm">
                Back to sign-in
              </Anchor>
            ),
          }
        : {})}
    >
      <Loaded query={link} shape="form">
        {(found) => (
          <form onSubmit={form.onSubmit(({ password }) => use.mutate(password))} noValidate>
            <Stack>
              {/* What a password manager keeps the password under. */}
              <input type="hidden" name="username" value={found.email} autoComplete="username" />
              <NewPassword {...form.getInputProps('password')} />
              <ErrorNotice error={use.error} />
              <Button type="submit" size="md" loading={use.isPending}>
                Set password and sign in
              </Button>
            </Stack>
          </form>
        )}
      </Loaded>
    </Entrance>
  );
}
