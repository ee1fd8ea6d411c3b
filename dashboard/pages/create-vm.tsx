import {
  Alert,
  Button,
  Card,
  Checkbox,
  Group,
  NumberInput,
  PasswordInput,
  Radio,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  TagsInput,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import type { CreateVMRequest, Template, VMPricingPlan } from '@raffia/client/client.ts';
import { limits, passwordProblems } from '@raffia/contract/vm-rules.ts';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useCatalogue, useSavedSystems } from '../api/catalogue.ts';
import { useAccount, useSshKeys } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useMay } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { Snippets } from '../parts/copy.tsx';
import { vmSnippets } from '../parts/key-snippets.ts';
import { Meter } from '../parts/meter.tsx';
import { ErrorNotice, Loaded, PageHead } from '../parts/notices.tsx';
import { plural } from '../parts/plural.ts';
import { Section } from '../parts/section.tsx';

export default function CreateVm() {
  const catalogue = useCatalogue();
  return (
    <>
      <PageHead title="Create VM" />
      <Loaded query={catalogue}>
        {({ regions, templates, plans }) => (
          <Form
            region={regions.find(({ is_default }) => is_default)?.code ?? regions[0]?.code ?? ''}
            regions={regions.map(({ code, name }) => ({ value: code, label: name }))}
            templates={templates}
            plans={plans}
          />
        )}
      </Loaded>
    </>
  );
}

