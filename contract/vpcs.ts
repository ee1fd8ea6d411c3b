import { gatewayTypes } from './enums.ts';
import { operationsOf } from './operation.ts';
import { viewersOf } from './resources.ts';
import {
  answered,
  answeredWithPage,
  byId,
  largestWholeList,
  named,
  page,
  prose,
  region,
  SuccessResponse,
  time,
  uuid,
  word,
} from './schemas.ts';
import { Type } from './type.ts';

const name = () => Type.String({ minLength: 1, maxLength: 64 });
const address = () => Type.String({ maxLength: 15 });
const nameServer = () => Type.String({ format: 'ipv4', maxLength: 15 });
const gatewayType = () => word(gatewayTypes);
const cidr = () => Type.String({ maxLength: 18, pattern: '^([0-9]{1,3}\\.){3}[0-9]{1,3}/[0-9]{1,2}$' });
const addressCount = { minimum: 0, maximum: 65_536 };

export const VPC = named(
  'VPC',
  Type.Object({
    id: uuid(),
    account_id: Type.Optional(uuid()),
    project_id: Type.Optional(uuid()),
    name: Type.String({ maxLength: 64 }),
    description: Type.Optional(prose()),
    cidr: Type.String({ maxLength: 18 }),
    gateway: Type.Optional(Type.String()),
    dns: Type.Optional(address()),
    status: Type.String(),
    total_ips: Type.Optional(Type.Integer(addressCount)),
    used_ips: Type.Optional(Type.Integer(addressCount)),
    region: region(),
    gateway_type: Type.Optional(Type.String()),
    router_public_ip: Type.Optional(Type.String()),
    router_status: Type.Optional(Type.String()),
    created_at: Type.Optional(time()),
    updated_at: Type.Optional(time()),
  }),
);

const VPCLease = named('VPCLease', Type.Object({ ip: Type.String(), nic_id: Type.Integer() }));

export const VPCDetail = named(
  'VPCDetail',
  Type.Object({
    vpc: VPC,
    ip_range_start: Type.Optional(Type.String()),
    ip_range_end: Type.Optional(Type.String()),
    leases: Type.Optional(Type.Array(VPCLease)),
  }),
);

export const CreateVPCRequest = named(
  'CreateVPCRequest',
  Type.Object({
    name: name(),
    cidr: cidr(),
    region: Type.Optional(region()),
    description: Type.Optional(prose()),
    dns: Type.Optional(nameServer()),
    gateway_type: Type.Optional(gatewayType()),
  }),
);

export const UpdateVPCRequest = named(
  'UpdateVPCRequest',
  Type.Object({
    name: Type.Optional(name()),
    description: Type.Optional(prose()),
    dns: Type.Optional(nameServer()),
    gateway_type: Type.Optional(gatewayType()),
  }),
);

export const CIDRSuggestion = named(
  'CIDRSuggestion',
  Type.Object({
    cidr: Type.Optional(Type.String()),
    available_ips: Type.Optional(Type.Integer()),
    size: Type.Optional(word(['small', 'medium', 'large'])),
  }),
);

export const CIDRSuggestionsResponse = named(
  'CIDRSuggestionsResponse',
  Type.Object({
    success: Type.Boolean(),
    suggested: Type.Optional(Type.String()),
    suggested_ips: Type.Optional(Type.Integer()),
    alternatives: Type.Optional(Type.Array(CIDRSuggestion)),
    existing_count: Type.Optional(Type.Integer()),
  }),
);

const acrossProjects = operationsOf({ tag: 'Networking', project: 'readable', projectHeader: 'optional' });
const inProject = operationsOf({ tag: 'Networking', project: 'header', projectHeader: 'required' });
const vpcChange = operationsOf({
  tag: 'Networking',
  project: 'header',
  projectHeader: 'required',
  ...byId('vpc'),
});

/** Lists VPCs. */
export const listVPCs = acrossProjects({
  id: 'listVPCs',
  method: 'GET',
  path: '/api/v1/vpcs',
  summary: 'Lists VPCs, newest first',
  access: viewersOf('vpc'),
  query: Type.Object(page(largestWholeList)),
  answer: answeredWithPage(VPC, { maxItems: largestWholeList }),
});

/** Creates a VPC. */
export const createVPC = inProject({
  id: 'createVPC',
  method: 'POST',
  path: '/api/v1/vpcs',
  summary: 'Creates a VPC with a block that overlaps none of the account',
  access: { who: 'permission', anyOf: ['vpc.create'] },
  billing: 'standing',
  quota: ['vpcs'],
  body: CreateVPCRequest,
  status: 201,
  answer: answered(VPC),
  audit: 'vpc.create',
});

/** Suggests blocks for a new VPC. */
export const listVPCCIDRSuggestions = acrossProjects({
  id: 'listVPCCIDRSuggestions',
  method: 'GET',
  path: '/api/v1/vpcs/cidr-suggestions',
  summary: 'Suggests blocks that overlap no VPC of the account',
  access: viewersOf('vpc'),
  answer: CIDRSuggestionsResponse,
});

/** Shows a VPC with the addresses that are in use. */
export const getVPC = operationsOf({
  tag: 'Networking',
  project: 'resource',
  projectHeader: 'unused',
  ...byId('vpc'),
})({
  id: 'getVPC',
  method: 'GET',
  path: '/api/v1/vpcs/{id}',
  summary: 'Shows a VPC, its range and the addresses in use',
  access: { who: 'permission', anyOf: ['vpc.view'] },
  answer: answered(VPCDetail),
});

/** Renames or describes a VPC, or gives it another name server or gateway. */
export const updateVPC = vpcChange({
  id: 'updateVPC',
  method: 'PUT',
  path: '/api/v1/vpcs/{id}',
  summary: 'Renames or describes a VPC, or gives it another name server or gateway; its block stays',
  access: { who: 'permission', anyOf: ['vpc.manage'] },
  body: UpdateVPCRequest,
  answer: answered(VPC),
  audit: 'vpc.update',
});

/** Deletes a VPC that no VM is in. */
export const deleteVPC = vpcChange({
  id: 'deleteVPC',
  method: 'DELETE',
  path: '/api/v1/vpcs/{id}',
  summary: 'Deletes a VPC that no VM is in',
  access: { who: 'permission', anyOf: ['vpc.delete'] },
  answer: SuccessResponse,
  audit: 'vpc.delete',
});
