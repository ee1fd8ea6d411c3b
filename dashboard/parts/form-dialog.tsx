import { Button, Group, Modal, type ModalProps, ScrollArea, Stack } from '@mantine/core';
import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import classes from './form-dialog.module.css';
import { ErrorNotice } from './notices.tsx';

interface Shared {
  title: string;
  /** The verb and the noun of the act. */
  action: string;
  change: { readonly isPending: boolean; readonly error: Error | null };
  isDestructive?: boolean;
  onClose: () => void;
  size?: NonNullable<ModalProps['size']>;
  children: ReactNode;
}

/** What is asked of a form of `@mantine/form`. */
interface Form<Values> {
  isDirty(): boolean;
  onSubmit(
    handle: (values: Values) => void,
    failed?: (errors: Record<string, unknown>) => void,
  ): (event?: FormEvent<HTMLFormElement>) => unknown;
  getInputNode(path: never): HTMLElement | null;
}

/**
 * A dialog that asks, then does: its fields, what the server says against it, Cancel and the act. It stays open with what was typed
 * until the change succeeds. Esc and a click outside close it, unless something was typed.
 */
export function FormDialog({
  isReady = true,
  isDirty = false,
  onSubmit,
  ...shared
}: Shared & { isReady?: boolean; isDirty?: boolean; onSubmit: () => void }) {
  return (
    <Frame
      {...shared}
      isReady={isReady}
      isDirty={isDirty}
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) onSubmit();
      }}
    />
  );
}

/** The same over a form of `@mantine/form`: what is missing is said under its field when it is sent, and the first such field has the focus. */
export function ValuesDialog<Values>({
  form,
  onSubmit,
  ...shared
}: Shared & { form: Form<Values>; onSubmit: (values: Values) => void }) {
  return (
    <Frame
      {...shared}
      isReady
      isDirty={form.isDirty()}
      onSubmit={form.onSubmit(onSubmit, (errors) => {
        const [first] = Object.keys(errors);
        if (first !== undefined) form.getInputNode(first as never)?.focus();
      })}
    />
  );
}

function Frame({
  title,
  action,
  change,
  isReady,
  isDirty,
  isDestructive = false,
  onSubmit,
  onClose,
  size = 'md',
  children,
}: Shared & { isReady: boolean; isDirty: boolean; onSubmit: (event: FormEvent<HTMLFormElement>) => unknown }) {
  useGiveBackFocus();
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      size={size}
      centered={size === 'md'}
      closeOnEscape={!isDirty}
      closeOnClickOutside={!isDirty}
      scrollAreaComponent={ScrollArea.Autosize}
    >
      <form onSubmit={onSubmit}>
        <Stack>
          {children}
          <ErrorNotice error={change.error} />
          <Group justify="flex-end" gap="xs" className={classes.foot}>
            {/* Has the focus first where no field does: not the cross, and not the act. */}
            <Button variant="default" onClick={onClose} data-autofocus>
              Cancel
            </Button>
            <Button
              type="submit"
              {...(isDestructive ? { color: 'danger' } : {})}
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

/** When it closes, the focus goes back to what opened it: a button, or the one of the menu in which it was chosen. */
function useGiveBackFocus(): void {
  const [opener] = useState(() => {
    const { activeElement } = document;
    const menu = activeElement?.closest('[role=menu]')?.getAttribute('aria-labelledby');
    return menu === null || menu === undefined ? activeElement : document.getElementById(menu);
  });
  useEffect(
    () => () => {
      // Once it is gone, and unless something else has the focus by then.
      setTimeout(() => {
        if (document.activeElement === document.body && opener instanceof HTMLElement) opener.focus();
      });
    },
    [opener],
  );
}
