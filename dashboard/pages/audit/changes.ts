/** A field of what was changed, as it was and as it is. */
export interface Change {
  readonly label: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** What else an entry says. */
export interface Detail {
  readonly label: string;
  readonly value: string;
}

type Details = Readonly<Record<string, unknown>>;

/** Words for what one finds in details, where the field's own name is none. */
const labels: Readonly<Record<string, string>> = {
  userId: 'Person',
  target_user_id: 'Person',
  keyId: 'API key',
  api_key_id: 'API key',
  ids: 'VMs',
  vm_id: 'VM',
  vpc_id: 'VPC',
  nic_id: 'Interface',
  ip_id: 'Public IP',
  ip_address: 'Public IP',
  address: 'From',
  cidr: 'CIDR',
  wait_ms: 'Wait in ms',
  peak_rps: 'Requests a second',
};

/** `default_region` and `defaultRegion` as `Default region`; the id of a thing as the thing. */
export function labelOf(field: string): string {
  if (labels[field] !== undefined) return labels[field];
  const words = field
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase()
    .replace(/ ids?$/, '');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

/** A value in a line of its own each; what is known by name stands under it. */
function linesOf(value: unknown, nameOf: (id: string) => string | undefined): string[] {
  if (value === null || value === undefined || value === '') return [];
  if (Array.isArray(value)) return value.flatMap((one) => linesOf(one, nameOf));
  if (typeof value === 'string') return [nameOf(value) ?? value];
  if (typeof value !== 'object') return [String(value)];
  return [
    Object.entries(value)
      .filter(([, one]) => one !== null && one !== undefined && one !== '')
      .map(([field, one]) => `${field}: ${typeof one === 'object' ? JSON.stringify(one) : one}`)
      .join(', '),
  ];
}

/** What the entry says was another thing before, by the names under which it says so. */
const pairs = (details: Details): [label: string, before: string, after: string][] => [
  ...Object.keys(details).flatMap((field): [string, string, string][] =>
    field.endsWith('_before') ? [[field.slice(0, -'_before'.length), field, field.slice(0, -'_before'.length)]] : [],
  ),
  ...('from' in details && 'to' in details ? [['name', 'from', 'to'] as [string, string, string]] : []),
  ...('oldPrefix' in details ? [['prefix', 'oldPrefix', 'prefix'] as [string, string, string]] : []),
  ...('added' in details && 'removed' in details
    ? [['permissions', 'removed', 'added'] as [string, string, string]]
    : []),
];

/**
 * What an entry says of a change, field by field, and the rest of it.
 *
 * @param nameOf what a thing is called that an id names
 */
export function changesOf(
  details: Details,
  nameOf: (id: string) => string | undefined,
): { readonly changes: readonly Change[]; readonly rest: readonly Detail[] } {
  const found = pairs(details);
  const used = new Set(found.flatMap(([, before, after]) => [before, after]));
  const changes = found.flatMap(([field, before, after]) => {
    const was = linesOf(details[before], nameOf);
    const is = linesOf(details[after], nameOf);
    const change = {
      label: labelOf(field),
      before: was.filter((line) => !is.includes(line)),
      after: is.filter((line) => !was.includes(line)),
    };
    return change.before.length + change.after.length === 0 ? [] : [change];
  });
  const rest = Object.entries(details).flatMap(([field, value]) => {
    const lines = used.has(field) ? [] : linesOf(value, nameOf);
    return lines.length === 0 ? [] : [{ label: labelOf(field), value: lines.join(', ') }];
  });
  return { changes, rest };
}
