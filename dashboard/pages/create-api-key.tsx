import { Button, Checkbox, Select, Stack, TextInput } from '@mantine/core';
import { isNotEmpty, useForm } from '@mantine/form';
import { ownerRoleId, systemRoles } from '@raffia/contract/system-roles.ts';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { useProjects, useRoles } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useHolds, useMay } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { DraftNotice } from '../parts/draft-notice.tsx';
import { Gaps } from '../parts/gaps.tsx';
import { KeyAbilities } from '../parts/key-abilities.tsx';
import { KeyMade } from '../parts/key-dialogs.tsx';
import { accountRolesToGive, mayGrantOn, projectRolesToGive } from '../parts/key-grants.ts';
import { reachOf } from '../parts/key-words.ts';
import { ErrorNotice, PageHead } from '../parts/notices.tsx';
import { Panel } from '../parts/panel.tsx';
import { lacks } from '../parts/refusals.ts';
import { State } from '../parts/state-shape.tsx';
import { useAskBeforeLeaving } from '../parts/use-ask-before-leaving.tsx';
import { useDraft, useKeeping } from '../parts/use-draft.ts';
import classes from './create-api-key/create-api-key.module.css';
import { FailedGrants } from './create-api-key/failed-grants.tsx';
import { type Grant, useGrants } from './create-api-key/use-grants.ts';
import { expirations, initialKey, type KeyValues, keyDraft } from './create-api-key/values.ts';

const day = 86_400_000;
const noAccess = 'Choose a project or an account role';

interface Made {
  readonly id: string;
  readonly name: string;
  readonly secret: string;
  readonly grants: readonly Grant[];
}

/** A key with its roles: what is chosen on the left, what that lets a program do on the right. */
export default function CreateApiKey() {
  const may = useMay();
  return (
    <>
      <PageHead title="Create API key" />
      {may('account.apikeys.create') ? (
        <Form />
      ) : (
        <ErrorNotice error={new Error(`You can't create API keys. ${lacks('account.apikeys.create')}`)} />
      )}
    </>
  );
}

