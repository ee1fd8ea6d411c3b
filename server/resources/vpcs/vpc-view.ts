import type { AnswerOf } from '@raffia/contract/operation.ts';
import type { updateVPC } from '@raffia/contract/vpcs.ts';
import { sql } from 'kysely';
import type { Row } from '../../database/tables.ts';
import { addressText, type Block, parseBlock } from '../../foundation/cidr.ts';
import type { Services } from '../../services.ts';

export type VpcAnswer = NonNullable<AnswerOf<typeof updateVPC>['data']>;

export interface VpcView extends Row<'vpcs'> {
  readonly used_ips: number;
}

/** Whether an interface `n` is leaving its VPC, by itself or with its machine: nobody is told of it any more. */
export const isLeaving = sql<boolean>`(n.state = 'detaching')`;

/** How many addresses machines have in a VPC. */
export const usedIps = sql<number>`
  (select count(*) from nics n
    where n.vpc_id = vpcs.id and n.type = 'vpc' and not ${isLeaving})::int`.as('used_ips');

/** The addresses that machines may get: the network's own, the gateway's and the broadcast are kept back. */
export function usableRange(cidr: string): { first: number; last: number; gateway: number; count: number } {
  const { first, last } = parseBlock(cidr) as Block;
  return { first: first + 2, last: last - 1, gateway: first + 1, count: last - first - 2 };
}

/** A VPC in the contract's shape. */
export function presentVpc({ configuration }: Pick<Services, 'configuration'>, vpc: VpcView): VpcAnswer {
  const { gateway, count } = usableRange(vpc.cidr);
  return {
    id: vpc.id,
    account_id: vpc.account_id,
    project_id: vpc.project_id,
    name: vpc.name,
    ...(vpc.description === null ? {} : { description: vpc.description }),
    cidr: vpc.cidr,
    gateway: addressText(gateway),
    dns: vpc.dns ?? configuration.incus.dns[0] ?? '8.8.8.8',
    status: 'active',
    total_ips: count,
    used_ips: vpc.used_ips,
    region: vpc.region as VpcAnswer['region'],
    gateway_type: vpc.gateway_type,
    ...(vpc.gateway_type === 'none' || vpc.router_address === null ? {} : { router_public_ip: vpc.router_address }),
    ...(vpc.router_status === null ? {} : { router_status: vpc.router_status }),
    created_at: vpc.created_at.toISOString(),
    updated_at: vpc.updated_at.toISOString(),
  };
}
