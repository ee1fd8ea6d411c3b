import { Anchor } from '@mantine/core';
import { Map as MapIcon } from 'lucide-react';
import { Link } from 'react-router';
import { EmptyState } from '../parts/notices.tsx';

export default function NotFound() {
  return (
    <EmptyState
      icon={MapIcon}
      title="There is no such page"
      action={
        <Anchor component={Link} to="/">
          To the overview
        </Anchor>
      }
    >
      The address may be old, or mistyped.
    </EmptyState>
  );
}
