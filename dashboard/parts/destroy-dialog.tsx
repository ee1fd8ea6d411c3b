import { Text, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import classes from './destroy-dialog.module.css';
import { FormDialog } from './form-dialog.tsx';

/** What goes, what stays, and the name to type (of several their number), before something is lost. */
export function DestroyDialog({
  title,
  names,
  things = '',
  goes = [],
  stays = [],
  action,
  isBlocked = false,
  isPending,
  error,
  onConfirm,
  onClose,
  children,
}: {
  title: string;
  /** Of what is destroyed, each. */
  names: readonly string[];
  /** What several of them are called, such as `VMs`. */
  things?: string;
  goes?: readonly ReactNode[];
  stays?: readonly ReactNode[];
  /** Verb and noun, or verb, count and noun. */
  action: string;
  /** True where something else has to be done first, which the children say. */
  isBlocked?: boolean;
  isPending: boolean;
  error: Error | null;
  onConfirm: () => void;
  onClose: () => void;
  children?: ReactNode;
}) {
  const [typed, setTyped] = useState('');
  const [name = ''] = names;
  const wanted = names.length === 1 ? name : String(names.length);
  return (
    <FormDialog
      title={title}
      action={action}
      change={{ isPending, error }}
      isReady={typed.trim() === wanted && !isBlocked}
      isDirty={typed !== ''}
      isDestructive
      onSubmit={onConfirm}
      onClose={onClose}
    >
      {children !== undefined && (
        <Text size="sm" component="div">
          {children}
        </Text>
      )}
      {names.length > 1 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard
        <ul className={classes.names} aria-label={`${names.length} ${things}`} tabIndex={0}>
          {names.map((one) => (
            <li key={one}>
              <bdi>{one}</bdi>
            </li>
          ))}
        </ul>
      )}
      <Lines title="You lose" lines={goes} />
      <Lines title="Stays" lines={stays} />
      <TextInput
        data-autofocus
        label={
          names.length === 1
            ? `Type ${name} to confirm`
            : `Type ${wanted} to confirm that you want to lose ${wanted} ${things}`
        }
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        autoComplete="off"
        spellCheck={false}
      />
    </FormDialog>
  );
}

function Lines({ title, lines }: { title: string; lines: readonly ReactNode[] }) {
  if (lines.length === 0) return null;
  return (
    <div>
      <Text size="xs" c="dimmed">
        {title}
      </Text>
      <ul className={classes.lines}>
        {lines.map((line, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines stay in their order
          <li key={at}>{line}</li>
        ))}
      </ul>
    </div>
  );
}
