import { Title } from '@mantine/core';
import type { ReactNode } from 'react';

/** A part of a page that is a table or a card of its own: a heading, and no card around it, in which a table's head could not stay. */
export function TableSection({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <Title order={2} size="h4" mb="sm">
        {title}
      </Title>
      {children}
    </section>
  );
}
