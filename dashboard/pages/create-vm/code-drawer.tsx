import { Drawer } from '@mantine/core';
import { Snippets } from '../../parts/copy.tsx';
import classes from './create-vm.module.css';
import { listed } from './names.ts';

/** The same request as one would write it elsewhere. */
export function CodeDrawer({
  snippets,
  names,
  makesNetwork,
  isOpen,
  onClose,
}: {
  snippets: Readonly<Record<string, string>>;
  names: readonly string[];
  /** Whether the request makes a network with a block of its own: no two can. */
  makesNetwork: boolean;
  isOpen: boolean;
  onClose: () => void;
}) {
  return (
    <Drawer opened={isOpen} onClose={onClose} position="right" size={560} title="Show as code">
      {names.length > 1 && (
        <p className={classes.note}>
          One request for each of the names {listed(names)}.
          {makesNetwork && ' The first makes the network; the others join it with vpc_id in place of name and block.'}
        </p>
      )}
      <Snippets snippets={snippets} />
    </Drawer>
  );
}
