import { Menu, useMantineColorScheme } from '@mantine/core';
import { Check, LogOut, Monitor, Moon, Sun, UserRound } from 'lucide-react';
import { Link } from 'react-router';
import { useCurrent } from '../api/session.tsx';
import classes from './shell.module.css';
import { signOut } from './sign-out.ts';

const appearances = [
  { value: 'auto', label: 'System', icon: Monitor },
  { value: 'light', label: 'Light', icon: Sun },
  { value: 'dark', label: 'Dark', icon: Moon },
] as const;

/** One's own things: settings, appearance, the way out. */
export function PersonMenu() {
  const { session } = useCurrent();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { email, name } = session.user;
  const initials = (name || email).slice(0, 2).toUpperCase();
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <button type="button" className={classes.avatarButton} aria-label={`Account menu for ${email}`}>
          <span className={classes.avatar} data-letters={initials} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label className="breaking">{email}</Menu.Label>
        <Menu.Item component={Link} to="/me" leftSection={<UserRound size={16} aria-hidden />}>
          My settings
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>Appearance</Menu.Label>
        {appearances.map(({ value, label, icon: Icon }) => (
          <Menu.Item
            key={value}
            role="menuitemradio"
            aria-checked={colorScheme === value}
            onClick={() => setColorScheme(value)}
            leftSection={<Icon size={16} aria-hidden />}
            rightSection={colorScheme === value ? <Check size={14} aria-hidden /> : undefined}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<LogOut size={16} aria-hidden />} onClick={signOut}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
