import { Select } from '@mantine/core';

export interface ThingOption {
  readonly value: string;
  readonly label: string;
  /** What stands beside the name, such as an address. */
  readonly hint?: string | undefined;
  /** Why it cannot be chosen. */
  readonly refused?: string | undefined;
}

/** One of several things, by name; what cannot be chosen is there, and says why. */
export function ThingSelect({
  label,
  description,
  options,
  value,
  onChange,
  error,
  nothing,
  isFirst = false,
  isRequired = false,
}: {
  label: string;
  description?: string;
  options: readonly ThingOption[];
  value: string | null;
  onChange: (value: string | null) => void;
  error?: React.ReactNode;
  /** What is said where there is none at all. */
  nothing: string;
  isFirst?: boolean;
  isRequired?: boolean;
}) {
  const known = new Map(options.map((option) => [option.value, option]));
  return (
    <Select
      {...(isFirst ? { 'data-autofocus': true } : {})}
      label={label}
      {...(description === undefined ? {} : { description })}
      placeholder={options.length === 0 ? nothing : 'Choose'}
      disabled={options.length === 0}
      data={options.map(({ value: id, label: name, refused }) => ({
        value: id,
        label: name,
        disabled: refused !== undefined,
      }))}
      renderOption={({ option }) => {
        const { hint, refused } = known.get(option.value) ?? {};
        return (
          <span style={{ minWidth: 0 }}>
            <bdi>{option.label}</bdi>
            {hint !== undefined && <span className="reason">{hint}</span>}
            {refused !== undefined && <span className="reason">{refused}</span>}
          </span>
        );
      }}
      value={value}
      onChange={onChange}
      error={error}
      required={isRequired}
      searchable={options.length > 8}
      nothingFoundMessage="Nothing matches"
      allowDeselect={false}
      comboboxProps={{ withinPortal: true }}
    />
  );
}
