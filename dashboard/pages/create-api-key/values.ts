import { areTexts, type DraftKind, isText, noneOr, oneOf, readFields } from '../../parts/draft.ts';

export const expirations = [
  { value: '30', label: '30 days' },
  { value: '60', label: '60 days' },
  { value: '90', label: '90 days' },
  { value: '120', label: '120 days' },
  { value: '180', label: '180 days' },
  { value: '365', label: '1 year' },
  { value: 'never', label: 'Never expires' },
] as const;

export interface KeyValues {
  readonly name: string;
  readonly projects: readonly string[];
  readonly projectRole: string | null;
  readonly accountRole: string | null;
  readonly expires: string | null;
}

export const initialKey: KeyValues = { name: '', projects: [], projectRole: null, accountRole: null, expires: '90' };

const kinds = {
  name: isText,
  projects: areTexts,
  projectRole: noneOr(isText),
  accountRole: noneOr(isText),
  expires: oneOf(expirations.map(({ value }) => value)),
};
const differs = (values: KeyValues, from: KeyValues) => JSON.stringify(values) !== JSON.stringify(from);

/** The secret is no part of the form. One that was pasted as the name by mistake is not kept. */
export const keyDraft: DraftKind<KeyValues> = {
  name: 'create-api-key',
  write: ({ name, projects, projectRole, accountRole, expires }) =>
    JSON.stringify({ name: /raff_[\da-f]{16}/i.test(name) ? '' : name, projects, projectRole, accountRole, expires }),
  read: (text, initial) => {
    const values = readFields<KeyValues>(text, kinds);
    return values !== undefined && differs(values, initial) ? values : undefined;
  },
  differs,
};
