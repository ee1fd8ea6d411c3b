import { Alert, Button, Checkbox, Code, Group, Modal, Stack } from '@mantine/core';
import { Eye } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { CopyIcon } from './copy.tsx';

/** Shows what is shown once; it closes only after one has said that it is kept. */
export function SecretOnce({
  title,
  what,
  secret,
  onClose,
  children,
}: {
  title: string;
  what: string;
  secret: string;
  onClose: () => void;
  children?: ReactNode;
}) {
  const [isKept, setKept] = useState(false);
  return (
    <Modal
      opened
      onClose={() => isKept && onClose()}
      closeOnClickOutside={false}
      closeOnEscape={isKept}
      withCloseButton={false}
      title={title}
      size="lg"
      centered
    >
      <Stack>
        <Alert color="yellow" variant="outline" icon={<Eye size={18} aria-hidden />}>
          This is the only time that {what} is shown. Copy it now, and keep it where secrets are kept.
        </Alert>
        <Group wrap="nowrap" align="flex-start">
          <Code block className="breaking" style={{ flex: 1, whiteSpace: 'pre-wrap' }} data-testid="secret">
            {secret}
          </Code>
          <CopyIcon value={secret} label={`Copy ${what}`} />
        </Group>
        {children}
        <Checkbox label="I have kept it" checked={isKept} onChange={(event) => setKept(event.currentTarget.checked)} />
        <Group justify="flex-end">
          <Button onClick={onClose} disabled={!isKept}>
            Done
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
