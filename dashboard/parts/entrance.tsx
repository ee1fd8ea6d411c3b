import { Card, Group, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';
import classes from './entrance.module.css';

/** The frame of all pages before one is signed in: the mark, and one card with one task. */
export function Entrance({
  title,
  about,
  foot,
  children,
}: {
  title: string;
  about?: ReactNode;
  /** Ways to other entrances. */
  foot?: ReactNode;
  children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Raffia`;
  }, [title]);
  return (
    <main className={classes.page}>
      <div className={classes.column}>
        <Group gap={8} justify="center">
          <img src="/icon.svg" width={28} height={28} alt="" />
          <Text fz={17} fw={600}>
            Raffia
          </Text>
        </Group>
        <Card withBorder p="xl">
          <Stack gap="md">
            <div>
              <Title order={1} size="h2">
                {title}
              </Title>
              {about !== undefined && (
                <Text size="sm" c="dimmed" mt={4} component="div" className="breaking">
                  {about}
                </Text>
              )}
            </div>
            {children}
          </Stack>
        </Card>
        {foot !== undefined && (
          <Group justify="center" gap="md">
            {foot}
          </Group>
        )}
      </div>
    </main>
  );
}
