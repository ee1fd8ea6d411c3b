import { randomUUIDv7 } from 'node:crypto';
import type { AddressType, BillingPeriod } from '@raffia/contract/enums.ts';
import type { changeIP, releaseIP, reserveIP } from '@raffia/contract/ips.ts';
import { lockAccount } from '../../billing/lock-account.ts';
import { beginTerm, endTerms, moveTerms } from '../../billing/terms.ts';
import type { Change, ChangeById, WriteCall } from '../../calls/route.ts';
import { invalid } from '../../foundation/api-error.ts';
import { defaultRegionOf } from '../projects/default-region.ts';
import { poolsOf } from './address-pools.ts';
import { addressTypeNamed } from './address-type-named.ts';
import { type OwnedAddress, presentIp } from './present-ip.ts';
import {
  letGoOfAddress,
  lockUnattached,
  type TakenAddress,
  type Taker,
  takePublicAddress,
} from './public-addresses.ts';

const firstTerm: Readonly<Record<BillingPeriod, string>> = {
  monthly: 'first month',
  yearly: 'first year',
  twenty_four_month: 'first 24 months',
};

/** Reserves an address of a pool. A subscription pays for the whole period now, pay-as-you-go for the hours, as long as it is reserved. */
export async function reserveIp(call: WriteCall<typeof reserveIP>) {
  const { services, tx, principal, projectId, body } = call;
  const { accountId } = principal;
  const type = addressTypeNamed(body.type);
  const prices = services.catalogue.addresses;
  if (prices === undefined) throw invalid('This cloud has no price for public IPs, so that none can be reserved');
  const { billingMode } = await lockAccount(tx, accountId);
  const region = body.region ?? (await defaultRegionOf(tx, projectId));
  const now = new Date(services.clock.now());
  const taker = { isReserved: true, accountId, projectId, createdBy: principal.actorId, region, now };
  const { id, address } = await take(call, type, taker);
  const isSubscription = billingMode === 'subscription';
  const period = isSubscription ? (body.billing_period ?? 'monthly') : 'monthly';
  await beginTerm(
    tx,
    {
      accountId,
      projectId,
      subscriptionId: isSubscription ? randomUUIDv7() : null,
      item: 'address',
      resource: { kind: 'ip', id },
      name: address,
      unitPriceMicros: type === 'IPv6' ? prices.ipv6 : prices.ipv4,
      period,
      now,
    },
    { reason: `Public IP ${address}, ${firstTerm[period]}`, resourceId: id },
  );
  call.audit.details = { ip_address: address, type, ...(isSubscription ? { billing_period: period } : {}) };
  return { success: true, data: presentIp(await owned(call, id)) };
}

/** Gives a reserved address back, and what is left of the time that was paid for. It may be given to somebody else at once. */
export async function releaseIp(call: WriteCall<typeof releaseIP>) {
  const { services, tx } = call;
  const { id, address } = await lockOne(call);
  const now = new Date(services.clock.now());
  const reason = `Public IP ${address} released, unused time`;
  await endTerms(tx, { kind: 'ip', id }, now, { reason, resourceId: id });
  await letGoOfAddress(tx, address, now);
  call.audit.details = { ip_address: address };
  return { success: true, message: 'The public IP was released' };
}

/** Gives a reserved address back and reserves another of the same kind in its place; what was paid for it is paid for the new one. */
export async function changeIp(call: WriteCall<typeof changeIP>) {
  const { services, tx } = call;
  const old = await lockOne(call);
  const { type } = presentIp(old);
  const now = new Date(services.clock.now());
  // First, so that the account never has one more than it may.
  await letGoOfAddress(tx, old.address, now);
  const { id, address } = await take(call, type, {
    isReserved: true,
    accountId: old.account_id,
    projectId: old.project_id,
    createdBy: old.created_by ?? call.principal.actorId,
    region: old.region,
    now,
    except: old.address,
  });
  await moveTerms(tx, { kind: 'ip', id: old.id }, { resource: { kind: 'ip', id }, name: address }, now);
  call.audit.details = { ip_address_before: old.address, ip_address: address, new_id: id };
  return {
    success: true,
    old_ip: { ...presentIp(old), reserved: false, updated_at: now.toISOString() },
    new_ip: presentIp(await owned(call, id)),
  };
}

/** The reserved address that the path names, locked; its account is locked before it. */
async function lockOne({ tx, principal, params }: ChangeById): Promise<OwnedAddress> {
  await lockAccount(tx, principal.accountId);
  return lockUnattached(tx, principal.accountId, params.id);
}

function take({ services, tx }: Change, type: AddressType, taker: Taker): Promise<TakenAddress> {
  return takePublicAddress(tx, services.addressStock, poolsOf(services.configuration, taker.region, type), taker);
}

async function owned({ tx }: Change, id: string): Promise<OwnedAddress> {
  const row = await tx.db.selectFrom('public_addresses').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  return row as OwnedAddress;
}
