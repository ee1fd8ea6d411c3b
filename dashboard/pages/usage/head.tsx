import type { ReactNode } from 'react';
import { useScope } from '../../api/scope.tsx';
import { PageHead } from '../../parts/notices.tsx';
import { TabLinks } from '../../parts/tab-links.tsx';

const tabs = [
  { id: 'costs', label: 'Costs', path: 'usage' },
  { id: 'now', label: 'Now', path: 'usage/now' },
] as const;

/** What heads both parts of the page. */
export function UsageHead({
  current,
  about,
  count,
  action,
}: {
  current: (typeof tabs)[number]['id'];
  about: string;
  count?: string | undefined;
  action?: ReactNode;
}) {
  const { to } = useScope();
  return (
    <>
      <PageHead title="Usage" count={count} about={about} action={action} />
      <TabLinks
        label="Usage"
        current={current}
        tabs={tabs.map(({ id, label, path }) => ({ id, label, to: to('account', path) }))}
      />
    </>
  );
}
