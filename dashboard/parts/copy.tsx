import { ActionIcon, Box, Button, Code, CopyButton, Tabs, Tooltip } from '@mantine/core';
import { Check, Copy } from 'lucide-react';
import classes from './copy.module.css';

export function CopyIcon({ value, label }: { value: string; label: string }) {
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : label}>
          <ActionIcon size={26} onClick={copy} aria-label={copied ? 'Copied' : label}>
            {copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

/** Ready-made commands, each under its tab, with a button to copy. */
export function Snippets({ snippets }: { snippets: Readonly<Record<string, string>> }) {
  const names = Object.keys(snippets);
  return (
    <Tabs defaultValue={names[0] ?? null}>
      <Tabs.List className={classes.names}>
        {names.map((name) => (
          <Tabs.Tab key={name} value={name}>
            {name}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {names.map((name) => (
        <Tabs.Panel key={name} value={name} pt="xs">
          <Box pos="relative">
            <Code block tabIndex={0} mah={320} style={{ overflow: 'auto', whiteSpace: 'pre' }}>
              {snippets[name]}
            </Code>
          </Box>
          <CopyButton value={snippets[name] ?? ''}>
            {({ copied, copy }) => (
              <Button
                mt="xs"
                size="xs"
                variant="default"
                leftSection={copied ? <Check size={14} /> : <Copy size={14} />}
                onClick={copy}
              >
                {copied ? 'Copied' : `Copy ${name}`}
              </Button>
            )}
          </CopyButton>
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
