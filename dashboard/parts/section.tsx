import { Card, Stack, Title } from '@mantine/core';
import type { ReactNode } from 'react';

/** A card of a page of settings, or of a form. */
export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card withBorder>
      <Title order={2} size="h4" mb="sm">
        {title}
      </Title>
      <Stack gap="sm">{children}</Stack>
    </Card>
  );
}
