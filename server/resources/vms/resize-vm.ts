import type { resizeVM, resizeVMDisk } from '@raffia/contract/vm-actions.ts';
import { resizeBilling } from '../../billing/resize-billing.ts';
import { changeTerm } from '../../billing/terms.ts';
import type { Change, WriteCall } from '../../calls/route.ts';
import { ApiError, invalid } from '../../foundation/api-error.ts';
import { claimQuota } from '../../quotas/usage.ts';
import { beginWork, vmToChange } from './accept-action.ts';
import type { Vm } from './queries.ts';
import { resolveTemplate } from './resolve-template.ts';

/** Changes processors and memory to a plan's; the disk stays as it is and the price follows it (compute.md §3). */
export async function resizeVm(call: WriteCall<typeof resizeVM>) {
  const { services, tx, body, principal } = call;
  const vm = await vmToChange(call, 'resize');
  await refuseSecondChange(call, vm);
  const plan = services.catalogue.plan(body.pricing_id);
  if (plan === undefined) throw invalid('pricing_id names no plan; list plans with GET /api/v1/public/pricing/vm');
  if (plan.region !== vm.region) throw invalid(`The plan is in region ${plan.region}, not ${vm.region}`);
  if (vm.is_windows && plan.vmType !== 'premium') throw invalid('Windows needs a premium plan');
  const source = await resolveTemplate(services, tx, vm.account_id, vm.template_id, vm.region).catch(() => undefined);
  if (source !== undefined && (plan.vcpu < source.minCpu || plan.memoryGib < source.minRam)) {
    throw invalid(`The installed template needs at least ${source.minCpu} vCPU and ${source.minRam} GB of RAM`);
  }
  // Before the account's counters, which a creation locks after it.
  await services.capacity.claim(tx, { cpu: plan.vcpu - vm.cpu, ram: plan.memoryGib - vm.ram });
  await claimQuota(tx, principal.accountId, { vcpus: plan.vcpu - vm.cpu, ram: plan.memoryGib - vm.ram });

  const perGb = services.catalogue.diskMonthMicros(vm.region);
  const price = Math.max(0, plan.monthMicros + (vm.storage - plan.ssdGib) * perGb);
  const billing = await settlePrice(call, vm, price);
  await tx.db
    .updateTable('vms')
    .set({
      plan_id: plan.id,
      // Until it is done the machine may still have what it had.
      cpu: Math.max(plan.vcpu, vm.cpu),
      ram: Math.max(plan.memoryGib, vm.ram),
      price_month_micros: price,
      updated_at: new Date(services.clock.now()),
    })
    .where('id', '=', vm.id)
    .execute();
  await beginWork(call, vm, 'vm.resize', {
    from: { planId: vm.plan_id, cpu: vm.cpu, ram: vm.ram, priceMonthMicros: vm.price_month_micros },
    to: { cpu: plan.vcpu, ram: plan.memoryGib },
    change: billing.change,
  });
  return { success: true, message: 'The VM is being resized', id: vm.id, ...billing.shown };
}

/** Grows the system disk; the guest extends its file system itself. */
export async function resizeVmDisk(call: WriteCall<typeof resizeVMDisk>) {
  const { services, tx, body } = call;
  const vm = await vmToChange(call, 'resizeDisk');
  await refuseSecondChange(call, vm);
  if (body.new_size <= vm.storage) throw new ApiError('diskTooSmall', { size: vm.storage });
  await services.capacity.claim(tx, { disk: body.new_size - vm.storage });
  const price =
    vm.price_month_micros + (body.new_size - vm.storage) * services.catalogue.diskGrowthMonthMicros(vm.region);
  const billing = await settlePrice(call, vm, price);
  await tx.db
    .updateTable('vms')
    .set({ storage: body.new_size, price_month_micros: price, updated_at: new Date(services.clock.now()) })
    .where('id', '=', vm.id)
    .execute();
  await beginWork(call, vm, 'vm.disk-resize', {
    from: { storage: vm.storage, priceMonthMicros: vm.price_month_micros },
    change: billing.change,
  });
  return { success: true, message: 'The disk is being grown', id: vm.id, ...billing.shown };
}

/** Both kinds of size make the price, and each is taken back to what was before it: one at a time. */
async function refuseSecondChange({ tx }: Change, vm: Vm): Promise<void> {
  const pending = await tx.db
    .selectFrom('operations')
    .select('kind')
    .where('resource_id', '=', vm.id)
    .where('kind', 'in', ['vm.resize', 'vm.disk-resize'])
    .where('finished_at', 'is', null)
    .executeTakeFirst();
  if (pending === undefined) return;
  const what = pending.kind === 'vm.resize' ? 'This VM is being resized' : 'The disk of this VM is being grown';
  throw invalid(`${what}; try again when that is done`);
}

/** What a new price costs or gives for the rest of the term; only subscriptions show it. Amounts in micro-dollars. */
async function settlePrice({ services, tx }: Change, vm: Vm, newMonthMicros: number) {
  const change = await changeTerm(
    tx,
    { kind: 'vm', id: vm.id },
    'vm',
    { unitPriceMicros: newMonthMicros },
    new Date(services.clock.now()),
    { reason: `VM ${vm.name} resized`, resourceId: vm.id },
  );
  return { change: change.id, shown: resizeBilling(change, vm.price_month_micros, newMonthMicros) };
}
