import { addressStatuses, addressTypes, billingPeriods } from './enums.ts';
import { operationsOf } from './operation.ts';
import { viewersOf } from './resources.ts';
import { answered, answeredWithPage, byId, named, page, region, SuccessResponse, time, uuid, word } from './schemas.ts';
import { Type } from './type.ts';

export const FloatingIP = named(
  'FloatingIP',
  Type.Object({
    id: uuid(),
    account_id: Type.Optional(uuid()),
    project_id: Type.Optional(uuid()),
    created_by: Type.Optional(uuid()),
    ip_address: Type.String(),
    type: word(addressTypes),
    status: word(addressStatuses),
    reserved: Type.Boolean(),
    region: Type.Optional(region()),
    created_at: Type.Optional(time()),
    updated_at: Type.Optional(time()),
  }),
);

export const ReserveIPRequest = named(
  'ReserveIPRequest',
  Type.Object({
    type: Type.Optional(word(addressTypes, { default: 'IPv4', 'x-also': 'lower case' })),
    region: Type.Optional(region()),
    billing_period: Type.Optional(word(billingPeriods, { default: 'monthly' })),
  }),
);

const inProject = operationsOf({ tag: 'Networking', project: 'header', projectHeader: 'required' });

/** Lists public IPs. */
export const listIPs = operationsOf({ tag: 'Networking', project: 'readable', projectHeader: 'optional' })({
  id: 'listIPs',
  method: 'GET',
  path: '/api/v1/ips',
  summary: 'Lists reserved public IPs and those that VMs have, newest first',
  access: viewersOf('ip'),
  query: Type.Object({
    reserved: Type.Optional(Type.Boolean()),
    status: Type.Optional(word(addressStatuses)),
    ...page(20),
  }),
  answer: answeredWithPage(FloatingIP),
});

/** Reserves a public IP. */
export const reserveIP = inProject({
  id: 'reserveIP',
  method: 'POST',
  path: '/api/v1/ips/reserve',
  summary: 'Reserves a public IP, which stays until it is released',
  description: 'A subscription is charged for the whole billing_period; pay-as-you-go counts the hours.',
  access: { who: 'permission', anyOf: ['ip.reserve'] },
  billing: 'charge',
  quota: ['reservedIps'],
  body: ReserveIPRequest,
  bodyIsOptional: true,
  status: 201,
  answer: answered(FloatingIP),
  audit: 'ip.reserve',
});

/** Shows a public IP. */
export const getIP = operationsOf({
  tag: 'Networking',
  project: 'resource',
  projectHeader: 'unused',
  ...byId('ip'),
})({
  id: 'getIP',
  method: 'GET',
  path: '/api/v1/ips/{id}',
  summary: 'Shows a public IP',
  access: { who: 'permission', anyOf: ['ip.view'] },
  answer: answered(FloatingIP),
});

/** Releases a reserved public IP. */
export const releaseIP = inProject({
  ...byId('ip'),
  id: 'releaseIP',
  method: 'DELETE',
  path: '/api/v1/ips/{id}/reserve',
  summary: 'Releases a reserved public IP that no VM has',
  access: { who: 'permission', anyOf: ['ip.release'] },
  answer: SuccessResponse,
  audit: 'ip.release',
});

/** Swaps a reserved public IP for another. */
export const changeIP = inProject({
  ...byId('ip'),
  id: 'changeIP',
  method: 'POST',
  path: '/api/v1/ips/{id}/change',
  summary: 'Swaps a reserved public IP that no VM has for another of its pool, with an id of its own',
  access: { who: 'permission', anyOf: ['ip.manage'] },
  answer: Type.Object({
    success: Type.Optional(Type.Boolean()),
    old_ip: Type.Optional(FloatingIP),
    new_ip: Type.Optional(FloatingIP),
  }),
  audit: 'ip.change',
});
