import { Popover } from '@mantine/core';
import { type LucideIcon, X } from 'lucide-react';
import { Fragment } from 'react';
import classes from './selection-bar.module.css';
import { useKey } from './use-key.ts';

export interface BulkAct {
  readonly verb: string;
  readonly icon?: LucideIcon;
  /** How many of what is chosen it will touch. */
  readonly count: number;
  readonly isDangerous?: true;
  /** True where a dialog follows. */
  readonly asks?: true;
  readonly isPending?: boolean;
  readonly onSelect: () => void;
}

/** What is chosen, by name, and what can be done with it, each with the number that it will touch. */
export function SelectionBar({
  items,
  hidden,
  onRemove,
  onShow,
  onClear,
  acts,
}: {
  items: readonly { readonly id: string; readonly name: string }[];
  /** How many of them a filter hides. */
  hidden: number;
  onRemove: (id: string) => void;
  onShow: () => void;
  onClear: () => void;
  acts: readonly BulkAct[];
}) {
  useKey('clear', onClear);
  const named = items.slice(0, 3);
  const more = items.length - named.length;
  return (
    <section className={classes.bar} aria-label="Selection">
      <span className={classes.count} role="status">
        {items.length} selected
      </span>
      <span className={classes.names}>
        {named.map(({ id, name }, at) => (
          <Fragment key={id}>
            {at > 0 && ', '}
            <bdi>{name}</bdi>
          </Fragment>
        ))}
        {more > 0 && (
          <>
            {' and '}
            <Popover position="top" withinPortal>
              <Popover.Target>
                <button type="button" className={classes.more}>
                  {more} more
                </button>
              </Popover.Target>
              <Popover.Dropdown className={classes.list}>
                <ul>
                  {items.map(({ id, name }) => (
                    <li key={id}>
                      <bdi>{name}</bdi>
                      <button
                        type="button"
                        aria-label={`Remove ${name} from the selection`}
                        onClick={() => onRemove(id)}
                      >
                        <X size={14} aria-hidden />
                      </button>
                    </li>
                  ))}
                </ul>
              </Popover.Dropdown>
            </Popover>
          </>
        )}
        {hidden > 0 && (
          <>
            {'. '}
            {hidden} hidden by filters ·{' '}
            <button type="button" className={classes.more} onClick={onShow}>
              Show
            </button>
          </>
        )}
      </span>
      <span className={classes.acts}>
        {acts.map(({ verb, icon: Icon, count, isDangerous, asks, isPending, onSelect }) => (
          <button
            key={verb}
            type="button"
            className={isDangerous ? classes.danger : classes.act}
            disabled={count === 0 || isPending === true}
            onClick={onSelect}
          >
            {Icon !== undefined && <Icon size={14} aria-hidden />}
            {verb} {count}
            {asks && '…'}
          </button>
        ))}
        <button type="button" className={classes.act} onClick={onClear}>
          Clear <kbd>esc</kbd>
        </button>
      </span>
    </section>
  );
}
