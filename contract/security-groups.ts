import { directions, protocols } from './enums.ts';
import { operationsOf } from './operation.ts';
import { viewersOf } from './resources.ts';
import {
  answered,
  answeredWithPage,
  byId,
  int32,
  largestWholeList,
  named,
  page,
  prose,
  SuccessResponse,
  time,
  uuid,
  word,
} from './schemas.ts';
import { mostRules } from './security-rules.ts';
import { type Static, Type } from './type.ts';

/** What a request may bring: what is over is told by the direction that has too many. */
const mostRulesOfGroup = 2 * mostRules + 20;

const name = () => Type.String({ minLength: 1, maxLength: 64 });

/** What a rule says, as it is sent and given back; whether it is one that a firewall can follow, the server reads (security-rules.ts). */
export const SecurityGroupRule = named(
  'SecurityGroupRule',
  Type.Object({
    protocol: word(protocols, { 'x-also': 'lower case' }),
    rule_type: word(directions, { 'x-also': 'lower case' }),
    range: Type.Optional(Type.String({ maxLength: 500 })),
    ip: Type.Optional(Type.String({ maxLength: 45 })),
    size: Type.Optional(Type.Integer({ minimum: 0, maximum: 128, 'x-also': 'digits' })),
    icmp_type: Type.Optional(Type.Integer({ minimum: 0, maximum: 255 })),
  }),
);

/** A rule as it is kept and given back. */
export type SecurityRule = Static<typeof SecurityGroupRule>;

const groupRules = () => Type.Array(SecurityGroupRule, { maxItems: mostRulesOfGroup });

export const SecurityGroup = named(
  'SecurityGroup',
  Type.Object({
    id: uuid(),
    name: Type.String({ maxLength: 64 }),
    description: Type.Optional(prose()),
    rules: groupRules(),
    vm_count: Type.Optional(int32()),
    project_id: Type.Optional(uuid()),
    created_at: Type.Optional(time()),
    updated_at: Type.Optional(time()),
  }),
);

export const SecurityGroupTemplate = named(
  'SecurityGroupTemplate',
  Type.Object({
    id: Type.String(),
    name: Type.String({ maxLength: 64 }),
    description: Type.Optional(prose()),
    rules: groupRules(),
  }),
);

export const CreateSecurityGroupRequest = named(
  'CreateSecurityGroupRequest',
  Type.Object({
    name: name(),
    description: Type.Optional(prose()),
    template_id: Type.Optional(Type.String({ maxLength: 64 })),
    rules: Type.Optional(groupRules()),
  }),
);

export const UpdateSecurityGroupRequest = named(
  'UpdateSecurityGroupRequest',
  Type.Object({
    name: Type.Optional(name()),
    description: Type.Optional(prose()),
    rules: Type.Optional(groupRules()),
  }),
);

const groupChange = operationsOf({
  tag: 'Networking',
  project: 'header',
  projectHeader: 'required',
  ...byId('securityGroup'),
});

/** Lists security groups. */
export const listSecurityGroups = operationsOf({ tag: 'Networking', project: 'readable', projectHeader: 'optional' })({
  id: 'listSecurityGroups',
  method: 'GET',
  path: '/api/v1/security-groups',
  summary: 'Lists security groups, newest first',
  access: viewersOf('securityGroup'),
  query: Type.Object(page(largestWholeList)),
  answer: answeredWithPage(SecurityGroup, { maxItems: largestWholeList }),
});

/** Creates a security group. */
export const createSecurityGroup = operationsOf({
  tag: 'Networking',
  project: 'header',
  projectHeader: 'required',
})({
  id: 'createSecurityGroup',
  method: 'POST',
  path: '/api/v1/security-groups',
  summary: 'Creates a security group from a template, rules or both',
  access: { who: 'permission', anyOf: ['security_group.create'] },
  quota: ['securityGroups'],
  body: CreateSecurityGroupRequest,
  status: 201,
  answer: answered(SecurityGroup),
  audit: 'securitygroup.create',
});

/** Lists the templates of security groups. */
export const listSecurityGroupTemplates = operationsOf({
  tag: 'Networking',
  project: 'account',
  projectHeader: 'unused',
})({
  id: 'listSecurityGroupTemplates',
  method: 'GET',
  path: '/api/v1/security-groups/templates',
  summary: 'Lists the templates of security groups',
  access: { who: 'key' },
  answer: answered(Type.Array(SecurityGroupTemplate)),
});

/** Shows a security group with its rules. */
export const getSecurityGroup = operationsOf({
  tag: 'Networking',
  project: 'resource',
  projectHeader: 'unused',
  ...byId('securityGroup'),
})({
  id: 'getSecurityGroup',
  method: 'GET',
  path: '/api/v1/security-groups/{id}',
  summary: 'Shows a security group with its rules',
  access: { who: 'permission', anyOf: ['security_group.view'] },
  answer: answered(SecurityGroup),
});

/** Changes a security group. */
export const updateSecurityGroup = groupChange({
  id: 'updateSecurityGroup',
  method: 'PUT',
  path: '/api/v1/security-groups/{id}',
  summary: 'Changes a security group; rules replace all that were there',
  access: { who: 'permission', anyOf: ['security_group.manage'] },
  body: UpdateSecurityGroupRequest,
  answer: answered(SecurityGroup),
  audit: 'securitygroup.update',
});

/** Deletes a security group that no interface has. */
export const deleteSecurityGroup = groupChange({
  id: 'deleteSecurityGroup',
  method: 'DELETE',
  path: '/api/v1/security-groups/{id}',
  summary: 'Deletes a security group that no interface has',
  access: { who: 'permission', anyOf: ['security_group.delete'] },
  answer: SuccessResponse,
  audit: 'securitygroup.delete',
});
