import { ActionIcon, Tooltip } from '@mantine/core';
import { Activity } from 'lucide-react';
import { useTold } from '../../api/told.ts';
import { isTrayOpen } from '../../api/tray.ts';
import { useWorkUnderWay } from '../../api/use-work-under-way.ts';
import { shortcuts } from '../../keys.ts';
import { StateShape } from '../../parts/state-shape.tsx';
import { useKey } from '../../parts/use-key.ts';
import classes from './activity.module.css';

const sizeOf = (work: readonly { readonly operations: readonly unknown[] }[] = []) =>
  work.reduce((sum, { operations }) => sum + operations.length, 0);

/** Opens and closes the tray; beside it how much is under way, or that something failed. */
export function ActivityButton() {
  const isOpen = useTold(isTrayOpen);
  const work = useWorkUnderWay();
  const running = sizeOf(work?.open);
  const failed = work?.failed.length ?? 0;
  const toggle = () => isTrayOpen.tell(!isTrayOpen.get());
  useKey('activity', toggle);
  const said = [running > 0 ? `${running} running` : '', failed > 0 ? `${failed} failed` : ''].filter(Boolean);
  return (
    <Tooltip label="Activity">
      <ActionIcon
        size={32}
        className={classes.button}
        aria-label={['Activity', ...said].join(', ')}
        aria-expanded={isOpen}
        aria-keyshortcuts={shortcuts.activity.keys[0]}
        data-activity
        onClick={toggle}
      >
        <Activity size={16} aria-hidden />
        {running > 0 ? (
          <span className={classes.badge} aria-hidden="true" data-count={running > 99 ? '99+' : running} />
        ) : (
          failed > 0 && (
            <span className={classes.mark}>
              <StateShape shape="failed" />
            </span>
          )
        )}
      </ActionIcon>
    </Tooltip>
  );
}
