import { Group, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './tab-head.module.css';

/** The top of a list on a machine's page: what it is, how many, and what can be made. */
export function TabHead({
  title,
  count,
  about,
  children,
}: {
  title: string;
  count?: number | undefined;
  about?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <Group justify="space-between" align="flex-start" gap="sm" className={classes.head}>
      <div style={{ flex: '1 1 240px', minWidth: 0 }}>
        <Title order={2} size="h4">
          {title}
          {count !== undefined && count > 0 && (
            <Text span inherit c="var(--raffia-text-3)" fw={400}>
              {' '}
              {count}
            </Text>
          )}
        </Title>
        {about !== undefined && (
          <Text size="sm" c="dimmed">
            {about}
          </Text>
        )}
      </div>
      <Group gap="xs">{children}</Group>
    </Group>
  );
}
