import type { SecurityRule } from './security-groups.ts';

interface Template {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly rules: readonly SecurityRule[];
}

const inbound = (
  protocol: SecurityRule['protocol'],
  range?: string,
  from: Partial<SecurityRule> = {},
): SecurityRule => ({
  protocol,
  rule_type: 'INBOUND',
  ...(range === undefined ? {} : { range }),
  ...from,
});
const everythingOut: SecurityRule = { protocol: 'ALL', rule_type: 'OUTBOUND' };
/** VPCs have private blocks alone: what comes from there comes from a VPC. */
const privateBlocks = [
  { ip: '10.0.0.0', size: 8 },
  { ip: '172.16.0.0', size: 12 },
  { ip: '192.168.0.0', size: 16 },
  { ip: '100.64.0.0', size: 10 },
];

/** What a group can begin with (network.md §4.2). */
export const securityGroupTemplates: readonly Template[] = [
  {
    id: 'web-server',
    name: 'Web Server',
    description: 'SSH, HTTP, HTTPS and ping from everywhere',
    rules: [inbound('TCP', '22'), inbound('TCP', '80,443'), inbound('ICMP'), everythingOut],
  },
  {
    id: 'database-server',
    name: 'Database Server',
    description: 'SSH from everywhere, MySQL and PostgreSQL from private networks',
    rules: [inbound('TCP', '22'), ...privateBlocks.map((block) => inbound('TCP', '3306,5432', block)), everythingOut],
  },
  {
    id: 'ssh-only',
    name: 'SSH Only',
    description: 'SSH from everywhere, nothing else in',
    rules: [inbound('TCP', '22'), everythingOut],
  },
  { id: 'allow-all', name: 'Allow All', description: 'Everything in and out', rules: [inbound('ALL'), everythingOut] },
  { id: 'deny-all', name: 'Deny All', description: 'Nothing in and nothing out', rules: [] },
];
