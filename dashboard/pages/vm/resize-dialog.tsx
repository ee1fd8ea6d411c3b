import { Radio, Text } from '@mantine/core';
import type { VM, VMPricingPlan } from '@raffia/client/client.ts';
import type { PlanType } from '@raffia/contract/enums.ts';
import { useState } from 'react';
import { useCatalogue } from '../../api/catalogue.ts';
import { useCurrent } from '../../api/session.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { Loaded } from '../../parts/notices.tsx';
import { planRefusal } from '../../parts/plan-refusal.ts';
import { inDollars } from '../../parts/price.ts';
import classes from './resize-dialog.module.css';
import { useVmAct } from './use-vm-act.ts';

/** Why two plans of one size have two prices. */
const families: readonly { readonly type: PlanType; readonly title: string; readonly about: string }[] = [
  { type: 'standard', title: 'Standard', about: 'General purpose: processors are shared, so it costs less.' },
  { type: 'premium', title: 'Premium', about: 'CPU-optimized, at a higher price. Windows needs it.' },
];

/** Another plan for a machine: all there are in its region, by family, with the one that it has. */
export function ResizeDialog({ vm, onClose }: { vm: VM; onClose: () => void }) {
  const { api } = useCurrent();
  const catalogue = useCatalogue();
  const [chosen, setChosen] = useState<string | null>(null);
  const plan = catalogue.data?.plans.find(({ id }) => String(id) === chosen);
  const resize = useVmAct(vm, (options) => api.resizeVM({ id: vm.id, body: { pricing_id: Number(chosen) } }, options), {
    onClose,
    said: plan === undefined ? vm.name : `${vm.name} is changing to ${sizeOf(plan)}`,
  });
  return (
    <FormDialog
      title={`Change size of ${vm.name}`}
      action="Change size"
      change={resize}
      isReady={plan !== undefined}
      isDirty={chosen !== null}
      size="lg"
      onSubmit={() => resize.mutate()}
      onClose={onClose}
    >
      <Text size="sm">
        The disk stays {vm.storage} GB. A disk larger than the plan's adds to the price, a smaller one lowers it.
      </Text>
      <Loaded query={catalogue}>
        {({ plans, templates }) => {
          const system = templates.find(({ id }) => id === vm.template_id);
          return (
            <Radio.Group aria-label="Plan" value={chosen} onChange={setChosen}>
              {families.map(({ type, title, about }) => (
                <PlanTable
                  key={type}
                  title={title}
                  about={about}
                  plans={plans.filter((one) => one.vm_type === type && one.region === vm.region)}
                  refusalOf={(one) => {
                    if (one.id === vm.pricing_id) return 'Current plan';
                    return system === undefined ? undefined : planRefusal(one, system, vm.storage);
                  }}
                />
              ))}
            </Radio.Group>
          );
        }}
      </Loaded>
    </FormDialog>
  );
}

const sizeOf = ({ vcpu, memory_gib }: VMPricingPlan) => `${vcpu} vCPU and ${memory_gib} GB`;

function PlanTable({
  title,
  about,
  plans,
  refusalOf,
}: {
  title: string;
  about: string;
  plans: readonly VMPricingPlan[];
  refusalOf: (plan: VMPricingPlan) => string | undefined;
}) {
  if (plans.length === 0) return null;
  return (
    <div className={classes.family}>
      <h3>{title}</h3>
      <p>{about}</p>
      <ul>
        {plans.map((plan) => {
          const refused = refusalOf(plan);
          return (
            <li key={plan.id}>
              <Radio
                value={String(plan.id)}
                disabled={refused !== undefined}
                label={
                  <>
                    {plan.vcpu} vCPU · {plan.memory_gib} GB
                    {refused !== undefined && <span className={classes.reason}> {refused}</span>}
                  </>
                }
              />
              <span className={classes.price}>{inDollars(plan.monthly_price)} a month</span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