function Form() {
  const { api, account } = useCurrent();
  const { to } = useScope();
  const navigate = useNavigate();
  const holds = useHolds();
  const giver = { isOwner: account.is_owner, holds };
  const known = useRoles();
  const listed = useProjects().data;
  const projects = listed ?? [];
  const roles =
    known.data ?? systemRoles.map((role) => ({ ...role, is_system: true, permissions: [...role.permissions] }));
  const [made, setMade] = useState<Made | null>(null);
  const draft = useDraft(keyDraft, initialKey);
  const form = useForm<KeyValues>({
    initialValues: draft.kept ?? initialKey,
    validateInputOnBlur: true,
    validate: {
      name: isNotEmpty('Give the key a name'),
      projects: (chosen, { accountRole }) => (chosen.length === 0 && accountRole === null ? noAccess : null),
      projectRole: (role, { projects: chosen, accountRole }) =>
        role === null && chosen.length > 0 && accountRole !== ownerRoleId ? 'Choose a role for these projects' : null,
    },
  });
  useKeeping(draft, form.values);
  const { name, projectRole, expires } = form.values;
  // What a draft has of before may be gone, or nothing to give any more.
  const chosen = form.values.projects.filter(
    (id) => listed === undefined || (listed.some((project) => project.id === id) && mayGrantOn(id, giver)),
  );
  const accountRoles = accountRolesToGive(roles, giver);
  const isGiven = known.data === undefined || accountRoles.some(({ id }) => id === form.values.accountRole);
  const accountRole = isGiven ? form.values.accountRole : null;
  const isOwner = accountRole === ownerRoleId;
  const projectRoles = projectRolesToGive(roles, chosen, giver);
  const role = projectRoles.find(({ id }) => id === projectRole);
  const nameOf = (id: string) => projects.find((project) => project.id === id)?.name ?? id;
  const reaches = reachOf({
    isOwner,
    accountRole: roles.find(({ id }) => id === accountRole),
    projectRole: role,
    projects: chosen.map(nameOf),
  });
  const grants = useGrants();
  const create = useChange(
    async (): Promise<Made> => {
      const { data } = await api.createApiKey({
        body: {
          name: name.trim(),
          ...(accountRole === null ? {} : { role_id: accountRole }),
          ...(expires === 'never' ? {} : { expires_at: new Date(Date.now() + Number(expires) * day).toISOString() }),
        },
      });
      // The rest of it cannot be asked for again.
      draft.end();
      const wanted = isOwner || role === undefined ? [] : chosen;
      const asked = wanted.map((id) => ({
        keyId: data.id,
        projectId: id,
        project: nameOf(id),
        roleId: role?.id ?? '',
      }));
      await grants.give(asked);
      return { id: data.id, name: data.name, secret: data.secret, grants: asked };
    },
    { stale: ['api-keys', 'project-members', 'audit', 'account'], onDone: setMade },
  );
  const leaving = useAskBeforeLeaving(keyDraft.differs(form.values, initialKey) && made === null, {
    title: 'Leave without a key',
    action: 'Discard draft',
    lost: "The key isn't created yet. Leaving discards what you entered.",
    onLeave: draft.drop,
  });
  const gaps = Object.entries(form.errors).flatMap(([path, text]) => (text ? [{ path, text: String(text) }] : []));
  const focus = (field: string) => {
    const node = form.getInputNode(field as keyof KeyValues);
    const input = node?.matches('input, button') === true ? node : node?.querySelector('input');
    (input as HTMLElement | null | undefined)?.focus();
  };
  const submit = form.onSubmit(
    () => {
      if (chosen.length === 0 && accountRole === null) {
        form.setFieldError('projects', noAccess);
        focus('projects');
        return;
      }
      // A role may have become one that can't be given on all of the projects.
      if (isOwner || chosen.length === 0 || role !== undefined) return create.mutate();
      form.setFieldError('projectRole', 'Choose a role for these projects');
      focus('projectRole');
    },
    (errors) => focus(Object.keys(errors)[0] ?? 'name'),
  );
  return (
    <>
      <form className={classes.layout} noValidate onSubmit={submit}>
        <div className={classes.card}>
          {draft.kept !== undefined && (
            <DraftNotice
              onStartOver={() => {
                draft.drop();
                form.setValues(initialKey);
                form.clearErrors();
              }}
            />
          )}
          <section aria-label="Program">
            <TextInput
              data-autofocus
              label="Name"
              description="The program that uses it"
              placeholder="ci-deploy"
              maxLength={128}
              maw={420}
              {...form.getInputProps('name')}
            />
          </section>
          <section aria-label="Projects">
            {isOwner ? (
              <p className={classes.full}>
                <State shape="attention">
                  <b>Full access.</b> This key can do everything in this account, in current and future projects.
                </State>
              </p>
            ) : (
              <Stack gap="sm">
                <Checkbox.Group
                  label="Projects"
                  description={`Projects it can use. ${chosen.length === 0 ? 'None selected' : `${chosen.length} selected`}`}
                  {...form.getInputProps('projects')}
                  value={[...chosen]}
                >
                  <div className={classes.projects}>
                    {projects.map(({ id, name: label, is_default }) => {
                      const isRefused = !mayGrantOn(id, giver);
                      return (
                        <Checkbox
                          key={id}
                          value={id}
                          label={is_default ? `${label} (default)` : label}
                          disabled={isRefused}
                          {...(isRefused ? { description: lacks('project.members.manage') } : {})}
                        />
                      );
                    })}
                  </div>
                </Checkbox.Group>
                <Select
                  label="Project role"
                  description="The same role in every selected project"
                  placeholder="Choose a role"
                  maw={420}
                  data={projectRoles.map(({ id, name: label, permissions }) => ({
                    value: id,
                    label: `${label} (${permissions.length})`,
                  }))}
                  {...form.getInputProps('projectRole')}
                  value={role?.id ?? null}
                />
              </Stack>
            )}
          </section>
          <section aria-label="Account">
            <Select
              label="Account role"
              description="Access to account settings. Most programs need none"
              placeholder="No account access"
              clearable
              maw={420}
              data={accountRoles.map(({ id, name: label, permissions }) => ({
                value: id,
                label: id === ownerRoleId ? `${label} (full access)` : `${label} (${permissions.length})`,
              }))}
              {...form.getInputProps('accountRole')}
              value={accountRole}
            />
          </section>
          <section aria-label="Expiry">
            <Select
              label="Expires after"
              description="Expired keys stop working. Regenerating starts the period again"
              data={[...expirations]}
              allowDeselect={false}
              maw={420}
              {...form.getInputProps('expires')}
            />
          </section>
        </div>
        <div className={classes.side}>
          <Panel title="What it can do">
            <div aria-live="polite">
              {reaches.length === 0 ? (
                <p className={classes.nothing}>Nothing yet. Choose projects and a role, or an account role.</p>
              ) : (
                <KeyAbilities reaches={reaches} />
              )}
              {reaches.length > 0 && accountRole === null && (
                <p className={classes.nothing}>
                  <State shape="off">No account access</State>
                </p>
              )}
              {expires === 'never' && (
                <p className={classes.nothing}>
                  <State shape="attention">It never expires. Delete it when its program is gone.</State>
                </p>
              )}
            </div>
          </Panel>
        </div>
        <div className={classes.end}>
          <Gaps gaps={gaps} onGo={focus} />
          <ErrorNotice error={create.error} />
          <div className={classes.acts}>
            <Button component={Link} to={to('account', 'api-keys')} variant="default" size="md">
              Cancel
            </Button>
            <Button type="submit" size="md" loading={create.isPending}>
              Create API key
            </Button>
          </div>
        </div>
      </form>
      {leaving.dialog}
      {made !== null && (
        <KeyMade
          title={`${made.name} is created`}
          name={made.name}
          secret={made.secret}
          projectId={made.grants[0]?.projectId}
          onClose={() => void navigate(to('account', `api-keys/${made.id}`), { replace: true })}
        >
          <FailedGrants grants={grants} />
        </KeyMade>
      )}
    </>
  );
}
