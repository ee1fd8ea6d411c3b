import { useScope } from '../api/scope.tsx';
import { TabLinks } from './tab-links.tsx';

/** Backups, and the schedules that take them. */
export function BackupTabs({ current }: { current: 'backups' | 'schedules' }) {
  const { to } = useScope();
  return (
    <TabLinks
      label="Backups"
      current={current}
      tabs={[
        { id: 'backups', label: 'Backups', to: to('project', 'backups') },
        { id: 'schedules', label: 'Schedules', to: to('project', 'backups/schedules') },
      ]}
    />
  );
}
