import { Checkbox, Stack, Text, TextInput } from '@mantine/core';
import type { Scope } from '@raffia/contract/enums.ts';
import { Check, Minus, Search } from 'lucide-react';
import { useState } from 'react';
import { permissionGroups } from './permission-groups.ts';
import classes from './permissions.module.css';

/** What a role can do, beside what another one can. */
interface Other {
  readonly name: string;
  readonly permissions: readonly string[];
}

/** All permissions of a scope by category, those held ticked, to be searched; to look at, to compare, or to choose. */
export function PermissionGrid({
  scope,
  held,
  other,
  onChange,
}: {
  scope: Scope;
  held: readonly string[];
  other?: Other | undefined;
  onChange?: (held: string[]) => void;
}) {
  const [search, setSearch] = useState('');
  const groups = permissionGroups(scope, search);
  const toggle = (names: readonly string[], isOn: boolean) =>
    onChange?.(isOn ? [...new Set([...held, ...names])] : held.filter((name) => !names.includes(name)));
  return (
    <Stack gap="md">
      <TextInput
        size="xs"
        maw={320}
        aria-label="Search permissions"
        placeholder="Search permissions"
        leftSection={<Search size={16} aria-hidden />}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
      />
      {groups.length === 0 && (
        <Text size="sm" c="dimmed" role="status">
          No permissions match {search}
        </Text>
      )}
      <div className={classes.groups}>
        {groups.map(({ category, title, entries }) => {
          const names = entries.map(({ name }): string => name);
          const count = names.filter((name) => held.includes(name)).length;
          return (
            <fieldset key={category} className={classes.group}>
              <legend>
                {title}{' '}
                <span className={classes.count}>
                  {count} of {entries.length}
                </span>
              </legend>
              {onChange !== undefined && entries.length > 1 && (
                <Checkbox
                  label={`All of ${title}`}
                  checked={count === entries.length}
                  indeterminate={count > 0 && count < entries.length}
                  onChange={(event) => toggle(names, event.currentTarget.checked)}
                />
              )}
              {entries.map(({ name, description }) =>
                onChange === undefined ? (
                  <Held key={name} name={name} description={description} isHeld={held.includes(name)} other={other} />
                ) : (
                  <Checkbox
                    key={name}
                    label={<span className="mono">{name}</span>}
                    description={description}
                    checked={held.includes(name)}
                    onChange={(event) => toggle([name], event.currentTarget.checked)}
                  />
                ),
              )}
            </fieldset>
          );
        })}
      </div>
    </Stack>
  );
}

/** A permission that is looked at: held or not, and how the other role is in that. */
function Held({
  name,
  description,
  isHeld,
  other,
}: {
  name: string;
  description: string;
  isHeld: boolean;
  other: Other | undefined;
}) {
  const isOthers = other?.permissions.includes(name);
  const differs = other !== undefined && isOthers !== isHeld;
  return (
    <div className={classes.held} data-held={isHeld || undefined} data-differs={differs || undefined}>
      {isHeld ? <Check size={14} aria-hidden /> : <Minus size={14} aria-hidden />}
      <div>
        <span className="mono">{name}</span>
        <span className="visually-hidden">, {isHeld ? 'included' : 'not included'}</span>
        <span className={classes.words}>{description}</span>
        {differs && (
          <span className={classes.differs}>{isHeld ? `Not in ${other.name}` : `Only in ${other.name}`}</span>
        )}
      </div>
    </div>
  );
}
