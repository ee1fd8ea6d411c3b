/**
 * The one form of each kind of text that a request brings:
 * - `id`: a UUID, in lower case;
 * - `idOrExact`: an id, or else as sent;
 * - `name`: one line that people read: trimmed, composed (NFC), without control characters and characters that are not seen;
 * - `text`: prose, as sent; may have line breaks and tabs, no other control characters and none that turn the direction of writing;
 * - `search`: one line that is looked for: composed, without control characters;
 * - `word`: one of few spellings, which the use case or a pattern knows;
 * - `time`: an RFC 3339 time between the years 1 and 9999, in UTC with milliseconds;
 * - `day`: a day of the calendar in the years 1 to 9999, as 2027-01-31;
 * - `email`: an address, as sent; compared without case;
 * - `exact`: bytes that mean what they are, such as passwords, tokens and public keys.
 */
export type Form = 'id' | 'idOrExact' | 'name' | 'text' | 'search' | 'word' | 'time' | 'day' | 'email' | 'exact';

/** A field of one name has one form, in whatever request. */
const formsOfFields: Readonly<Record<string, Form>> = {
  name: 'name',
  account_name: 'name',
  vpc_name: 'name',
  tags: 'name',
  description: 'text',
  content: 'text',
  workload: 'text',
  text: 'text',
  search: 'search',
  actor: 'search',
  verb: 'search',
  ssh_keys: 'idOrExact',
  resource_id: 'idOrExact',
  slug: 'word',
  permissions: 'word',
  backup_time: 'word',
  backup_date: 'word',
  time: 'word',
  vpc_cidr: 'word',
  cidr: 'word',
  ids: 'word',
  dns: 'word',
  range: 'word',
  ip: 'word',
  template_id: 'word',
  password: 'exact',
  token: 'exact',
  currentPassword: 'exact',
  newPassword: 'exact',
  callbackURL: 'word',
  errorCallbackURL: 'word',
  code: 'word',
  state: 'word',
  iss: 'word',
  error: 'word',
  error_description: 'word',
  public_key: 'exact',
  // What WebAuthn sends; an `id` of ours is a UUID by its format.
  id: 'exact',
  rawId: 'exact',
  clientDataJSON: 'exact',
  attestationObject: 'exact',
  authenticatorData: 'exact',
  signature: 'exact',
  userHandle: 'exact',
  transports: 'word',
};

const formsOfFormats: Readonly<Record<string, Form>> = {
  uuid: 'id',
  'date-time': 'time',
  date: 'day',
  email: 'email',
};

/**
 * The form of a string field of a request; undefined where nobody has decided it yet.
 *
 * @param field the property's name; for the items of a list, the list's
 */
export function formOf(field: string, schema: { readonly format?: string; readonly enum?: unknown }): Form | undefined {
  if (schema.enum !== undefined) return 'word';
  return formsOfFormats[schema.format ?? ''] ?? formsOfFields[field];
}
