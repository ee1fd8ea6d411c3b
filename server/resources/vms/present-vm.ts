import { hourlyPrice } from '@raffia/contract/money.ts';
import type { AnswerOf } from '@raffia/contract/operation.ts';
import type { getVM } from '@raffia/contract/vms.ts';
import type { VmView } from './queries.ts';

type VmAnswer = NonNullable<AnswerOf<typeof getVM>['data']>;

/** A machine in the contract's shape. Addresses are left out while there are none; nullable fields are null. */
export function presentVm(vm: VmView): VmAnswer {
  return {
    id: vm.id,
    name: vm.name,
    status: vm.status,
    ...reasonOf(vm),
    cpu: vm.cpu,
    ram: vm.ram,
    storage: vm.storage,
    added_storage: vm.added_storage,
    total_storage: vm.storage + vm.added_storage,
    template_id: vm.template_id,
    template_name: vm.template_name,
    template_version: vm.template_version,
    version: vm.template_version,
    price_per_hour: hourlyPrice(vm.price_month_micros),
    pricing_id: vm.plan_id,
    created_by: vm.created_by,
    billing_type: vm.billing_type,
    ...(vm.subscription_id === null ? {} : { subscription_id: vm.subscription_id }),
    backup_type: vm.backup_type,
    region: vm.region as VmAnswer['region'],
    project_id: vm.project_id,
    ...(vm.public_ipv4 === null ? {} : { public_ipv4_address: vm.public_ipv4 }),
    public_ipv6_address: null,
    ...(vm.private_ipv4 === null ? {} : { private_ipv4_address: vm.private_ipv4 }),
    private_ipv6_address: null,
    tags: vm.tags.map((tag) => ({ ...tag, created_at: new Date(tag.created_at).toISOString() })),
    active: vm.status === 'active',
    created_at: vm.created_at.toISOString(),
    updated_at: vm.updated_at.toISOString(),
  };
}

function reasonOf({ is_saving, failure_reason }: VmView): { status_reason?: string } {
  if (is_saving) return { status_reason: 'An image of this VM is being saved' };
  return failure_reason === null ? {} : { status_reason: failure_reason };
}
