import { Button, Checkbox, Group, Modal, Stack } from '@mantine/core';
import { Download } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { CopyIcon } from './copy.tsx';
import { saveText } from './csv.ts';
import classes from './secret-once.module.css';
import { StateShape } from './state-shape.tsx';

/** Shows what is shown once; it closes only after the reader has said that it is saved. */
export function SecretOnce({
  title,
  what,
  secret,
  file,
  onClose,
  children,
}: {
  title: string;
  /** `key` or `password`. */
  what: string;
  secret: string;
  /** What can be downloaded. */
  file?: { readonly name: string; readonly text: string };
  onClose: () => void;
  children?: ReactNode;
}) {
  const [isSaved, setSaved] = useState(false);
  return (
    <Modal
      opened
      onClose={() => isSaved && onClose()}
      closeOnClickOutside={false}
      closeOnEscape={isSaved}
      withCloseButton={false}
      title={title}
      size={640}
      centered
    >
      <Stack>
        <p className={classes.note}>
          <StateShape shape="attention" />
          <span>Copy this {what} now. You can't see it again.</span>
        </p>
        <div className={classes.secret}>
          <code className="mono" data-testid="secret">
            {secret}
          </code>
          <CopyIcon value={secret} label={`Copy the ${what}`} />
        </div>
        {file !== undefined && (
          <Group>
            <Button
              variant="default"
              leftSection={<Download size={14} aria-hidden />}
              onClick={() => saveText(file.name, file.text)}
            >
              Download {file.name}
            </Button>
          </Group>
        )}
        {children}
        <Group justify="space-between">
          <Checkbox
            label="I've saved it"
            checked={isSaved}
            onChange={(event) => setSaved(event.currentTarget.checked)}
          />
          <Button onClick={onClose} disabled={!isSaved}>
            Close
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
