import { operations } from '@raffia/contract/contract.ts';
import type { Operation } from '@raffia/contract/operation.ts';
import { permissionCatalogue } from '@raffia/contract/permission-catalogue.ts';
import { systemRoles } from '@raffia/contract/system-roles.ts';

const mark = (holds: boolean) => (holds ? '+' : '.');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(head), ...rows.map(line)].join('\n');
}

function rule({ access, project, projectHeader }: Operation): string[] {
  const who =
    access.who === 'permission'
      ? access.anyOf.join(' | ')
      : access.who === 'key'
        ? '(any key)'
        : access.who === 'person'
          ? '(signed in)'
          : access.who === 'operator'
            ? '(operator)'
            : '(open)';
  return [who, project, projectHeader];
}

/** Who may do what, as text to be read in a review: each role's permissions, then each operation with its rule and the roles it lets in. */
export function permissionMatrix(): string {
  const slugs = systemRoles.map(({ slug }) => slug);
  const permissions = permissionCatalogue.map(({ name }) => [
    name,
    ...systemRoles.map((role) => mark((role.permissions as readonly string[]).includes(name))),
  ]);
  const totals = ['total', ...systemRoles.map((role) => String(role.permissions.length))];
  const calls = operations.map((operation) => {
    const { access } = operation;
    const lets = systemRoles.map((role) => {
      if (access.who === 'operator') return mark(false);
      if (access.who !== 'permission') return mark(true);
      if (role.slug === 'owner') return mark(true);
      return mark(access.anyOf.some((name) => (role.permissions as readonly string[]).includes(name)));
    });
    return [operation.method, operation.path, ...lets, ...rule(operation)];
  });
  return [
    'Permissions of the system roles\n',
    table(['permission', ...slugs], [...permissions, totals]),
    '\n\nOperations: which role lets in, by which rule, where the project comes from, what the X-Project-ID header is\n',
    table(['method', 'path', ...slugs, 'rule', 'project', 'header'], calls),
    '',
  ].join('\n');
}