function Form({
  region: first,
  regions,
  templates: all,
  plans: allPlans,
}: {
  region: string;
  regions: { value: string; label: string }[];
  templates: readonly Template[];
  plans: readonly VMPricingPlan[];
}) {
  const { api, account } = useCurrent();
  const { to, project: looked, projects } = useScope();
  const may = useMay();
  const makers = projects.filter(({ id }) => account.is_owner || may('vm.create', id));
  // Where all projects are looked at, the form asks which.
  const [chosen, setChosen] = useState(makers.find(({ is_default }) => is_default)?.id ?? makers[0]?.id ?? null);
  const project = looked ?? makers.find(({ id }) => id === chosen);
  const projectId = project?.id;
  const navigate = useNavigate();
  const sshKeys = useSshKeys();
  const quota = useAccount();
  const [region, setRegion] = useState(first);
  const saved = useSavedSystems();
  const templates = [...all, ...saved].filter((template) => template.region === region);
  const plans = allPlans.filter((plan) => plan.region === region);
  const [templateId, setTemplateId] = useState(templates[0]?.id ?? '');
  const template = templates.find(({ id }) => id === templateId);
  const familiesOf = (systems: readonly Template[]) => [...new Set(systems.map(({ name }) => name))];
  const fits = plans.filter(
    (plan) =>
      template === undefined ||
      (plan.vcpu >= template.cpu && plan.memory_gib >= template.ram && plan.ssd_gib >= template.storage),
  );
  const [planId, setPlanId] = useState<number | undefined>(fits[0]?.id);
  const plan = fits.find(({ id }) => id === planId) ?? fits[0];
  const [name, setName] = useState('');
  const [count, setCount] = useState(1);
  /** The names of machines that are not made yet, after one of several failed. */
  const [left, setLeft] = useState<readonly string[] | null>(null);
  const [authentication, setAuthentication] = useState<'key' | 'password'>('key');
  const [keyIds, setKeyIds] = useState<string[]>([]);
  const [pasted, setPasted] = useState('');
  const [password, setPassword] = useState('');
  const [storage, setStorage] = useState<number | string>(0);
  const [backup, setBackup] = useState('none');
  const [tags, setTags] = useState<string[]>([]);
  const [hasPublic, setPublic] = useState(true);
  const [hasVpc, setVpc] = useState(true);
  const usesPassword = authentication === 'password' || template?.is_windows === true;
  const problems = password === '' ? [] : passwordProblems(password);
  const keys = [
    ...(sshKeys.data ?? []).filter(({ id }) => keyIds.includes(id)).map(({ public_key }) => public_key ?? ''),
    ...(pasted.trim() === '' ? [] : [pasted.trim()]),
  ];
  const names = left ?? namesOf(name.trim() || suggestedName(template, plan), count);
  const body: CreateVMRequest = {
    name: names[0] ?? '',
    template_id: templateId,
    pricing_id: plan?.id ?? 0,
    region,
    ...(usesPassword ? { password } : { ssh_keys: keys }),
    ...(Number(storage) > 0 ? { extra_storage: Number(storage) } : {}),
    ...(backup === 'none' ? {} : { backup_type: backup as 'daily' | 'weekly' }),
    ...(tags.length > 0 ? { tags } : {}),
    ...(hasPublic ? {} : { skip_public_ip: true }),
    ...(hasVpc ? {} : { skip_vpc: true }),
  };
  const missing = usesPassword
    ? password === ''
      ? 'Choose a password'
      : problems[0] && `The password ${problems[0]}`
    : keys.length === 0
      ? 'Choose an SSH key, or paste one'
      : undefined;
  const create = useChange(
    async () => {
      const made: string[] = [];
      for (const [index, one] of names.entries()) {
        try {
          made.push((await api.createVM({ body: { ...body, name: one } }, { projectId: projectId ?? '' })).data.id);
        } catch (error) {
          if (index > 0) setLeft(names.slice(index));
          throw error;
        }
      }
      return made;
    },
    {
      stale: ['vms', 'account', 'operations', 'audit'],
      onDone: (made) => navigate(to('project', made.length === 1 ? `vms/${made[0]}` : 'vms', project)),
    },
  );
  const isAllowed = account.is_owner || (projectId !== undefined && may('vm.create', projectId));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!missing) create.mutate();
      }}
    >
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
        <Stack>
          {looked === undefined && makers.length > 0 && (
            <Section title="Project">
              <Select
                label="Project"
                description="Resources belong to one project and can't move"
                data={makers.map(({ id, name: label }) => ({ value: id, label }))}
                value={chosen}
                onChange={setChosen}
                allowDeselect={false}
                maw={320}
              />
            </Section>
          )}
          <Section title="System">
            {regions.length > 1 && (
              <Select
                label="Region"
                data={regions}
                value={region}
                onChange={(value) => value !== null && setRegion(value)}
                allowDeselect={false}
              />
            )}
            <SimpleGrid cols={{ base: 1, xs: 2 }}>
              <Select
                label="System"
                data={[
                  { group: 'Systems', items: familiesOf(templates.filter((one) => !saved.includes(one))) },
                  { group: 'Saved images', items: familiesOf(templates.filter((one) => saved.includes(one))) },
                ].filter(({ items }) => items.length > 0)}
                value={template?.name ?? null}
                onChange={(family) => setTemplateId(templates.find((one) => one.name === family)?.id ?? '')}
                allowDeselect={false}
                searchable
              />
              <Select
                label="Version"
                data={templates
                  .filter((one) => one.name === template?.name)
                  .map(({ id, version }) => ({ value: id, label: version }))}
                value={templateId}
                onChange={(value) => value !== null && setTemplateId(value)}
                allowDeselect={false}
              />
            </SimpleGrid>
          </Section>
          <Section title="Size">
            <Radio.Group aria-label="Size" value={String(plan?.id)} onChange={(value) => setPlanId(Number(value))}>
              <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs">
                {fits.map((one) => (
                  <Radio.Card key={one.id} value={String(one.id)} p="sm" withBorder radius="md">
                    <Group wrap="nowrap" align="flex-start">
                      <Radio.Indicator />
                      <div>
                        <Text size="sm" fw={600}>
                          {one.vcpu} vCPU · {one.memory_gib} GB · {one.ssd_gib} GB
                        </Text>
                        <Text size="xs" c="dimmed">
                          ${one.monthly_price.toFixed(2)} a month · {one.vm_type}
                        </Text>
                      </div>
                    </Group>
                  </Radio.Card>
                ))}
              </SimpleGrid>
            </Radio.Group>
          </Section>
          <Section title="Sign-in">
            {template?.is_windows !== true && (
              <Radio.Group
                aria-label="Sign-in"
                value={authentication}
                onChange={(value) => setAuthentication(value as 'key' | 'password')}
              >
                <Group>
                  <Radio value="key" label="SSH key" />
                  <Radio value="password" label="Password" />
                </Group>
              </Radio.Group>
            )}
            {usesPassword ? (
              <PasswordInput
                label="Password"
                description="At least 12 characters with 2 upper-case letters, 2 digits and one of @+-_.,!"
                value={password}
                onChange={(event) => setPassword(event.currentTarget.value)}
                error={problems[0] && `The password ${problems[0]}`}
                autoComplete="new-password"
              />
            ) : (
              <>
                {(sshKeys.data ?? []).length > 0 && (
                  <Checkbox.Group label="SSH keys" value={keyIds} onChange={setKeyIds}>
                    <Stack gap={6} mt={4}>
                      {(sshKeys.data ?? []).map(({ id, name: label, key_type }) => (
                        <Checkbox key={id} value={id} label={`${label} (${key_type})`} />
                      ))}
                    </Stack>
                  </Checkbox.Group>
                )}
                <TextInput
                  label="Add another key"
                  placeholder="ssh-ed25519 AAAA…"
                  value={pasted}
                  onChange={(event) => setPasted(event.currentTarget.value)}
                  spellCheck={false}
                />
              </>
            )}
          </Section>
          <Section title="Network, storage, backup">
            <Switch
              label="Public IPv4 address"
              checked={hasPublic}
              onChange={(event) => setPublic(event.currentTarget.checked)}
            />
            <Switch
              label="Private network (VPC) of the project"
              checked={hasVpc}
              onChange={(event) => setVpc(event.currentTarget.checked)}
            />
            <NumberInput
              label="Additional storage, GB"
              value={storage}
              onChange={setStorage}
              min={0}
              max={limits.extraStorage}
              step={50}
            />
            <Select
              label="Backups"
              data={[
                { value: 'none', label: 'None' },
                { value: 'daily', label: 'Daily' },
                { value: 'weekly', label: 'Weekly' },
              ]}
              value={backup}
              onChange={(value) => setBackup(value ?? 'none')}
              allowDeselect={false}
            />
          </Section>
          <Section title="Name and tags">
            <TextInput
              label="Name"
              placeholder={suggestedName(template, plan)}
              description="Also the host name. Letters, digits and hyphens"
              value={name}
              onChange={(event) => {
                setName(event.currentTarget.value);
                setLeft(null);
              }}
              maxLength={64}
            />
            <NumberInput
              label="How many"
              description={names.length > 1 ? `${names[0]} to ${names.at(-1)}` : `Up to ${mostAtOnce} identical VMs`}
              value={count}
              onChange={(value) => {
                setCount(Math.min(mostAtOnce, Math.max(1, Math.trunc(Number(value)) || 1)));
                setLeft(null);
              }}
              min={1}
              max={mostAtOnce}
              allowDecimal={false}
            />
            <TagsInput
              label="Tags"
              placeholder="Enter after each"
              value={tags}
              onChange={setTags}
              maxTags={limits.tagsPerVm}
              splitChars={[',', ' ']}
            />
          </Section>
        </Stack>
        <Stack>
          <Card withBorder style={{ position: 'sticky', top: 72 }}>
            <Stack>
              <Group justify="space-between" align="flex-end">
                <div>
                  <Text size="xs" c="dimmed">
                    Price
                  </Text>
                  <Text size="xl" fw={700}>
                    ${((plan?.monthly_price ?? 0) * names.length).toFixed(2)} a month
                  </Text>
                  <Text size="xs" c="dimmed">
                    ${((plan?.price_per_hour ?? 0) * names.length).toFixed(6)} an hour, storage and backups apart
                  </Text>
                </div>
                <Text size="sm" ta="right">
                  in <b>{project?.name ?? 'no project'}</b>
                </Text>
              </Group>
              {quota.data !== undefined && (
                <Stack gap={4}>
                  <Meter
                    label="VMs after this"
                    used={quota.data.quota.vms.used}
                    more={names.length}
                    limit={quota.data.quota.vms.limit}
                  />
                  {quota.data.quota.vcpus.limit !== null && (
                    <Meter
                      label="vCPUs after this"
                      used={quota.data.quota.vcpus.used}
                      more={(plan?.vcpu ?? 0) * names.length}
                      limit={quota.data.quota.vcpus.limit}
                    />
                  )}
                </Stack>
              )}
              {!isAllowed && (
                <Alert color="yellow" variant="outline">
                  You need the Operator role in {project?.name ?? 'a project'} to create VMs. Switch project, or ask an
                  Owner or Admin.
                </Alert>
              )}
              {left !== null && (
                <Alert color="yellow" variant="outline">
                  {plural(count - left.length, 'machine')} of {count} {count - left.length === 1 ? 'is' : 'are'} being
                  made; the button goes on with the others.
                </Alert>
              )}
              <ErrorNotice error={create.error} />
              <Button type="submit" loading={create.isPending} disabled={missing !== undefined || !isAllowed}>
                {names.length === 1 ? 'Create VM' : `Create ${names.length} VMs`}
              </Button>
              {missing !== undefined && (
                <Text size="sm" role="status">
                  {missing} to go on.
                </Text>
              )}
              <div>
                <Title order={2} size="h5" mb={4}>
                  The same request{names.length > 1 && `, once for each of the ${names.length} names`}
                </Title>
                <Snippets snippets={vmSnippets({ ...body, ...(usesPassword ? { password: '…' } : {}) }, projectId)} />
              </div>
            </Stack>
          </Card>
        </Stack>
      </SimpleGrid>
    </form>
  );
}

const mostAtOnce = 20;

/** The names of machines that are made together: the last two digits count up. */
function namesOf(name: string, count: number): string[] {
  if (count === 1) return [name];
  const [, base = name, first = '01'] = /^(.*?)-(\d{2})$/.exec(name) ?? [];
  return Array.from({ length: count }, (_, index) => `${base}-${String(Number(first) + index).padStart(2, '0')}`);
}

function suggestedName(template: Template | undefined, plan: VMPricingPlan | undefined): string {
  const system = (template?.name ?? 'vm')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return `${system}-${plan?.vcpu ?? 1}cpu-${plan?.memory_gib ?? 1}gb-01`;
}
