import { Radio } from '@mantine/core';
import type { VMPricingPlan } from '@raffia/client/client.ts';
import { type PlanType, planTypes } from '@raffia/contract/enums.ts';
import { useId } from 'react';
import { planRefusal } from '../../parts/plan-refusal.ts';
import { hourly, inDollars } from '../../parts/price.ts';
import type { System } from '../../parts/systems.ts';
import { families } from './cost.ts';
import classes from './create-vm.module.css';
import { Choice, ChoiceError, FormSection } from './form-section.tsx';
import type { VmForm } from './use-vm-form.ts';

const kinds: Readonly<Record<PlanType, string>> = { standard: 'shared CPU', premium: 'dedicated CPU' };

/** Why no plan of a family can be had, where all are refused for one reason. */
function familyRefusal(plans: readonly VMPricingPlan[], system: System | undefined): string | undefined {
  if (system === undefined) return undefined;
  const [first, ...others] = new Set(plans.map((plan) => planRefusal(plan, system)));
  return others.length === 0 ? first : undefined;
}

export function SizeSection({
  form,
  plans,
  plan: chosen,
  system,
}: {
  form: VmForm;
  /** Those of the region. */
  plans: readonly VMPricingPlan[];
  plan: VMPricingPlan | undefined;
  system: System | undefined;
}) {
  const id = useId();
  const ofFamily = (type: PlanType) => plans.filter(({ vm_type }) => vm_type === type);
  const offered = planTypes.filter((type) => ofFamily(type).length > 0);
  const refusals = offered.flatMap((type) => familyRefusal(ofFamily(type), system) ?? []);
  const isRefused = (type: PlanType) => familyRefusal(ofFamily(type), system) !== undefined;
  const choose = ({ id: planId, vm_type: family }: VMPricingPlan, refusal: string | undefined) => {
    if (refusal !== undefined) return;
    form.setFieldValue('planId', planId);
    form.setFieldValue('family', family);
  };
  const shown = isRefused(form.values.family) ? (chosen?.vm_type ?? form.values.family) : form.values.family;
  return (
    <FormSection
      title="Size"
      choice={
        offered.length > 1 && (
          <Choice
            aria-label="Family of sizes"
            data={offered.map((type) => ({
              value: type,
              disabled: isRefused(type),
              label: (
                <>
                  {families[type]}
                  <span className={classes.long}>, {kinds[type]}</span>
                </>
              ),
            }))}
            value={shown}
            onChange={(value) => form.setFieldValue('family', value as PlanType)}
          />
        )
      }
    >
      {refusals.map((refusal) => (
        <p key={refusal} className={classes.note}>
          {refusal}
        </p>
      ))}
      <div className={classes.plans} role="radiogroup" aria-label="Size">
        <table>
          <thead>
            <tr>
              <th className={classes.mark}>
                <span className="visually-hidden">Chosen</span>
              </th>
              <th>vCPU</th>
              <th>Memory</th>
              <th>Disk</th>
              <th className={classes.hour}>Hourly</th>
              <th className={classes.month}>Monthly</th>
            </tr>
          </thead>
          <tbody>
            {ofFamily(shown).map((plan) => {
              const refusal = system === undefined ? undefined : planRefusal(plan, system);
              return (
                <tr
                  key={plan.id}
                  data-chosen={plan.id === chosen?.id || undefined}
                  data-refused={refusal !== undefined || undefined}
                  onClick={() => choose(plan, refusal)}
                >
                  <td className={classes.mark}>
                    <Radio
                      name={id}
                      checked={plan.id === chosen?.id}
                      onChange={() => choose(plan, refusal)}
                      aria-label={`${plan.vcpu} vCPU, ${plan.memory_gib} GB memory, ${plan.ssd_gib} GB disk, ${inDollars(plan.monthly_price)} a month`}
                      {...(plan.id === chosen?.id ? { 'data-path': 'planId' } : {})}
                      {...(refusal === undefined
                        ? {}
                        : { 'aria-disabled': true, 'aria-describedby': `${id}-${plan.id}` })}
                    />
                  </td>
                  <td>{plan.vcpu}</td>
                  <td>{plan.memory_gib} GB</td>
                  <td>
                    {plan.ssd_gib} GB
                    {refusal !== undefined && (
                      <span id={`${id}-${plan.id}`} className={classes.reason}>
                        {refusal}
                      </span>
                    )}
                  </td>
                  <td className={classes.hour}>{refusal === undefined && hourly(plan.price_per_hour)}</td>
                  <td className={classes.month}>{inDollars(plan.monthly_price)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <ChoiceError>{form.errors.planId}</ChoiceError>
    </FormSection>
  );
}
