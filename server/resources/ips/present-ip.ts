import type { AddressType } from '@raffia/contract/enums.ts';
import type { getIP } from '@raffia/contract/ips.ts';
import type { AnswerOf } from '@raffia/contract/operation.ts';
import type { Row } from '../../database/tables.ts';
import { familyOf } from '../../foundation/cidr.ts';

type IpAnswer = NonNullable<AnswerOf<typeof getIP>['data']>;

/** An address that an account has. */
export type OwnedAddress = Row<'public_addresses'> & {
  readonly id: string;
  readonly account_id: string;
  readonly project_id: string;
};

/** The contract's word for the family of an address. */
export const addressTypeOf = (address: string): AddressType => (familyOf(address) === 6 ? 'IPv6' : 'IPv4');

/** A public address in the contract's shape. */
export function presentIp(row: OwnedAddress): IpAnswer {
  return {
    id: row.id,
    account_id: row.account_id,
    project_id: row.project_id,
    ...(row.created_by === null ? {} : { created_by: row.created_by }),
    ip_address: row.address,
    type: addressTypeOf(row.address),
    status: row.state === 'attached' ? 'in-use' : 'free',
    reserved: row.is_reserved,
    region: row.region as IpAnswer['region'],
    ...(row.created_at === null ? {} : { created_at: row.created_at.toISOString() }),
    ...(row.updated_at === null ? {} : { updated_at: row.updated_at.toISOString() }),
  };
}
