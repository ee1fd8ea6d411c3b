import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { transact } from '../../database/transaction.ts';
import { TestServer } from '../../testing/test-server.ts';
import { syncAddressPools } from './address-pools.ts';
import { AddressStock } from './address-stock.ts';
import { takePublicAddress } from './public-addresses.ts';

let server: TestServer;

before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

const ask = async (text: string, ...values: unknown[]) =>
  (await server.server.services.pool.query<Record<string, unknown>>(text, values)).rows;
const addressOf = (address: string) =>
  ask('select state, is_reserved, id, account_id, project_id from public_addresses where address = $1', address);

/** Takes an address, and does something before that stands. */
function take(cidrs: readonly string[], region = 'us-east', meanwhile = async () => {}) {
  const { services } = server.server;
  const stock = new AddressStock(services.db, [], services.log);
  const { account_id: accountId, project_id: projectId } = server.first;
  const taker = { isReserved: false, accountId, projectId, createdBy: accountId, region, now: new Date() };
  return transact(services.db, async (tx) => {
    const taken = await takePublicAddress(tx, stock, cidrs, taker);
    await meanwhile();
    return taken;
  });
}

test('a VM may have several addresses; with it go those that were not reserved, and the others stay with the account', async () => {
  const id = await server.vm('several');
  await server.settled();
  const { db } = server.server.services;
  const [own] = await ask('select host(public_address) as address from nics where vm_id = $1 and nic_id = 0', id);
  await syncAddressPools(db, [{ region: 'us-east', cidrs: ['2001:db8::/64'] }]);
  const sixth = await take(['2001:db8::/64']);
  assert.deepEqual([sixth.address, sixth.gateway], ['2001:db8::2', '2001:db8::1']);
  const cidrs = server.server.services.configuration.addressPools[0]?.cidrs ?? [];
  const second = await take(cidrs);
  await ask('update public_addresses set is_reserved = true where address = $1', second.address);
  const reserved = await addressOf(second.address);
  for (const [nic, type, address] of [
    [5, 'public', second.address],
    [6, 'ipv6', sixth.address],
  ]) {
    await ask(
      `insert into nics (vm_id, nic_id, type, address, mac) values ($1, $2, $3, $4, '02:00:00:00:00:01')`,
      id,
      nic,
      type,
      address,
    );
  }
  await server.call(server.owner, 'DELETE', `/api/v1/vms/${id}`, { body: {} });
  await server.settled();
  const free = [{ state: 'free', is_reserved: false, id: null, account_id: null, project_id: null }];
  assert.deepEqual(await addressOf(own?.address as string), free);
  assert.deepEqual(await addressOf(sixth.address), free);
  assert.deepEqual(
    await addressOf(second.address),
    reserved.map((row) => ({ ...row, state: 'reserved' })),
  );
  assert.notEqual((await take(cidrs)).address, second.address, 'what is reserved is not given out');
});

test('the lowest free address is taken first, each family from its own pool, and an empty pool says so', async () => {
  const { db } = server.server.services;
  const cidrs = ['203.0.113.0/29'];
  await syncAddressPools(db, [{ region: 'small', cidrs: [...cidrs, '2001:db8:1::/125'] }]);
  const taken: string[] = [];
  for (let count = 0; count < 5; count++) taken.push((await take(cidrs, 'small')).address);
  assert.deepEqual(
    taken,
    [2, 3, 4, 5, 6].map((last) => `203.0.113.${last}`),
  );
  await assert.rejects(take(cidrs, 'small'), /No public IPs available in `small`/);
  assert.equal((await take(['2001:db8:1::/125'], 'small')).address, '2001:db8:1::2');
  for (const address of ['203.0.113.5', '203.0.113.3']) {
    await ask(
      `update public_addresses set state = 'free', id = null, account_id = null, project_id = null where address = $1`,
      address,
    );
  }
  assert.equal((await take(cidrs, 'small')).address, '203.0.113.3');
});

test('the database lets no interface have an address that is not laid out, and none go that an interface has', async () => {
  const id = await server.vm('held');
  await assert.rejects(
    ask(
      `insert into nics (vm_id, nic_id, type, address, mac) values ($1, 9, 'public', '192.0.2.1', '02:00:00:00:00:01')`,
      id,
    ),
    /nics_public_address_fkey/,
  );
  await assert.rejects(
    ask('delete from public_addresses where address = (select public_address from nics where vm_id = $1 limit 1)', id),
    /nics_public_address_fkey/,
  );
  await assert.rejects(
    ask(
      `update public_addresses set state = 'free' where address = (select public_address from nics where vm_id = $1 and nic_id = 0)`,
      id,
    ),
    /public_addresses_check/,
  );
});

test('who has taken an address and is not done yet holds up no creation of anybody else', async () => {
  const other = await server.account('Beside');
  const cidrs = server.server.services.configuration.addressPools[0]?.cidrs ?? [];
  const isTaken = Promise.withResolvers<void>();
  const isMade = Promise.withResolvers<void>();
  const holding = take(cidrs, 'us-east', () => {
    isTaken.resolve();
    return isMade.promise;
  });
  await isTaken.promise;
  const made: string[] = [];
  try {
    // One that waited for the other's transaction would be refused in the end.
    for (let n = 0; n < 3; n++) {
      const id = await server.vm(`beside-${n}`, {}, { key: other.api_key, project: other.project_id }, false);
      const [nic] = await ask('select host(public_address) as address from nics where vm_id = $1 and nic_id = 0', id);
      made.push(String(nic?.address));
    }
  } finally {
    isMade.resolve();
  }
  const { address } = await holding;
  assert.equal(new Set([...made, address]).size, 4, [...made, address].join());
});
