import { Alert, Select } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { SavedImage, SSHKey, Template, VMPricingPlan } from '@raffia/client/client.ts';
import { type FormEvent, useMemo, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { useCatalogue, useStoragePrices } from '../api/catalogue.ts';
import { useAccount, useImages, useSshKeys, useVms, useVpcs } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useMay } from '../api/session.tsx';
import { namesOf as nameList } from '../parts/bulk.ts';
import { DraftNotice } from '../parts/draft-notice.tsx';
import { type Gap, Gaps } from '../parts/gaps.tsx';
import { vmSnippets } from '../parts/key-snippets.ts';
import { ErrorNotice, Loaded, PageHead } from '../parts/notices.tsx';
import { plural } from '../parts/plural.ts';
import { inDollars } from '../parts/price.ts';
import { Skeleton } from '../parts/skeleton.tsx';
import { systemsOf } from '../parts/systems.ts';
import { toast } from '../parts/toast.tsx';
import { useAskBeforeLeaving } from '../parts/use-ask-before-leaving.tsx';
import { useDraft, useKeeping } from '../parts/use-draft.ts';
import { BackupsSection } from './create-vm/backups-section.tsx';
import { CodeDrawer } from './create-vm/code-drawer.tsx';
import { costOf, fundsAfter } from './create-vm/cost.ts';
import { type Act, CostBar, CostPanel, type Summary } from './create-vm/cost-panel.tsx';
import classes from './create-vm/create-vm.module.css';
import { differs, vmDraft } from './create-vm/draft.ts';
import { FormSection } from './create-vm/form-section.tsx';
import { commonStart, inWords, suggestedName } from './create-vm/names.ts';
import { NamesSection } from './create-vm/names-section.tsx';
import { NetworkSection } from './create-vm/network-section.tsx';
import { PartialNotice } from './create-vm/partial-notice.tsx';
import { askedOf, quotaProblems, shownOf } from './create-vm/quotas-after.ts';
import { SignInSection } from './create-vm/sign-in-section.tsx';
import { SizeSection } from './create-vm/size-section.tsx';
import { SystemSection } from './create-vm/system-section.tsx';
import { useCreation } from './create-vm/use-creation.ts';
import { useVmForm } from './create-vm/use-vm-form.ts';
import {
  countOf,
  firstValues,
  namesOf,
  planOf,
  requestOf,
  usesPassword,
  type VmValues,
  withSystem,
} from './create-vm/values.ts';
import { VolumeSection } from './create-vm/volume-section.tsx';

interface Offer {
  readonly regions: readonly { readonly code: string; readonly name: string; readonly is_default: boolean }[];
  readonly templates: readonly Template[];
  readonly plans: readonly VMPricingPlan[];
}

export default function CreateVm() {
  const { account } = useCurrent();
  const catalogue = useCatalogue();
  const keys = useSshKeys();
  const images = useImages();
  return (
    <>
      <PageHead title="Create VM" />
      <Loaded query={catalogue} shape="form">
        {(offer) =>
          keys.isLoading || images.isLoading ? (
            <Skeleton shape="form" isWithHead={false} />
          ) : (
            <Form key={account.id} offer={offer} keys={keys.data ?? []} images={images.data ?? []} />
          )
        }
      </Loaded>
    </>
  );
}

