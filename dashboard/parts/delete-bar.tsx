import { Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useChange } from '../api/use-change.ts';
import { inTurn, type Outcome } from './bulk.ts';
import { BulkProgress } from './bulk-progress.tsx';
import { DestroyDialog } from './destroy-dialog.tsx';
import { plural } from './plural.ts';
import type { Selection } from './resource-table.tsx';
import { SelectionBar } from './selection-bar.tsx';

interface Thing {
  readonly id: string | number;
  readonly name: string;
}

/** What is chosen of a list, and its deletion: those of them that can be go, each in its turn, and what fails is named. */
export function DeleteBar<Item extends Thing>({
  list,
  found,
  selection,
  onSelect,
  onShow,
  noun,
  partsOf,
  remove,
  stale,
  lines,
}: {
  list: readonly Item[];
  /** What of it a filter has found. */
  found: readonly Item[];
  selection: Selection;
  onSelect: (selection: Selection) => void;
  /** Clears the filters. */
  onShow: () => void;
  noun: string;
  /** What is deleted of what is chosen, by request. */
  partsOf: (chosen: readonly Item[]) => readonly (readonly Item[])[];
  remove: (part: readonly Item[]) => Promise<unknown>;
  stale: readonly string[];
  /** What goes and what stays with them. */
  lines: (doomed: readonly Item[]) => { readonly goes: readonly ReactNode[]; readonly stays?: readonly ReactNode[] };
}) {
  const [isDeleting, setDeleting] = useState(false);
  const [run, setRun] = useState<{ readonly total: number; readonly outcome: Outcome<Item> } | null>(null);
  const selected = list.filter(({ id }) => selection[id] === true);
  const parts = partsOf(selected);
  const doomed = parts.flat();
  const act = useChange(
    (of: readonly (readonly Item[])[]) => {
      setDeleting(false);
      const tell = (outcome: Outcome<Item>) => setRun({ total: of.flat().length, outcome });
      tell({ done: 0, failures: [] });
      return inTurn(
        of,
        async (part) => {
          await remove(part);
          return [];
        },
        tell,
      );
    },
    { stale },
  );
  const title = `Delete ${plural(doomed.length, noun)}`;
  return (
    <>
      {run !== null && (
        <BulkProgress
          title={`Deleting ${plural(run.total, noun)}`}
          total={run.total}
          done={run.outcome.done}
          failures={run.outcome.failures}
          isRunning={act.isPending}
          onRetry={() => act.mutate(partsOf(run.outcome.failures.map(({ item }) => item)))}
          onClose={() => setRun(null)}
        />
      )}
      {selected.length > 0 && (
        <SelectionBar
          items={selected.map(({ id, name }) => ({ id: String(id), name }))}
          hidden={selected.filter((one) => !found.includes(one)).length}
          onShow={onShow}
          onRemove={(id) => onSelect({ ...selection, [id]: false })}
          onClear={() => onSelect({})}
          acts={[
            {
              verb: 'Delete',
              icon: Trash2,
              count: doomed.length,
              isDangerous: true,
              asks: true,
              isPending: act.isPending,
              onSelect: () => setDeleting(true),
            },
          ]}
        />
      )}
      {isDeleting && (
        <DestroyDialog
          title={title}
          action={title}
          names={doomed.map(({ name }) => name)}
          things={`${noun}s`}
          {...lines(doomed)}
          isPending={act.isPending}
          error={act.error}
          onConfirm={() => act.mutate(parts)}
          onClose={() => setDeleting(false)}
        />
      )}
    </>
  );
}

/** One request for each of what can be deleted. */
export function oneByOne<Item>(canGo: (item: Item) => boolean): (chosen: readonly Item[]) => readonly Item[][] {
  return (chosen) => chosen.filter(canGo).map((one) => [one]);
}
