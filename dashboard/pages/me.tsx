import { Stack } from '@mantine/core';
import { KeysSetting } from '../parts/keys-setting.tsx';
import { PageHead } from '../parts/notices.tsx';
import { Appearance } from './me/appearance.tsx';
import { Passkeys } from './me/passkeys.tsx';
import { Password } from './me/password.tsx';
import { Profile } from './me/profile.tsx';
import { Sessions } from './me/sessions.tsx';
import { SingleSignOn } from './me/single-sign-on.tsx';
import { TwoFactor } from './me/two-factor.tsx';

export default function Me() {
  return (
    <Stack maw={760}>
      <PageHead title="My settings" />
      <Profile />
      <Password />
      <TwoFactor />
      <SingleSignOn />
      <Passkeys />
      <Sessions />
      <Appearance />
      <KeysSetting />
    </Stack>
  );
}
