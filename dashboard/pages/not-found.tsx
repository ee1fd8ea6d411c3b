import { Anchor } from '@mantine/core';
import { Map as MapIcon } from 'lucide-react';
import { Link } from 'react-router';
import { EmptyState } from '../parts/notices.tsx';
import { useTitle } from '../parts/page-title.ts';

export default function NotFound() {
  useTitle('Page not found');
  return (
    <EmptyState
      icon={MapIcon}
      title="Page not found"
      order={1}
      action={
        <Anchor component={Link} to="/">
          Go to overview
        </Anchor>
      }
    >
      It may have been deleted, or the address is wrong.
    </EmptyState>
  );
}
