import { Drawer } from '@mantine/core';
import { Snippets } from '../../parts/copy.tsx';
import classes from './create-vm.module.css';
import { listed } from './names.ts';

/** The same request as one would write it elsewhere. */
export function CodeDrawer({
  snippets,
  names,
  isOpen,
  onClose,
}: {
  snippets: Readonly<Record<string, string>>;
  names: readonly string[];
  isOpen: boolean;
  onClose: () => void;
}) {
  return (
    <Drawer opened={isOpen} onClose={onClose} position="right" size={560} title="Show as code">
      {names.length > 1 && <p className={classes.note}>One request for each of the names {listed(names)}.</p>}
      <Snippets snippets={snippets} />
    </Drawer>
  );
}
