import { Combobox, ScrollArea, Text, useCombobox } from '@mantine/core';
import { Check, ChevronsUpDown } from 'lucide-react';
import { useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { addressOf, everyProject, readAddress, wordOf } from '../addresses.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent } from '../api/session.tsx';
import { shortcuts } from '../keys.ts';
import { pages } from '../pages.ts';
import { useKey } from '../parts/use-key.ts';
import classes from './shell.module.css';

/** The list that the address bar names, which is ahead of what is drawn while a page comes; empty where it names none. */
function listHere(): string {
  const { project, path } = readAddress(window.location.pathname);
  const isList = pages.some((page) => page.within === 'project' && page.path === path);
  return project !== undefined && isList ? path : '';
}

/** What is looked at: one project, or all of an account. Choosing another leads to the same list there. */
export function ScopePicker({ isSmall = false, isInBar = false }: { isSmall?: boolean; isInBar?: boolean }) {
  const { session, account } = useCurrent();
  const { projects, project } = useScope();
  const navigate = useNavigate();
  const [search, setSearch] = useState('');
  const box = useCombobox({
    onDropdownClose: () => {
      box.resetSelectedOption();
      setSearch('');
    },
    onDropdownOpen: () => box.focusSearchInput(),
  });
  const button = useRef<HTMLButtonElement>(null);
  // Of two of them one can be seen.
  useKey('project', () => (button.current?.getClientRects().length === 0 ? false : box.openDropdown()));
  const name = project?.name ?? 'All projects';
  const matches = (label: string) => label.toLowerCase().includes(search.trim().toLowerCase());
  const here = [{ label: 'All projects', word: everyProject }]
    .concat(projects.map((one) => ({ label: one.name, word: wordOf(one) })))
    .filter(({ label }) => matches(label));
  const others = session.accounts.filter(({ id, name: label }) => id !== account.id && matches(label));
  const current = wordOf(project);
  return (
    <Combobox
      store={box}
      width={280}
      position="bottom-start"
      onOptionSubmit={(home) => {
        box.closeDropdown();
        const { account: chosen = account.id, project: word = everyProject } = readAddress(home);
        const path = chosen === account.id ? listHere() : '';
        navigate(addressOf('project', { account: chosen, project: word }, path));
      }}
    >
      <Combobox.Target targetType="button" withAriaAttributes={false}>
        <button
          ref={button}
          type="button"
          className={isInBar ? classes.scopeInBar : classes.scope}
          aria-haspopup="listbox"
          aria-keyshortcuts={shortcuts.project.keys[0]}
          aria-expanded={box.dropdownOpened}
          onClick={() => box.toggleDropdown()}
        >
          {!isInBar && <span className={classes.tile} aria-hidden="true" data-letters={name.charAt(0).toUpperCase()} />}
          <span className={isSmall ? 'visually-hidden' : classes.scopeName}>
            <span className="visually-hidden">Project: </span>
            <b>{name}</b>
            <small className={isInBar ? 'visually-hidden' : ''}>{account.name}</small>
          </span>
          {!isSmall && <ChevronsUpDown size={14} aria-hidden />}
        </button>
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Search
          value={search}
          onChange={(event) => {
            setSearch(event.currentTarget.value);
            box.updateSelectedOptionIndex();
          }}
          placeholder="Find a project"
          aria-label="Find a project"
        />
        <Combobox.Options>
          <ScrollArea.Autosize mah={320} type="auto">
            <Combobox.Group label={account.name}>
              {here.map(({ label, word }) => (
                <Combobox.Option
                  key={word}
                  value={addressOf('project', { account: account.id, project: word })}
                  active={word === current}
                >
                  <span className={classes.choice}>
                    <bdi>{label}</bdi>
                    {word === current && <Check size={14} aria-label="shown now" />}
                  </span>
                </Combobox.Option>
              ))}
            </Combobox.Group>
            {others.length > 0 && (
              <Combobox.Group label="Other accounts">
                {others.map(({ id, name: label }) => (
                  <Combobox.Option key={id} value={addressOf('project', { account: id, project: everyProject })}>
                    <bdi>{label}</bdi>
                  </Combobox.Option>
                ))}
              </Combobox.Group>
            )}
            {here.length + others.length === 0 && (
              <Text size="sm" c="dimmed" p="xs">
                No projects match
              </Text>
            )}
          </ScrollArea.Autosize>
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
