import { Button, Group, Modal, type ModalProps, ScrollArea, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { ErrorNotice } from './notices.tsx';

/**
 * A dialog that asks, then does: its fields, what the server says against it, Cancel and the action. It stays open with what was typed
 * until the change succeeds.
 */
export function FormDialog({
  title,
  action,
  change,
  isReady = true,
  isDestructive = false,
  onSubmit,
  onClose,
  size = 'md',
  children,
}: {
  title: string;
  action: string;
  change: { readonly isPending: boolean; readonly error: Error | null };
  isReady?: boolean;
  isDestructive?: boolean;
  onSubmit: () => void;
  onClose: () => void;
  size?: NonNullable<ModalProps['size']>;
  children: ReactNode;
}) {
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      size={size}
      centered={size === 'md'}
      scrollAreaComponent={ScrollArea.Autosize}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) onSubmit();
        }}
      >
        <Stack>
          {children}
          <ErrorNotice error={change.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button
              type="submit"
              {...(isDestructive ? { color: 'red.9' } : {})}
              disabled={!isReady}
              loading={change.isPending}
            >
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
