import { Button, Checkbox, PasswordInput, Textarea, TextInput } from '@mantine/core';
import type { SSHKey } from '@raffia/client/client.ts';
import { Check, Circle } from 'lucide-react';
import { useState } from 'react';
import { useCurrent, useMay } from '../../api/session.tsx';
import { useChange } from '../../api/use-change.ts';
import { CopyIcon } from '../../parts/copy.tsx';
import { ErrorNotice } from '../../parts/notices.tsx';
import classes from './create-vm.module.css';
import { Choice, ChoiceError, FormSection } from './form-section.tsx';
import { generatedPassword, ticksOf } from './password.ts';
import { keyProblem } from './problems.ts';
import type { VmForm } from './use-vm-form.ts';

/** From so many keys on they are searched. */
const many = 7;

export function SignInSection({
  form,
  keys,
  isWindows,
}: {
  form: VmForm;
  keys: readonly SSHKey[];
  isWindows: boolean;
}) {
  const isPassword = isWindows || form.values.signIn === 'password';
  return (
    <FormSection
      title="Sign-in"
      choice={
        !isWindows && (
          <Choice
            aria-label="Sign-in"
            data={[
              { value: 'key', label: 'SSH key' },
              { value: 'password', label: 'Password' },
            ]}
            value={form.values.signIn}
            onChange={(value) => form.setFieldValue('signIn', value as 'key' | 'password')}
          />
        )
      }
    >
      {isWindows && <p className={classes.note}>Windows signs in with a password. SSH keys don't work there.</p>}
      {isPassword ? <Password form={form} /> : <Keys form={form} keys={keys} />}
    </FormSection>
  );
}

function Password({ form }: { form: VmForm }) {
  const [isVisible, setVisible] = useState(false);
  const { password } = form.values;
  return (
    <>
      <div className={classes.secret}>
        <PasswordInput
          label="Password"
          autoComplete="new-password"
          visible={isVisible}
          onVisibilityChange={setVisible}
          {...form.getInputProps('password')}
        />
        <Button
          variant="default"
          onClick={() => {
            form.setFieldValue('password', generatedPassword());
            setVisible(true);
          }}
        >
          Generate password
        </Button>
      </div>
      <ul className={classes.ticks} aria-label="What a password needs">
        {ticksOf(password).map(({ text, isMet }) => (
          <li key={text} data-met={isMet || undefined}>
            {isMet ? <Check size={14} aria-hidden /> : <Circle size={14} aria-hidden />}
            <span>
              {text}
              <span className="visually-hidden">{isMet ? ', met' : ', not met'}</span>
            </span>
          </li>
        ))}
      </ul>
      {isVisible && password !== '' && (
        <p className={classes.note}>
          Keep it now: it isn't shown again. <CopyIcon value={password} label="Copy password" />
        </p>
      )}
    </>
  );
}

const typeOf = ({ key_type }: SSHKey) => key_type.replace(/^ssh-|^ecdsa-sha2-/, '');

function Keys({ form, keys }: { form: VmForm; keys: readonly SSHKey[] }) {
  const { keyIds, pasted } = form.values;
  const [search, setSearch] = useState('');
  const [isAdding, setAdding] = useState(keys.length === 0 || pasted !== '');
  const text = search.trim().toLowerCase();
  const found = keys.filter(({ name, public_key }) => `${name} ${public_key}`.toLowerCase().includes(text));
  const hidden = keys.filter((key) => keyIds.includes(key.id) && !found.includes(key));
  return (
    <>
      {keys.length >= many && (
        <TextInput
          aria-label="Search SSH keys"
          placeholder="Search name or key"
          type="search"
          maw={320}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') event.preventDefault();
          }}
        />
      )}
      {keys.length > 0 && (
        <fieldset className={classes.pair} aria-label="SSH keys">
          {found.map((key, at) => (
            // biome-ignore lint/a11y/noLabelWithoutControl: the checkbox is within
            <label key={key.id} className={classes.key}>
              <Checkbox
                checked={keyIds.includes(key.id)}
                onChange={() =>
                  form.setFieldValue('keyIds', (ids) =>
                    ids.includes(key.id) ? ids.filter((one) => one !== key.id) : [...ids, key.id],
                  )
                }
                {...(at === 0 ? { 'data-path': 'keyIds' } : {})}
              />
              <bdi title={key.name}>{key.name}</bdi>
              <small>{typeOf(key)}</small>
            </label>
          ))}
        </fieldset>
      )}
      {keys.length >= many && found.length === 0 && <p className={classes.note}>No key matches</p>}
      {hidden.length > 0 && (
        <p className={classes.note} role="status">
          Also selected, hidden by the search: {hidden.map(({ name }) => name).join(', ')}
        </p>
      )}
      <ChoiceError>{form.errors.keyIds}</ChoiceError>
      {isAdding ? (
        <AddKey form={form} isOnly={keys.length === 0} onDone={() => setAdding(false)} />
      ) : (
        <button type="button" className={classes.link} onClick={() => setAdding(true)}>
          Add another key
        </button>
      )}
    </>
  );
}

/** A key for these VMs, which the account can keep for others. */
function AddKey({ form, isOnly, onDone }: { form: VmForm; isOnly: boolean; onDone: () => void }) {
  const { api } = useCurrent();
  const canSave = useMay()('account.settings.manage');
  const [typed, setTyped] = useState<string | null>(null);
  const pasted = form.values.pasted.trim();
  const comment = /^\S+\s+\S+\s+(.+)$/.exec(pasted)?.[1] ?? '';
  const name = (typed ?? comment).slice(0, 128);
  const isKey = pasted !== '' && keyProblem(pasted) === undefined;
  const save = useChange(() => api.createSSHKey({ body: { name: name.trim(), public_key: pasted } }), {
    stale: ['ssh-keys', 'account', 'audit'],
    onDone: ({ data }) => {
      form.setValues(({ keyIds = [] }) => ({ keyIds: [...keyIds, data.id], pasted: '' }));
      onDone();
    },
  });
  return (
    <div className={classes.inline}>
      <Textarea
        label={isOnly ? 'Public key' : 'Another public key'}
        description="Run ssh-keygen -t ed25519, then paste the .pub file here"
        placeholder="ssh-ed25519 AAAA… you@laptop"
        className="mono-field"
        autosize
        minRows={2}
        maxRows={5}
        spellCheck={false}
        {...form.getInputProps('pasted')}
        {...(isOnly && form.errors.pasted === undefined ? { 'data-path': 'keyIds' } : {})}
      />
      {canSave && isKey && (
        <TextInput
          label="Name of the key"
          description="Save the key to use it again. Unsaved, only these VMs get it"
          maxLength={128}
          value={name}
          onChange={(event) => setTyped(event.currentTarget.value)}
          maw={320}
        />
      )}
      <ErrorNotice error={save.error} />
      {(!isOnly || (canSave && isKey)) && (
        <div className={classes.row}>
          {canSave && isKey && (
            <Button
              variant="default"
              size="xs"
              disabled={name.trim() === ''}
              loading={save.isPending}
              onClick={() => save.mutate()}
            >
              Save SSH key
            </Button>
          )}
          {!isOnly && (
            <Button
              variant="subtle"
              color="gray"
              size="xs"
              onClick={() => {
                form.setFieldValue('pasted', '');
                onDone();
              }}
            >
              Cancel
            </Button>
          )}
        </div>
      )}
    </div>
  );
}
