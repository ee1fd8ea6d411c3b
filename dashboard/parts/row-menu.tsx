import { ActionIcon, Menu } from '@mantine/core';
import { Ellipsis, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';

/** What can be done with a thing. What its state or a permission forbids is there, and says why. */
export interface Act {
  readonly label: string;
  readonly icon?: LucideIcon;
  readonly to?: string;
  readonly onSelect?: () => void;
  /** Why it cannot be done now. */
  readonly refused?: string | undefined;
  readonly isDangerous?: true;
}

export function RowMenu({
  name,
  acts,
  details = [],
  opened,
  onChange,
}: {
  name: string;
  acts: readonly Act[];
  /** What a narrow table left out. */
  details?: readonly { readonly title: string; readonly value: ReactNode }[];
  opened?: boolean;
  onChange?: (opened: boolean) => void;
}) {
  return (
    <Menu
      position="bottom-end"
      width={240}
      // Without keys: the one that opened it is still on its way, and later ones reach what has the focus, which is in the menu.
      clickOutsideEvents={['mousedown', 'touchstart']}
      {...(opened === undefined ? {} : { opened })}
      {...(onChange === undefined ? {} : { onChange })}
    >
      <Menu.Target>
        <ActionIcon size={28} aria-label={`Actions for ${name}`}>
          <Ellipsis size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {acts.map((act) => (
          <Entry key={act.label} {...act} />
        ))}
        {details.length > 0 && (
          <>
            <Menu.Divider />
            <Menu.Label>Details</Menu.Label>
            {details.map(({ title, value }) => (
              <Menu.Label key={title} component="div" style={{ display: 'flex', gap: 12 }}>
                <span style={{ flex: 1 }}>{title}</span>
                <span style={{ color: 'var(--raffia-text)', minWidth: 0 }}>{value}</span>
              </Menu.Label>
            ))}
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

function Entry({ label, icon: Icon, to, onSelect, refused, isDangerous }: Act) {
  const look = {
    ...(Icon === undefined ? {} : { leftSection: <Icon size={16} aria-hidden /> }),
    ...(isDangerous && refused === undefined ? { c: 'var(--raffia-danger)' } : {}),
  };
  if (to !== undefined && refused === undefined) {
    return (
      <Menu.Item component={Link} to={to} {...look}>
        {label}
      </Menu.Item>
    );
  }
  if (refused === undefined) {
    return (
      <Menu.Item {...look} onClick={onSelect}>
        {label}
      </Menu.Item>
    );
  }
  // It can have the focus, so that its reason is read, and so that a menu of nothing else is left again.
  return (
    <Menu.Item {...look} aria-disabled closeMenuOnClick={false}>
      {label}
      <span className="reason">{refused}</span>
    </Menu.Item>
  );
}
