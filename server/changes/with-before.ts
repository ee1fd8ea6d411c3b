/**
 * What a change sets, for its entry in the audit log: of each field that had another value, also that, as `name_before`.
 *
 * @param row as it was
 */
export function withBefore(row: object, change: object): Record<string, unknown> {
  const was = row as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(change).flatMap(([field, value]) => {
      if (value === undefined) return [];
      const isSame = !(field in was) || JSON.stringify(was[field]) === JSON.stringify(value);
      return isSame
        ? [[field, value]]
        : [
            [`${field}_before`, was[field]],
            [field, value],
          ];
    }),
  );
}
