import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { CopyIcon } from '../../parts/copy.tsx';
import { exactTime } from '../../parts/times.ts';
import type { Invited } from './invite.tsx';

/** After somebody was invited: the link to send, where this cloud sends none. */
export function InvitationLink({
  invited: { email, link, expiresAt },
  onClose,
}: {
  invited: Invited;
  onClose: () => void;
}) {
  const until = expiresAt === undefined ? 'in 7 days' : `on ${exactTime(expiresAt)}`;
  return (
    <Modal
      opened
      onClose={onClose}
      title={`${email} is invited`}
      centered
      withCloseButton={false}
      closeOnClickOutside={link === undefined}
    >
      <Stack>
        {link === undefined ? (
          <Text size="sm">The invitation was sent by email. It expires {until}.</Text>
        ) : (
          <>
            <Text size="sm">
              Send this link to {email}. It works once and expires {until}. This cloud can't send email, and the link is
              shown only now.
            </Text>
            <Group wrap="nowrap" gap={4}>
              <TextInput
                className="mono-field"
                aria-label="Invitation link"
                value={link}
                readOnly
                onFocus={(event) => event.currentTarget.select()}
                style={{ flex: 1 }}
              />
              <CopyIcon value={link} label="Copy link" />
            </Group>
          </>
        )}
        <Group justify="flex-end">
          <Button onClick={onClose}>Close</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
