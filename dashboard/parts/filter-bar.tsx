import { ActionIcon, Combobox, Menu, TextInput, useCombobox } from '@mantine/core';
import { Check, ChevronDown, Columns3, ListFilter, Search, X } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { type Density, setDensity, useDensity } from './density.ts';
import classes from './filter-bar.module.css';
import { useKey } from './use-key.ts';
import { useTyped } from './use-typed.ts';

export interface Filter {
  readonly label: string;
  readonly value: string | null;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (value: string | null) => void;
}

/** What is looked for in a list: text, fields as chips, and at the end how the list is shown. */
export function FilterBar({
  search,
  onSearch,
  placeholder,
  filters = [],
  more = [],
  found,
  total,
  things,
  restMs,
  children,
}: {
  search: string;
  onSearch: (text: string) => void;
  placeholder: string;
  filters?: readonly Filter[];
  /** Fields that are asked for seldom: behind `+ Filter` until they narrow. */
  more?: readonly Filter[];
  found: number;
  total: number;
  things: string;
  /** How long what is typed rests before it is looked for. */
  restMs?: number;
  children?: ReactNode;
}) {
  const field = useRef<HTMLInputElement>(null);
  const [text, setText, rest] = useTyped(search, onSearch, restMs);
  useKey('filter', () => field.current?.focus());
  return (
    <div className={classes.bar}>
      <TextInput
        ref={field}
        size="xs"
        className={classes.search}
        aria-label={placeholder}
        placeholder={placeholder}
        leftSection={<Search size={16} aria-hidden />}
        rightSection={
          text === '' ? undefined : (
            <ActionIcon size={24} aria-label="Clear search" onClick={() => setText('')}>
              <X size={14} aria-hidden />
            </ActionIcon>
          )
        }
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={rest}
      />
      {[...filters, ...more.filter(({ value }) => value !== null)].map((filter) => (
        <Chip key={filter.label} {...filter} />
      ))}
      <AddFilter filters={more.filter(({ value }) => value === null)} />
      <span className="visually-hidden" role="status">
        {found === total ? `${total} ${things}` : `${found} of ${total} ${things}`}
      </span>
      {children !== undefined && <span className={classes.end}>{children}</span>}
    </div>
  );
}

/** One field: any, or what it must be; green where it narrows. */
function Chip({ label, value, options, onChange }: Filter) {
  const box = useCombobox({ onDropdownClose: () => box.resetSelectedOption() });
  const [search, setSearch] = useState('');
  const chosen = options.find((option) => option.value === value);
  const isSearched = options.length > 8;
  const isOn = value !== null;
  return (
    <Combobox
      store={box}
      width={220}
      position="bottom-start"
      onOptionSubmit={(option) => {
        onChange(option === value ? null : option);
        box.closeDropdown();
        setSearch('');
      }}
    >
      <span className={classes.chip} data-on={isOn || undefined}>
        <Combobox.Target targetType="button" withAriaAttributes={false}>
          <button
            type="button"
            aria-haspopup="listbox"
            aria-expanded={box.dropdownOpened}
            aria-label={`${label}: ${chosen?.label ?? value ?? 'any'}`}
            onClick={() => box.toggleDropdown()}
          >
            {label} <b>{chosen?.label ?? value ?? 'any'}</b>
            {!isOn && <ChevronDown size={14} aria-hidden />}
          </button>
        </Combobox.Target>
        {isOn && (
          <button type="button" aria-label={`Clear ${label.toLowerCase()}`} onClick={() => onChange(null)}>
            <X size={14} aria-hidden />
          </button>
        )}
      </span>
      <Combobox.Dropdown>
        {isSearched && (
          <Combobox.Search
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
            placeholder="Find"
            aria-label={`Find ${label.toLowerCase()}`}
          />
        )}
        <Combobox.Options mah={280} style={{ overflowY: 'auto' }} aria-label={label}>
          {options
            .filter((option) => option.label.toLowerCase().includes(search.trim().toLowerCase()))
            .map((option) => (
              <Combobox.Option key={option.value} value={option.value} active={option.value === value}>
                <span className={classes.option}>
                  <bdi>{option.label}</bdi>
                  {option.value === value && <Check size={14} aria-label="chosen" />}
                </span>
              </Combobox.Option>
            ))}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}

/** Fields that do not narrow yet, with what each can be. */
function AddFilter({ filters }: { filters: readonly Filter[] }) {
  if (filters.length === 0) return null;
  return (
    <Menu position="bottom-start" width={220}>
      <Menu.Target>
        <button type="button" className={classes.add}>
          <ListFilter size={14} aria-hidden />
          Filter
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {filters.map(({ label, options, onChange }) => (
          <div key={label}>
            <Menu.Label>{label}</Menu.Label>
            {options.map((option) => (
              <Menu.Item key={option.value} onClick={() => onChange(option.value)}>
                {option.label}
              </Menu.Item>
            ))}
          </div>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

const densities: readonly { value: Density; label: string }[] = [
  { value: 'comfortable', label: 'Comfortable' },
  { value: 'compact', label: 'Compact' },
];

/** Which columns there are, and how high the rows are. */
export function ColumnsMenu({
  columns,
  chosen,
  onChange,
}: {
  columns: readonly {
    readonly id: string;
    readonly title: string;
    readonly priority: number;
    readonly isHidden?: true;
  }[];
  chosen: Readonly<Record<string, boolean>>;
  onChange: (chosen: Readonly<Record<string, boolean>>) => void;
}) {
  const density = useDensity();
  return (
    <Menu position="bottom-end" width={200} closeOnItemClick={false}>
      <Menu.Target>
        <ActionIcon size={32} aria-label="Columns and density">
          <Columns3 size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Columns</Menu.Label>
        {columns
          .filter(({ priority }) => priority > 1)
          .map(({ id, title, isHidden }) => {
            const isOn = chosen[id] ?? isHidden !== true;
            return (
              <Menu.Item
                key={id}
                role="menuitemcheckbox"
                aria-checked={isOn}
                rightSection={isOn ? <Check size={14} aria-hidden /> : undefined}
                onClick={() => onChange({ ...chosen, [id]: !isOn })}
              >
                {title}
              </Menu.Item>
            );
          })}
        <Menu.Divider />
        <Menu.Label>Rows</Menu.Label>
        {densities.map(({ value, label }) => (
          <Menu.Item
            key={value}
            role="menuitemradio"
            aria-checked={density === value}
            rightSection={density === value ? <Check size={14} aria-hidden /> : undefined}
            onClick={() => setDensity(value)}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