function Form({ offer, keys, images }: { offer: Offer; keys: readonly SSHKey[]; images: readonly SavedImage[] }) {
  const { to, project: looked, projects } = useScope();
  const may = useMay();
  const navigate = useNavigate();
  const isNarrow = useMediaQuery('(max-width: 1100px)', undefined, { getInitialValueInEffect: false });
  const [search] = useSearchParams();
  const everySystem = useMemo(() => systemsOf(offer.templates, images), [offer.templates, images]);
  // A link names the system, such as a saved image; it goes before what a draft says of it.
  const [named] = useState(() => everySystem.find(({ id }) => id === search.get('system')));
  const withNamed = (values: VmValues) => (named === undefined ? values : withSystem(values, named));
  const makers = projects.filter(({ id }) => may('vm.create', id));
  const [initial] = useState(() =>
    withNamed(firstValues(offer, keys, (makers.find(({ is_default }) => is_default) ?? makers[0])?.id ?? null)),
  );
  const draft = useDraft(vmDraft, initial);
  const { form, around, problems } = useVmForm(withNamed(draft.kept ?? initial));
  const { values } = form;
  const [wasTried, setTried] = useState(false);
  const [isCodeShown, setCodeShown] = useState(false);

  // Where all projects are looked at, the form asks which.
  const project = looked ?? makers.find(({ id }) => id === values.projectId);
  const systemsIn = (region: string) => everySystem.filter((one) => one.region === region);
  const systems = systemsIn(values.region);
  const system = systems.find(({ id }) => id === values.systemId);
  const plans = offer.plans.filter(({ region }) => region === values.region);
  const plan = planOf(values, plans, system);
  const vms = useVms();
  const taken = useMemo(() => new Set(vms.data?.map(({ name }) => name)), [vms.data]);
  const count = countOf(values);
  const suggested = suggestedName(system, plan, taken, count);
  const names = namesOf(values, suggested);
  const vpcs = useVpcs();
  const networks = (vpcs.data ?? []).filter(
    ({ project_id, region }) => project_id === project?.id && region === values.region,
  );
  const account = useAccount();
  const prices = useStoragePrices(values.region);
  around.current = {
    system,
    hasPlan: plan !== undefined,
    isAskedForProject: looked === undefined,
    suggested,
    taken,
    networks: networks.map(({ id }) => id),
  };

  const cost = costOf(values, count, plan, prices.data?.volume);
  const due = account.data?.billing_mode === 'subscription' ? cost.month : undefined;
  const after = account.data === undefined ? undefined : fundsAfter(due ?? 0, account.data);
  const asked = account.data === undefined ? [] : askedOf(account.data.quota, values, plan);

  const isDirty = differs(values, initial);
  const leaving = useAskBeforeLeaving(isDirty, {
    title: `Leave ${inWords(names)}`,
    action: 'Discard draft',
    lost: `${inWords(names)} ${names.length === 1 ? "isn't" : "aren't"} created yet. Leaving discards what you entered.`,
    onLeave: draft.drop,
    isSamePage: (pathname) => pathname.endsWith('/vms/new'),
  });
  useKeeping(draft, values);

  const body = requestOf(values, { name: names[0] ?? '', system, plan, keys });
  const { create, partial, done } = useCreation({
    form,
    names,
    body,
    projectId: project?.id ?? '',
    onCreated: (made) => {
      leaving.release();
      draft.end();
      const [only] = made;
      if (made.length === 1 && only !== undefined) {
        void navigate(to('project', `vms/${only.id}`, project));
        return;
      }
      const all = made.map(({ name }) => name);
      const start = commonStart(all);
      void navigate(`${to('project', 'vms', project)}${start === undefined ? '' : `?q=${encodeURIComponent(start)}`}`);
      toast(`${nameList(all)} are being created`);
    },
  });

  const gapsOf = (its: typeof asked, funds: typeof after): readonly Gap[] => [
    ...Object.entries(problems(values)).map(([path, text]) => ({ path, text: String(text) })),
    ...quotaProblems(its).map((text) => ({ text })),
    ...(due !== undefined && funds !== undefined && funds.balance < 0
      ? [
          {
            text: `Your balance is ${inDollars(-funds.balance)} short. Choose less, or ask your operator to add to it.`,
          },
        ]
      : []),
  ];
  const focus = (path: string) =>
    // Once the field that shows it is there.
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-path="${path}"]`)?.focus());
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (create.isPending || refused !== undefined) return;
    setTried(true);
    form.setErrors({ ...problems(values) });
    let gaps = gapsOf(asked, after);
    if (gaps.some(({ path }) => path === undefined)) {
      // What was read before may be old.
      const fresh = (await account.refetch()).data;
      if (fresh !== undefined) gaps = gapsOf(askedOf(fresh.quota, values, plan), fundsAfter(due ?? 0, fresh));
    }
    const [first] = gaps;
    if (first === undefined) {
      // What is suggested changes with the VMs that there are.
      if (!values.isNamed) form.setValues({ isNamed: true, name: suggested });
      create.mutate();
    } else if (first.path !== undefined) focus(first.path);
  };

  const mayCreate = project === undefined ? makers.length > 0 : may('vm.create', project.id);
  const refused = mayCreate
    ? undefined
    : `You need the Operator role in ${project?.name ?? 'a project'} to create VMs. Switch project, or ask an Owner or Admin.`;
  const regionName = offer.regions.find(({ code }) => code === values.region)?.name ?? values.region;
  const summary: Summary = {
    scope: `${plural(count, 'VM')} in ${project?.name ?? 'no project'}, ${regionName}`,
    count,
    cost,
    due,
    after,
    hasCredits: Number(account.data?.credits ?? 0) > 0,
    billing: to('account', 'usage'),
    quotas: shownOf(asked).map(({ label, more, quota }) => ({ label, more, ...quota })),
  };
  const act: Act = {
    label:
      partial === null
        ? count === 1
          ? 'Create VM'
          : `Create ${count} VMs`
        : `Create the other ${count === 1 ? 'VM' : count}`,
    isPending: create.isPending,
    refused,
    progress:
      create.isPending && count > 1 ? `Creating ${names[done] ?? names.at(-1)}, ${done} of ${count} done` : undefined,
    said: (
      <>
        {refused !== undefined && (
          <p className={classes.warning} role="status">
            {refused}
          </p>
        )}
        {partial !== null && <PartialNotice partial={partial} toVm={(id) => to('project', `vms/${id}`, project)} />}
        {create.error !== null && <ErrorNotice error={create.error} />}
        {wasTried && !create.isPending && !draft.isOver.current && <Gaps gaps={gapsOf(asked, after)} onGo={focus} />}
      </>
    ),
  };
  const snippets = vmSnippets(
    { ...body, ...(usesPassword(values, system) ? { password: '…' } : {}) } as Record<string, unknown>,
    project?.id,
  );
  const Costs = isNarrow === true ? CostBar : CostPanel;
  return (
    <>
      <form onSubmit={submit} noValidate className={classes.layout}>
        <div className={classes.card}>
          {draft.kept !== undefined && (
            <DraftNotice
              secret="A password is never kept."
              onStartOver={() => {
                draft.drop();
                form.setValues(initial);
                setTried(false);
              }}
            />
          )}
          {search.has('system') && named === undefined && (
            <Alert color="yellow" variant="outline" m="md" role="status">
              The system in this link isn't there. It may have been deleted. Choose another one.
            </Alert>
          )}
          {looked === undefined && (
            <FormSection title="Project">
              <Select
                aria-label="Project"
                description="Resources belong to one project and can't move"
                data={makers.map(({ id, name }) => ({ value: id, label: name }))}
                allowDeselect={false}
                maw={320}
                {...form.getInputProps('projectId')}
              />
            </FormSection>
          )}
          <SystemSection
            form={form}
            systems={systems}
            regions={offer.regions.map(({ code, name }) => ({ value: code, label: name }))}
            onRegion={(region) =>
              form.setValues({
                region,
                systemId: systemsIn(region)[0]?.id ?? '',
                network: 'auto',
              })
            }
          />
          <SizeSection form={form} plans={plans} plan={plan} system={system} />
          <SignInSection form={form} keys={keys} isWindows={system?.is_windows === true} />
          <NetworkSection form={form} networks={networks} names={names} projectId={project?.id} />
          <VolumeSection form={form} isWindows={system?.is_windows === true} price={prices.data?.volume} />
          <BackupsSection form={form} />
          <NamesSection form={form} names={names} suggested={suggested} />
        </div>
        <Costs summary={summary} act={act} onCode={() => setCodeShown(true)} />
      </form>
      {/* Outside the form: what is sent in a dialog is not the form's. */}
      <CodeDrawer
        snippets={snippets}
        names={names}
        makesNetwork={body.vpc_cidr !== undefined}
        isOpen={isCodeShown}
        onClose={() => setCodeShown(false)}
      />
      {leaving.dialog}
    </>
  );
}
