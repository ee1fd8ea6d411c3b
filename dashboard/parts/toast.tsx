import { Anchor } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { Link } from 'react-router';

/**
 * Says what was done, by name, with the thing as a link; failures stay until they are dismissed. What the page shows anyway is not said.
 *
 * @param message `web-01 is restarting`
 * @param to where the thing is seen
 */
export function toast(message: string, { to, isFailure = false }: { to?: string; isFailure?: boolean } = {}): void {
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
