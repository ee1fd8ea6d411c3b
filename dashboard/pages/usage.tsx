import { type ComponentType, lazy, Suspense } from 'react';
import { Navigate, useParams } from 'react-router';
import { useScope } from '../api/scope.tsx';
import { Skeleton } from '../parts/skeleton.tsx';

/** What was spent, and what is there at today's prices: each is loaded when it is opened. */
const parts: Readonly<Record<string, ComponentType>> = {
  costs: lazy(() => import('./usage/costs.tsx')),
  now: lazy(() => import('./usage/now.tsx')),
};

export default function Usage() {
  const { tab = 'costs' } = useParams();
  const { to } = useScope();
  const Part = parts[tab];
  if (Part === undefined) return <Navigate to={to('account', 'usage')} replace />;
  return (
    <Suspense fallback={<Skeleton shape="list" />}>
      <Part />
    </Suspense>
  );
}
