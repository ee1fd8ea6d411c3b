import { Anchor, Kbd, Modal, Text } from '@mantine/core';
import { Link } from 'react-router';
import { goKey, places, type Shortcut, shortcuts } from '../../keys.ts';
import { pages } from '../../pages.ts';
import { useAreKeysOn } from '../../parts/use-key.ts';
import classes from './help.module.css';
import { isApple } from './is-apple.ts';

const all = Object.values(shortcuts);
const ways: readonly Shortcut[] = pages.flatMap(({ place }) =>
  place?.key === undefined ? [] : [{ keys: [goKey, place.key], does: place.label }],
);

const shown: Readonly<Record<string, string>> = {
  mod: isApple ? '⌘' : 'Ctrl',
  Escape: 'Esc',
  ArrowDown: '↓',
  ArrowUp: '↑',
};
/** As readers of screens say it. */
const said: Readonly<Record<string, string>> = { ArrowDown: 'Arrow down', ArrowUp: 'Arrow up' };

/** All keys, as the table has them. */
export default function KeysDialog({ onClose }: { onClose: () => void }) {
  const areOn = useAreKeysOn();
  return (
    <Modal opened onClose={onClose} title="Keyboard shortcuts">
      {places.map((place) => (
        <List key={place} title={place} all={all.filter((shortcut) => shortcut.place === place)} />
      ))}
      <List title="Go to" all={ways} />
      <Text size="sm" c="dimmed" mt="md">
        {areOn ? 'Single keys are off where you type, and in the console. ' : 'Single keys are switched off. '}
        <Anchor component={Link} to="/me" size="sm" onClick={onClose}>
          {areOn ? 'Switch them off' : 'Switch them on'}
        </Anchor>
      </Text>
    </Modal>
  );
}

function List({ title, all }: { title: string; all: readonly Shortcut[] }) {
  return (
    <>
      <h3 className={classes.group}>{title}</h3>
      <dl className={classes.keys}>
        {all.map(({ keys, or, to, does }) => (
          <div key={keys.join(' ')}>
            <dt>
              <Keys keys={keys} />
              {or !== undefined && (
                <>
                  or <Keys keys={or} />
                </>
              )}
              {to !== undefined && (
                <>
                  to <Keys keys={[to]} />
                </>
              )}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function Keys({ keys }: { keys: readonly string[] }) {
  return keys.map((key) => (
    <Kbd key={key} size="xs" aria-label={said[key]}>
      {shown[key] ?? key}
    </Kbd>
  ));
}
