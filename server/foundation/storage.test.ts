import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ServerProcess } from '../testing/server-process.ts';
import { until } from '../testing/until.ts';

/** A server whose data lies on a disk of its own that fills up. */
const megabyte = 1_000_000;
const disk = mkdtempSync(join(tmpdir(), 'raffia-disk-'));
const filler = join(disk, 'filler');
const isMounted =
  process.platform === 'linux' &&
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=400m,mode=755', 'raffia-test', disk]).status === 0;
const options = isMounted ? {} : { skip: 'a disk that can be filled up has to be mounted, which only root may' };

let server: ServerProcess;
before(async () => {
  if (isMounted) await begin('10');
});
after(async () => {
  await server?.end('SIGTERM');
  server?.remove();
  if (isMounted) spawnSync('umount', ['-l', disk]);
  rmSync(disk, { recursive: true, force: true });
});

async function begin(reserve: string): Promise<void> {
  const first = server;
  server = await ServerProcess.create({
    RAFFIA_DATA: join(disk, 'data'),
    RAFFIA_DISK_RESERVE_MEGABYTES: reserve,
    RAFFIA_SIMULATED_DELAY: '0',
    ...(first === undefined ? {} : { RAFFIA_BOOTSTRAP_FILE: join(first.folder, 'first.json') }),
  });
  await server.start();
  if (first !== undefined) key = first.first.api_key;
  else key = server.first.api_key;
}

let key: string;
async function call(method: string, path: string, body?: unknown) {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { 'x-api-key': key, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  return { status: response.status, headers: response.headers, body: (await response.json()) as any };
}

const free = () => {
  const { bavail, bsize } = statfsSync(disk);
  return bavail * bsize;
};

/** Fills the disk up until so many bytes are left. */
function fillUpTo(left: number): void {
  rmSync(filler, { force: true });
  const size = free() - left;
  try {
    for (let written = 0; written < size; written += megabyte) {
      writeFileSync(filler, Buffer.alloc(Math.min(megabyte, size - written)), { flag: 'a' });
    }
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
  }
}

let projects = 0;
const write = () => call('POST', '/api/v1/projects', { name: `on a full disk ${projects++}` });
const storage = async () => (await call('GET', '/ready')).body.parts.storage;

test(
  'a disk that gets full is warned of, then changes are refused with a sentence while reads go on; room mends it',
  options,
  async () => {
    assert.equal((await call('GET', '/ready')).body.status, 'ready');
    fillUpTo(25 * megabyte);
    await until('it is warned of', async () => (await storage()).status === 'degraded');
    const warned = await call('GET', '/ready');
    assert.deepEqual([warned.status, warned.body.status], [200, 'degraded']);
    assert.match(warned.body.parts.storage.message, /^Only \d+ MB are free on the disk of .*Make room/);
    assert.equal((await write()).status, 201);

    fillUpTo(5 * megabyte);
    const refused = await until('changes are refused', async () => {
      const reply = await write();
      return reply.status === 503 ? reply : undefined;
    });
    assert.match(refused.body.message, /disk of this cloud's database is full/);
    assert.equal(refused.headers.get('retry-after'), '30');
    assert.match((await storage()).message, /nothing can be changed. Make room/);
    for (let index = 0; index < 20; index++) assert.equal((await call('GET', '/api/v1/projects')).status, 200);

    rmSync(filler);
    await until('it is ready again', async () => (await call('GET', '/ready')).body.status === 'ready');
    assert.equal((await write()).status, 201);
  },
);

test(
  'a disk that is full to the last byte gives 503 and never 500, and what was answered is there when there is room again',
  options,
  async () => {
    await server.end('SIGTERM');
    await begin('0');
    const before = await call('GET', '/api/v1/projects?limit=100');
    assert.equal(before.status, 200);
    const made: string[] = [];
    const statuses = new Set<number>();
    fillUpTo(2 * megabyte);
    const isOver = Date.now() + 15_000;
    let refusals = 0;
    while (Date.now() < isOver && refusals < 40) {
      const reply = await call('POST', '/api/v1/roles', {
        name: `role ${made.length} ${refusals}`,
        slug: `r-${made.length}-${refusals}`,
        scope: 'project',
        permissions: ['vm.view'],
        description: 'x'.repeat(200),
      });
      statuses.add(reply.status);
      if (reply.status === 201) made.push(reply.body.data.id);
      else {
        refusals++;
        assert.ok(reply.headers.get('retry-after') !== null, JSON.stringify(reply.body));
      }
      if (free() > 0) fillUpTo(0);
    }
    assert.deepEqual(
      [...statuses].filter((status) => status !== 201 && status !== 503),
      [],
    );
    assert.ok(refusals > 0, 'the disk was never full');
    // What it answers is looked at once in a while.
    await until('it is not ready', async () => (await call('GET', '/ready')).body.status !== 'ready');

    rmSync(filler);
    await until('it is ready again', async () => (await call('GET', '/ready')).body.status === 'ready');
    assert.equal((await write()).status, 201);
    const roles = (await call('GET', '/api/v1/roles?limit=100')).body.data.map((role: { id: string }) => role.id);
    for (const id of made) assert.ok(roles.includes(id), 'a role that was answered for is gone');
    const after = await call('GET', '/api/v1/projects?limit=100');
    assert.ok(after.body.data.length > before.body.data.length);
  },
);
