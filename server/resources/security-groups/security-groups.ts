import { randomUUIDv7 } from 'node:crypto';
import type { AnswerOf } from '@raffia/contract/operation.ts';
import { securityGroupTemplates } from '@raffia/contract/security-group-templates.ts';
import type {
  createSecurityGroup,
  deleteSecurityGroup,
  getSecurityGroup,
  listSecurityGroups,
  SecurityRule,
  updateSecurityGroup,
} from '@raffia/contract/security-groups.ts';
import { keptRules, RuleProblem } from '@raffia/contract/security-rules.ts';
import { sql } from 'kysely';
import { wholePageOf } from '../../calls/page.ts';
import type { ListCall, ReadCall, WriteCall } from '../../calls/route.ts';
import type { Row } from '../../database/tables.ts';
import type { Transaction } from '../../database/transaction.ts';
import { invalid, notFound } from '../../foundation/api-error.ts';
import { askMachines } from '../../operations/ask-machines.ts';
import { isLeaving } from '../vpcs/vpc-view.ts';

type GroupAnswer = NonNullable<AnswerOf<typeof getSecurityGroup>['data']>;

/** How many interfaces have a group; of those that are leaving nobody is told. */
const vmCount = sql<number>`
  (select count(*) from nic_security_groups g join nics n using (vm_id, nic_id) join vms v on v.id = n.vm_id
    where g.security_group_id = security_groups.id and not ${isLeaving})::int`.as('vm_count');

/** The security groups of the projects that the caller may see. */
export async function listGroups({ visible, query }: ListCall<typeof listSecurityGroups>) {
  const { rows, total } = await visible.page(visible.from('securityGroup'), wholePageOf(query), (groups) =>
    groups.selectAll().select(vmCount).orderBy('created_at', 'desc').orderBy('id', 'desc'),
  );
  return { success: true, data: rows.map(present), total };
}

export function listTemplates() {
  return {
    success: true,
    data: securityGroupTemplates.map(({ rules, ...template }) => ({ ...template, rules: [...rules] })),
  };
}

export async function getGroup({ services, principal, params }: ReadCall<typeof getSecurityGroup>) {
  const row = await services.db
    .selectFrom('security_groups')
    .selectAll()
    .select(vmCount)
    .where('id', '=', params.id)
    .where('account_id', '=', principal.accountId)
    .executeTakeFirst();
  if (row === undefined) throw notFound('securityGroup');
  return { success: true, data: present(row) };
}

