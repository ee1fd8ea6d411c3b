import { Anchor } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { Link } from 'react-router';
import { isTrayOpen } from '../api/tray.ts';

/**
 * Says what was done, by name, with the thing as a link; failures stay until they are dismissed. What the page shows anyway is not said.
 *
 * @param message `web-01 is restarting`
 * @param to where the thing is seen
 * @param isWork that work began: not said while the tray is open, which shows it
 */
export function toast(
  message: string,
  { to, isFailure = false, isWork = false }: { to?: string; isFailure?: boolean; isWork?: boolean } = {},
): void {
  if (isWork && isTrayOpen.get()) return;
  notifications.show({
    message:
      to === undefined ? (
        message
      ) : (
        <>
          {message} ·{' '}
          <Anchor component={Link} to={to} size="sm">
            Show
          </Anchor>
        </>
      ),
    autoClose: isFailure ? false : 4000,
    color: isFailure ? 'red' : 'palm',
    withBorder: true,
    role: isFailure ? 'alert' : 'status',
  });
}
