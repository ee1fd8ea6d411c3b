import { Anchor } from '@mantine/core';
import { EyeOff } from 'lucide-react';
import { lazy, type ReactNode, useState } from 'react';
import { Link } from 'react-router';
import { useCurrent } from '../api/session.tsx';
import { EmptyState } from '../parts/notices.tsx';
import { useTitle } from '../parts/page-title.ts';

const NotFound = lazy(() => import('../pages/not-found.tsx'));

/** Pages for operators: for whoever is none there is no such page, and whoever is none any more is told at once. */
export function OperatorGate({ children }: { children: ReactNode }) {
  const { is_operator: isOperator } = useCurrent().session.user;
  const [wasOperator, setWasOperator] = useState(isOperator);
  if (isOperator && !wasOperator) setWasOperator(true);
  if (isOperator) return children;
  return wasOperator ? <NoOperatorAnyMore /> : <NotFound />;
}

function NoOperatorAnyMore() {
  const title = "You're no longer an operator";
  useTitle(title);
  return (
    <EmptyState
      icon={EyeOff}
      title={title}
      order={1}
      action={
        <Anchor component={Link} to="/">
          Go to overview
        </Anchor>
      }
    >
      Your access to this cloud's own pages was removed just now. Your accounts and projects are as they were.
    </EmptyState>
  );
}