/** Creates a group: the rules of its template first, then those of the request that are not among them. */
export async function createGroup(call: WriteCall<typeof createSecurityGroup>) {
  const { services, tx, principal, projectId, body } = call;
  const template = securityGroupTemplates.find(({ id }) => id === body.template_id);
  if (body.template_id !== undefined && template === undefined) {
    throw invalid('template_id names no template; list them with GET /api/v1/security-groups/templates');
  }
  const own = (body.rules ?? []).map(inOneCase);
  const copied = template?.rules ?? [];
  const known = new Set(copied.map(spelled));
  const now = new Date(services.clock.now());
  const row = await tx.db
    .insertInto('security_groups')
    .values({
      id: randomUUIDv7(),
      account_id: principal.accountId,
      project_id: projectId,
      name: body.name,
      description: body.description ?? null,
      rules: JSON.stringify(kept([...copied, ...own.filter((rule) => !known.has(spelled(rule)))])),
      created_at: now,
      updated_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  call.audit.details = { name: row.name, rules: row.rules };
  return { success: true, data: present({ ...row, vm_count: 0 }) };
}

/** Changes what is given; rules replace all that were there, and are told to the hosts of all machines that have the group. */
export async function updateGroup(call: WriteCall<typeof updateSecurityGroup>) {
  const { services, tx, principal, params, body } = call;
  const { name, description, rules } = body;
  if (name === undefined && description === undefined && rules === undefined) {
    throw invalid('At least one field is required: name, description or rules');
  }
  const before = await tx.db
    .selectFrom('security_groups')
    .select('rules')
    .where('id', '=', params.id)
    .where('account_id', '=', principal.accountId)
    .forUpdate()
    .executeTakeFirst();
  if (before === undefined) throw notFound('securityGroup');
  const row = await tx.db
    .updateTable('security_groups')
    .set({
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
      ...(rules === undefined ? {} : { rules: JSON.stringify(kept(rules.map(inOneCase))) }),
      updated_at: new Date(services.clock.now()),
    })
    .where('id', '=', params.id)
    .returningAll()
    .returning(vmCount)
    .executeTakeFirstOrThrow();
  if (rules !== undefined) {
    const having = sql<boolean>`v.id in (select vm_id from nic_security_groups where security_group_id = ${row.id})`;
    await askMachines(services, tx, 'vm.filter', having, principal.actorId);
  }
  call.audit.details = {
    name: row.name,
    ...(rules === undefined ? {} : { rules_before: before.rules, rules: row.rules }),
  };
  return { success: true, data: present(row) };
}

/** Deletes a group that no interface has. From machines that are being deleted it goes before them. */
export async function deleteGroup(call: WriteCall<typeof deleteSecurityGroup>) {
  const { tx, principal, params } = call;
  // Whoever attaches it holds the row: either he comes too late, or his attachment is seen here.
  const group = await tx.db
    .selectFrom('security_groups')
    .select(['id', 'name'])
    .where('id', '=', params.id)
    .where('account_id', '=', principal.accountId)
    .forUpdate()
    .executeTakeFirst();
  if (group === undefined) throw notFound('securityGroup');
  await refuseWhileAttached(tx, group.id);
  await tx.db.deleteFrom('nic_security_groups').where('security_group_id', '=', group.id).execute();
  await tx.db.deleteFrom('security_groups').where('id', '=', group.id).execute();
  call.audit.details = { name: group.name };
  return { success: true, message: 'The security group was deleted' };
}

/** An interface that is being detached may come back where its host does not let go of it: not without its rules. */
async function refuseWhileAttached(tx: Transaction, groupId: string): Promise<void> {
  const { rows } = await sql<{ vm: string; nic_id: number; is_detaching: boolean }>`
    select v.name as vm, n.nic_id, n.state = 'detaching' as is_detaching
      from nic_security_groups g join nics n using (vm_id, nic_id) join vms v on v.id = n.vm_id
     where g.security_group_id = ${groupId} and v.deleted_at is null order by is_detaching, v.created_at, v.id, n.nic_id`.execute(
    tx.db,
  );
  const [first] = rows;
  if (first === undefined) return;
  const where = `the network interface ${first.nic_id} of the VM ${first.vm}`;
  if (first.is_detaching)
    throw invalid(`The security group is attached to ${where}, which is being detached; try again when that is done`);
  const others = rows.length === 1 ? '' : ` and ${rows.length - 1} more`;
  throw invalid(`The security group is attached to ${where}${others}; detach it first`);
}

/** @throws ApiError 400 for a rule that cannot be followed, or for too many */
function kept(rules: readonly SecurityRule[]): SecurityRule[] {
  try {
    return keptRules(rules);
  } catch (error) {
    throw error instanceof RuleProblem ? invalid(error.message) : error;
  }
}

/** Clients write the words in lower case and numbers as text; what comes back is as the contract has it. */
function inOneCase(rule: SecurityRule): SecurityRule {
  return {
    ...rule,
    protocol: rule.protocol.toUpperCase() as SecurityRule['protocol'],
    rule_type: rule.rule_type.toUpperCase() as SecurityRule['rule_type'],
    ...(rule.size === undefined ? {} : { size: Number(rule.size) }),
  };
}

/** Whether two rules are one: by what they say, whatever the order of their fields. */
const spelled = ({ protocol, rule_type, range = '', ip = '', size, icmp_type }: SecurityRule) =>
  JSON.stringify([protocol, rule_type, range, ip, size, icmp_type]);

function present(row: Row<'security_groups'> & { vm_count: number }): GroupAnswer {
  return {
    id: row.id,
    name: row.name,
    ...(row.description === null ? {} : { description: row.description }),
    rules: row.rules,
    vm_count: row.vm_count,
    project_id: row.project_id,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
