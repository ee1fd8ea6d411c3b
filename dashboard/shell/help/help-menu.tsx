import { ActionIcon, Kbd, Menu } from '@mantine/core';
import { BookOpen, CircleHelp, Keyboard, ListChecks } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useNavigate } from 'react-router';
import { useScope } from '../../api/scope.tsx';
import { useSignInRules } from '../../api/sign-in-rules.ts';
import { shortcuts } from '../../keys.ts';
import { useFirstSteps } from '../../parts/first-steps.ts';
import { useKey } from '../../parts/use-key.ts';
import classes from '../shell.module.css';

const KeysDialog = lazy(() => import('./keys-dialog.tsx'));

/** What helps: the API, the keys, the first steps where they were hidden, and which Raffia this is. */
export function HelpMenu() {
  const [isOpen, setOpen] = useState(false);
  const [areKeysShown, setKeysShown] = useState(false);
  useKey('help', () => setKeysShown(true));
  return (
    <>
      <Menu position="bottom-end" width={220} opened={isOpen} onChange={setOpen}>
        <Menu.Target>
          <ActionIcon size={32} className={classes.help} aria-label="Help">
            <CircleHelp size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item component="a" href="/docs" leftSection={<BookOpen size={16} aria-hidden />}>
            API reference
          </Menu.Item>
          <Menu.Item
            leftSection={<Keyboard size={16} aria-hidden />}
            rightSection={
              <Kbd size="xs" aria-hidden="true">
                {shortcuts.help.keys[0]}
              </Kbd>
            }
            onClick={() => setKeysShown(true)}
          >
            Keyboard shortcuts
          </Menu.Item>
          {isOpen && <Opened />}
        </Menu.Dropdown>
      </Menu>
      {areKeysShown && (
        <Suspense>
          <KeysDialog onClose={() => setKeysShown(false)} />
        </Suspense>
      )}
    </>
  );
}

/** What is asked for when somebody looks. */
function Opened() {
  const { to } = useScope();
  const navigate = useNavigate();
  const { isDue, isHidden, setHidden } = useFirstSteps();
  const rules = useSignInRules();
  return (
    <>
      {isDue && isHidden && (
        <Menu.Item
          leftSection={<ListChecks size={16} aria-hidden />}
          onClick={() => {
            setHidden(false);
            navigate(to('project'));
          }}
        >
          Show first steps
        </Menu.Item>
      )}
      {rules !== undefined && (
        <>
          <Menu.Divider />
          <Menu.Label>Raffia {rules.version}</Menu.Label>
        </>
      )}
    </>
  );
}
