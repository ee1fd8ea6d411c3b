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

await exceedLimit();

await call('DELETE', `/api/v1/vms/${id}`, { body: {} });
await until('gone', async () => (await call('GET', `/api/v1/vms/${id}`, { expect: [200, 404] })).status === 404);
