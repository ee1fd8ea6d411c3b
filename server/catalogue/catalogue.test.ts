import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseDocument } from 'yaml';
import { TestServer, vmRequest } from '../testing/test-server.ts';
import { loadCatalogue } from './catalogue.ts';

const shipped = join(import.meta.dirname, '../../catalogue.yaml');
const folder = mkdtempSync(join(tmpdir(), 'raffia-catalogue-'));
let server: TestServer;
let serial = 0;

before(async () => {
  server = await TestServer.start();
});
after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const open = async (path: string) => (await server.call({ key: undefined }, 'GET', `/api/v1/public/${path}`)).body;

/** The shipped catalogue with one value changed, taken out (undefined) or added. */
function changed(at: (string | number)[], value: unknown): string {
  const catalogue = parseDocument(readFileSync(shipped, 'utf8'));
  if (value === undefined) catalogue.deleteIn(at);
  else catalogue.setIn(at, value);
  const path = join(folder, `${serial++}.yaml`);
  writeFileSync(path, catalogue.toString());
  return path;
}

/** compute.md §11, line by line: id, type, vCPU, GiB of RAM, GiB of disk, an hour, a month, a year, 24 months. */
const plans = [
  [1, 'premium', 1, 1, 25, 0.005542, 3.99, 39.9, 79.8],
  [2, 'premium', 1, 2, 50, 0.013875, 9.99, 99.9, 199.8],
  [3, 'premium', 2, 4, 80, 0.027764, 19.99, 199.9, 399.8],
  [4, 'premium', 4, 8, 120, 0.049986, 35.99, 359.9, 719.8],
  [5, 'premium', 8, 16, 180, 0.088875, 63.99, 639.9, 1279.8],
  [6, 'premium', 8, 32, 240, 0.177764, 127.99, 1279.9, 2559.8],
  [7, 'premium', 16, 64, 480, 0.355542, 255.99, 2559.9, 5119.8],
  [8, 'premium', 32, 128, 960, 0.711097, 511.99, 5119.9, 10239.8],
  [9, 'standard', 2, 4, 50, 0.006931, 4.99, 49.9, 99.8],
  [10, 'standard', 4, 8, 120, 0.013875, 9.99, 99.9, 199.8],
  [11, 'standard', 8, 16, 240, 0.033319, 23.99, 239.9, 479.8],
  [12, 'standard', 12, 32, 360, 0.061097, 43.99, 439.9, 879.8],
  [13, 'standard', 16, 64, 480, 0.097208, 69.99, 699.9, 1399.8],
] as const;

test('the 13 plans have the documented sizes and prices', async () => {
  const { plans: listed } = await open('pricing/vm');
  assert.equal(listed.length, 13);
  for (const [id, type, vcpu, ram, disk, hour, month, year, biennial] of plans) {
    const plan = listed.find((candidate: { id: number }) => candidate.id === id);
    assert.deepEqual(
      [
        plan.vm_type,
        plan.vcpu,
        plan.memory_gib,
        plan.ssd_gib,
        plan.price_per_hour,
        plan.monthly_price,
        plan.yearly_price,
        plan.twenty_four_month_price,
      ],
      [type, vcpu, ram, disk, hour, month, year, biennial],
      JSON.stringify(plan),
    );
  }
});

test('plans are filtered by type and region', async () => {
  assert.equal((await open('pricing/vm?type=premium')).plans.length, 8);
  assert.equal((await open('pricing/vm?type=standard')).plans.length, 5);
  assert.equal((await open('pricing/vm?region=us-east')).plans.length, 13);
});

test('there is one region as documented', async () => {
  const { regions } = await open('regions');
  assert.equal(regions.length, 1);
  const [region] = regions;
  assert.deepEqual(
    [region.id, region.code, region.name, region.country_code, region.flag, region.display_order, region.is_default],
    [1, 'us-east', 'US East', 'US', '🇺🇸', 1, true],
  );
});

test('24 operating systems and 5 applications are listed, and standard machines get no Windows', async () => {
  const { data, total } = await open('templates');
  const of = (category: string) => data.filter((template: { category: string }) => template.category === category);
  assert.deepEqual([of('os').length, of('marketplace').length, total], [24, 5, 29]);
  const windows = data.filter((template: { is_windows: boolean }) => template.is_windows);
  assert.equal(windows.length, 5);
  for (const template of windows) assert.deepEqual([template.cpu, template.ram, template.storage], [2, 4, 80]);
  const standard = (await open('templates?vm_type=standard')).data;
  assert.equal(standard.length, 24);
  const copied = data.find((template: { id: string }) => template.id === '5ac21891-32e6-41ce-8a93-b5d6ab708b0d');
  assert.deepEqual([copied.name, copied.version, copied.os_type], ['Ubuntu', '24.04x64', 'linux']);
});

test('storage and addresses have the documented prices', async () => {
  const { pricing: volume } = await open('pricing/volume');
  assert.match(JSON.stringify(volume), /0\.000069/);
  assert.match(JSON.stringify(volume), /0\.05\b/);
  const text = JSON.stringify((await open('pricing/ip')).pricing);
  assert.match(text, /0\.004167/);
  assert.match(text, /0\.001389/);
  assert.ok((await open('pricing/snapshot')).pricing);
  assert.ok((await open('pricing/backup')).pricing);
});

test('a catalogue without a price of addresses tells none, and none is reserved', async (t) => {
  const own = await TestServer.start({ RAFFIA_CATALOGUE: changed(['addresses'], undefined) });
  t.after(() => own.stop());
  const told = await own.call({ key: undefined }, 'GET', '/api/v1/public/pricing/ip');
  assert.deepEqual([told.status, told.body.message], [404, 'price of public IPs not found']);
  const reserved = await own.call(own.owner, 'POST', '/api/v1/ips/reserve', { body: {} });
  assert.equal(reserved.status, 400, reserved.text);
  assert.match(reserved.body.message, /no price for public IPs/);
  assert.equal((await own.call(own.owner, 'GET', '/api/v1/ips')).body.total, 0);
});

test('an operator’s own catalogue replaces the shipped one', async () => {
  const path = changed(['plans', 0, 'month'], '1.00');
  const own = await TestServer.start({ RAFFIA_CATALOGUE: path });
  try {
    const made = await own.call(own.owner, 'POST', '/api/v1/vms', { body: vmRequest('cheap') });
    assert.equal(made.body.data.price_per_hour, '0.001389');
  } finally {
    await own.stop();
  }
});

for (const [what, at, value, sentence] of [
  ['two plans of one id', ['plans', 0, 'id'], 2, /plan 2 is there twice/],
  ['a plan in a region that is not there', ['plans', 0, 'region'], 'mars', /mars/],
  ['a price that is none', ['plans', 0, 'month'], 'cheap', /plans\.0\.month/],
  ['a template without a name', ['templates', 0, 'name'], undefined, /templates\.0.*name/],
  ['a field that nobody knows', ['plans', 0, 'colour'], 'red', /colour/],
  ['no region', ['regions'], [], /regions/],
  ['no storage prices', ['storage'], [], /storage has no prices/],
] as [string, (string | number)[], unknown, RegExp][]) {
  test(`a catalogue with ${what} is refused with a sentence`, () => {
    assert.throws(
      () => loadCatalogue(changed(at, value)),
      (error: Error) => sentence.test(error.message),
    );
  });
}

test('a catalogue that is not there is told by its path', () => {
  assert.throws(() => loadCatalogue('/no/such/catalogue.yaml'), /\/no\/such\/catalogue\.yaml/);
});
