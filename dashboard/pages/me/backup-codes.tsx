import { Alert, Button, Checkbox, CopyButton, Group, Modal, Stack } from '@mantine/core';
import { Check, Copy, Download } from 'lucide-react';
import { useState } from 'react';
import { saveText } from '../../parts/csv.ts';
import classes from './backup-codes.module.css';

/** Codes that are shown once; the dialog closes only after they are saved. */
export function BackupCodes({ codes, onClose }: { codes: readonly string[]; onClose: () => void }) {
  const [isSaved, setSaved] = useState(false);
  const text = codes.join('\n');
  return (
    <Modal
      opened
      onClose={() => isSaved && onClose()}
      closeOnClickOutside={false}
      closeOnEscape={isSaved}
      withCloseButton={false}
      title="Your backup codes"
      centered
    >
      <Stack>
        <Alert color="yellow">Each code works once if you lose the app. You can't see them again.</Alert>
        <ul className={classes.codes} aria-label="Backup codes">
          {codes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ul>
        <Group gap="xs">
          <CopyButton value={text}>
            {({ copied, copy }) => (
              <Button
                variant="default"
                leftSection={copied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />}
                onClick={copy}
              >
                {copied ? 'Copied' : 'Copy codes'}
              </Button>
            )}
          </CopyButton>
          <Button
            variant="default"
            leftSection={<Download size={16} aria-hidden />}
            onClick={() => saveText('raffia-backup-codes.txt', `${text}\n`)}
          >
            Download codes
          </Button>
        </Group>
        <Checkbox
          label="I've saved them"
          checked={isSaved}
          onChange={(event) => setSaved(event.currentTarget.checked)}
        />
        <Group justify="flex-end">
          <Button onClick={onClose} disabled={!isSaved}>
            Close
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
