// The life of a virtual machine with fetch, as the authentication page shows it.
import { setTimeout as wait } from 'node:timers/promises';

const base = process.env.RAFF_API_URL;
const deadline = 60_000;
const headers = {
  'X-API-Key': process.env.RAFF_API_KEY,
  'X-Project-ID': process.env.RAFF_PROJECT_ID,
  'Content-Type': 'application/json',
};
let refused = 0;

/** Sends a request, again after each 429 when the server said so. */
async function call(method, path, { body, expect = [200, 201] } = {}) {
  for (;;) {
    const resp = await fetch(`${base}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (resp.status === 429) {
      refused++;
      await resp.arrayBuffer();
      await wait(Number(resp.headers.get('retry-after')) * 1000);
      continue;
    }
    if (!expect.includes(resp.status)) throw new Error(`${method} ${path}: HTTP ${resp.status}: ${await resp.text()}`);
    return { status: resp.status, body: await resp.json() };
  }
}

async function until(what, holds) {
  for (const end = Date.now() + deadline; Date.now() < end; await wait(100)) {
    if (await holds()) return console.log(`it is ${what}`);
  }
  throw new Error(`it did not become ${what} within ${deadline} ms`);
}

const waitFor = (id, status) =>
  until(status, async () => (await call('GET', `/api/v1/vms/${id}`)).body.data.status === status);

async function exceedLimit() {
  let answered = 0;
  while (refused === 0) {
    if (answered >= 1000) throw new Error('1,000 requests and never a 429');
    await Promise.all(Array.from({ length: 100 }, () => call('GET', '/api/v1/vms')));
    answered += 100;
  }
  console.log(`answered ${answered} requests, ${refused} of them after a 429`);
}

const { data } = (await call('GET', '/api/v1/vms')).body;
console.log(`listed ${data.length} machines`);
for (const vm of data) console.log(' ', vm.id, vm.name, vm.status);

const [template] = (await call('GET', '/api/v1/public/templates')).body.data;
const [small, larger] = (await call('GET', '/api/v1/public/pricing/vm')).body.plans;
const request = {
  name: 'from-node',
  template_id: template.id,
  pricing_id: small.id,
  region: 'us-east',
  password: 'ConFormance-20260',
};
const { id } = (await call('POST', '/api/v1/vms', { body: request, expect: [201] })).body.data;
console.log(`created ${id}`);
await waitFor(id, 'active');

await call('POST', `/api/v1/vms/${id}/stop`);
await waitFor(id, 'passive');
await call('POST', `/api/v1/vms/${id}/resize`, { body: { pricing_id: larger.id } });
const resized = (await call('GET', `/api/v1/vms/${id}`)).body.data;
if (resized.pricing_id !== larger.id || resized.cpu !== larger.vcpu) {
  throw new Error(`the resize is not in the next answer: ${JSON.stringify(resized)}`);
}
console.log(`resized to plan ${larger.id}`);
await call('POST', `/api/v1/vms/${id}/start`);
await waitFor(id, 'active');

const { tags } = (await call('POST', `/api/v1/vms/${id}/tags`, { body: { name: 'node' } })).body;
console.log('tagged:', tags.map((tag) => tag.name).join(' '));

const reserved = (await call('POST', '/api/v1/ips/reserve', { body: { type: 'IPv4' } })).body.data;
const vpc = { name: 'from-node', cidr: '10.77.1.0/24' };
const network = (await call('POST', '/api/v1/vpcs', { body: vpc, expect: [201] })).body.data;
await call('POST', `/api/v1/vms/${id}/vpc`, { body: { vpc_id: network.id } });
const nics = async () => (await call('GET', `/api/v1/vms/${id}/networks`)).body.data;
const outside = (await nics()).find((nic) => nic.type === 'public');
await call('DELETE', `/api/v1/vms/${id}/ip/${outside.nic_id}`);
await call('POST', `/api/v1/vms/${id}/ip`, { body: { ip_id: reserved.id } });
const ips = (await nics()).map((nic) => nic.ip);
if (!ips.includes(reserved.ip_address) || !ips.some((ip) => ip.startsWith('10.77.1.'))) {
  throw new Error(`it has not the addresses that it was given: ${ips}`);
}
console.log(`in a VPC, and reachable at ${reserved.ip_address}`);

const disk = { name: 'from-node', size: 10, volume_type: 'nvme', vm_id: id };
const volume = (await call('POST', '/api/v1/volumes', { body: disk, expect: [202] })).body.data;
const volumeIs = (status) =>
  until(status, async () => (await call('GET', `/api/v1/volumes/${volume.id}`)).body.data.status === status);
await volumeIs('attached');
await call('POST', `/api/v1/volumes/${volume.id}/detach`);
await volumeIs('available');
await call('DELETE', `/api/v1/volumes/${volume.id}`);

const moment = { name: 'from-node', resource_type: 'vm', resource_id: id };
const snapshot = (await call('POST', '/api/v1/snapshots', { body: moment, expect: [201] })).body.data;
await call('PATCH', `/api/v1/snapshots/${snapshot.id}/rename`, { body: { name: 'renamed' } });
await waitFor(id, 'active');
const taken = (await call('GET', `/api/v1/snapshots?vm_id=${id}`)).body.data;
console.log('snapshots:', taken.map(({ name }) => name).join(' '));

const copy = { vm_id: id, name: 'from-node' };
const backup = (await call('POST', '/api/v1/backups', { body: copy, expect: [202] })).body.data;
await until('ready', async () => (await call('GET', `/api/v1/backups/${backup.id}`)).body.data.status === 'ready');
await call('DELETE', `/api/v1/backups/${backup.id}`);
await waitFor(id, 'active');

await exceedLimit();

await call('DELETE', `/api/v1/vms/${id}`, { body: {} });
await until('gone', async () => (await call('GET', `/api/v1/vms/${id}`, { expect: [200, 404] })).status === 404);
await call('DELETE', `/api/v1/ips/${reserved.id}/reserve`);
