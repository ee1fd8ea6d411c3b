import { Button, Table, type TableProps } from '@mantine/core';
import type { ReactNode } from 'react';

/** A column: its title, and whether it is left out where the screen is narrow. */
type Column = string | { readonly wide: string } | { readonly actions: string };

/**
 * A list in columns. On a narrow screen the wide columns are left out, so that a row's state and its actions need no scrolling sideways:
 * the cells of a wide column have the class `wide`, and what must be seen all the same stands in another cell with the class `narrow`.
 */
export function DataTable({
  columns,
  children,
  ...props
}: { columns: readonly Column[]; children: ReactNode } & TableProps) {
  return (
    <div className="data-table">
      <Table verticalSpacing="sm" horizontalSpacing="md" {...props}>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => {
              if (typeof column === 'string') return <Table.Th key={column}>{column}</Table.Th>;
              if ('actions' in column) return <Table.Th key="actions" aria-label={column.actions} />;
              return (
                <Table.Th key={column.wide} className="wide">
                  {column.wide}
                </Table.Th>
              );
            })}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </div>
  );
}

export const actions = { actions: 'Actions' } as const;

/** What can be done with a row, at its end. */
export const RowAction = Button.withProps({ variant: 'subtle', color: 'gray', size: 'compact-sm' });
