// timeout: 30m
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Secrets } from '../access/secrets.ts';
import { EngineError } from '../engines/engine.ts';
import { S3Gateway, whyNoGateway } from '../testing/s3-gateway.ts';
import { until } from '../testing/until.ts';
import {
  BackupDamaged,
  BackupGone,
  type BackupPoint,
  type BackupStore,
  BackupStoreAway,
  NothingToKeep,
} from './backup-store.ts';
import { FileBackupStore } from './file-backup-store.ts';
import { Restic } from './restic.ts';
import { ResticBackupStore } from './restic-backup-store.ts';
import { ResticBucket } from './restic-bucket.ts';
import { ResticDirectory } from './restic-place.ts';

/** What every store does, whatever it keeps backups in. The suite knows nothing else of it. */
/** Of whose backups those are that somebody is writing. */
const nobody = async () => new Set<string>();
const everybody = async (ids: readonly string[]) => new Set(ids);

interface StoreUnderTest {
  /** The same place, for a server with this secret. */
  open(secret: Buffer): BackupStore;
  /** Where all that is kept ends up. */
  readonly directory: string;
  /** Puts the place out of reach, and gives it back. */
  readonly takeAway: () => Promise<() => Promise<void>>;
  close(): Promise<void>;
}

const secret = randomBytes(32);

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const pointOf = (changes: Partial<BackupPoint> = {}): BackupPoint => ({
  id: randomUUID(),
  accountId: randomUUID(),
  machineId: randomUUID(),
  series: randomUUID(),
  ...changes,
});

/** Bytes that nothing makes smaller, in uneven pieces. */
function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7) % 100_003) {
    yield bytes.subarray(at, at + size);
  }
}
const streamOf = (bytes: Buffer) => Readable.from(pieces(bytes), { objectMode: false });

async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

const sizeOf = (directory: string) => filesBelow(directory).reduce((sum, file) => sum + statSync(file).size, 0);

/**
 * @param isRemote the same code as in a directory, in another place: only what the place decides is tried
 * @param isRestic what is kept has to be repositories of restic, each with a key of ours
 */
function behaves(
  name: string,
  start: () => Promise<StoreUnderTest>,
  skip: string | undefined,
  { isRemote = false, isRestic = false } = {},
): void {
  describe(name, { skip: skip ?? false }, () => {
    let under: StoreUnderTest;
    let store: BackupStore;

    before(async () => {
      under = await start();
      store = under.open(secret);
    });
    after(() => under?.close());

    /** For what is tried of one backup, whatever others there are: making a room for an account is the dearest of all. */
    const shared = randomUUID();
    const here = isRemote ? () => {} : test;
    const keep = (point: BackupPoint, bytes: Buffer) => store.write(point, streamOf(bytes));
    const kept = async (point: BackupPoint) => bytesOf(await store.read(point));
    const ids = async (accountId: string) => (await store.list(accountId)).map(({ id }) => id).sort();

    test(`${name}: what is written is read again bit for bit, whatever its length, and listed with whose it is`, async () => {
      const accountId = randomUUID();
      const points: BackupPoint[] = [];
      for (const length of [1, 31, 65_536, 3_000_001]) {
        const bytes = randomBytes(length);
        const point = pointOf({ accountId });
        const { size, added } = await keep(point, bytes);
        assert.equal(size, length);
        assert.ok(added >= length && added < length + 20_000, `${added} bytes for ${length}`);
        assert.ok((await kept(point)).equals(bytes), `${length} bytes`);
        points.push(point);
      }
      await assert.rejects(keep(pointOf({ accountId }), Buffer.alloc(0)), NothingToKeep);
      const byId = (one: BackupPoint, other: BackupPoint) => (one.id < other.id ? -1 : 1);
      assert.deepEqual((await store.list(accountId)).sort(byId), points.sort(byId));
    });

    here(`${name}: written again under the same id it takes the place of what was there`, async () => {
      const point = pointOf();
      await keep(point, Buffer.from('first'));
      await keep(point, Buffer.from('second'));
      assert.equal(String(await kept(point)), 'second');
      assert.deepEqual(await ids(point.accountId), [point.id]);
    });

    test(`${name}: of a disk that breaks off nothing is kept, its error is the writer's, and what was there before stays`, async () => {
      const accountId = randomUUID();
      const [fresh, older] = [pointOf({ accountId }), pointOf({ accountId })];
      await keep(older, Buffer.from('older'));
      const fault = new EngineError('The host went away');
      for (const point of [fresh, older]) {
        const breaking = Readable.from(
          (async function* () {
            yield randomBytes(2_000_000);
            throw fault;
          })(),
          { objectMode: false },
        );
        await assert.rejects(store.write(point, breaking), (error) => error === fault);
      }
      const broken = new Readable({ read() {} });
      broken.destroy(fault);
      await assert.rejects(store.write(fresh, broken), (error) => error === fault);
      assert.deepEqual(await ids(accountId), [older.id]);
      await assert.rejects(store.read(fresh), BackupGone);
      assert.equal(String(await kept(older)), 'older');
    });

    test(`${name}: what is deleted is gone, and its room is given back; the rest stays`, async () => {
      const accountId = randomUUID();
      const points = [1, 2, 3].map(() => pointOf({ accountId }));
      const bytes = points.map(() => randomBytes(1_000_000));
      for (const [at, point] of points.entries()) await keep(point, bytes[at] as Buffer);
      const before = sizeOf(under.directory);
      const [first, second, third] = points as [BackupPoint, BackupPoint, BackupPoint];
      await store.delete([first, second]);
      await store.delete([first, pointOf({ accountId }), pointOf()]);
      await store.delete([]);
      assert.deepEqual(await ids(accountId), [third.id]);
      await assert.rejects(store.read(first), BackupGone);
      await store.tidy(accountId, nobody);
      const room = before - sizeOf(under.directory);
      assert.ok(room > 1_900_000, `${room} bytes`);
      assert.ok((await kept(third)).equals(bytes[2] as Buffer));
      await store.delete([third]);
      await store.tidy(accountId, nobody);
      assert.deepEqual(await ids(accountId), []);
    });

    here(`${name}: accounts share nothing: what one deletes, lists or tidies is not another's`, async () => {
      const [one, other] = [pointOf(), pointOf()];
      const bytes = randomBytes(500_000);
      const first = await keep(one, bytes);
      const second = await keep(other, bytes);
      assert.ok(second.added > 0.9 * first.added, 'nothing shows that another account has the same');
      await assert.rejects(store.read({ ...one, accountId: other.accountId }), BackupGone);
      await store.delete([{ ...one, accountId: other.accountId }]);
      await store.delete([one]);
      await store.tidy(one.accountId, nobody);
      assert.deepEqual(await ids(one.accountId), []);
      assert.deepEqual(await ids(other.accountId), [other.id]);
      assert.ok((await kept(other)).equals(bytes));
      assert.deepEqual(await ids(randomUUID()), [], 'of an account that has nothing');
      await store.tidy(randomUUID(), nobody);
    });

    test(`${name}: many are written, read, listed and deleted at once, while it is tidied`, async () => {
      const accountId = randomUUID();
      const gone = pointOf({ accountId });
      await keep(gone, randomBytes(200_000));
      const points = Array.from({ length: 4 }, () => pointOf({ accountId }));
      const bytes = points.map(() => randomBytes(400_000));
      await Promise.all([
        ...points.map(async (point, at) => {
          await keep(point, bytes[at] as Buffer);
          assert.ok((await kept(point)).equals(bytes[at] as Buffer));
        }),
        store.delete([gone]).then(() => store.tidy(accountId, everybody)),
        store.list(accountId),
        store.tidy(accountId, everybody),
      ]);
      assert.deepEqual(await ids(accountId), points.map(({ id }) => id).sort());
      for (const [at, point] of points.entries()) assert.ok((await kept(point)).equals(bytes[at] as Buffer));
    });

    here(
      `${name}: nothing of a disk, and no name of whose it is but ids, can be read where it is kept; with another secret nothing can`,
      async () => {
        const point = pointOf({ accountId: shared });
        const text = 'the password is in plain sight; '.repeat(20_000);
        await keep(point, Buffer.from(text));
        let looked = 0;
        for (const file of filesBelow(under.directory)) {
          assert.ok(!readFileSync(file).includes('plain sight'), file);
          looked++;
        }
        assert.ok(looked > 0);
        const stranger = under.open(randomBytes(32));
        await assert.rejects(async () => bytesOf(await stranger.read(point)), EngineError);
        assert.equal(String(await kept(point)), text);
      },
    );

    here(`${name}: damage anywhere in what is kept ends a read with an error`, async () => {
      const point = pointOf();
      const bytes = randomBytes(300_000);
      const others = new Set(filesBelow(under.directory));
      await keep(point, bytes);
      let damaged = 0;
      let told = 0;
      for (const file of filesBelow(under.directory).filter((one) => !others.has(one))) {
        const whole = readFileSync(file);
        chmodSync(file, 0o600);
        for (const at of [0, Math.floor(whole.length / 2), whole.length - 1, 'cut short'] as const) {
          const changed = Buffer.from(at === 'cut short' ? whole.subarray(0, whole.length - 1) : whole);
          if (at !== 'cut short') changed[at] = (changed[at] as number) ^ 1;
          writeFileSync(file, changed);
          damaged++;
          // Some of what is kept is there twice, or for nothing but speed: then what is read is what was written.
          const read = await kept(point).catch((error) => {
            assert.ok(error instanceof EngineError, String(error));
            if (error instanceof BackupDamaged) told++;
            return bytes;
          });
          assert.ok(read.equals(bytes), `${file} at ${at}`);
        }
        writeFileSync(file, whole);
      }
      assert.ok(damaged >= 4 && told >= 2, `${told} of ${damaged}`);
      assert.ok((await kept(point)).equals(bytes));
    });

    test(`${name}: a large disk passes through in pieces, in either direction, and who stops reading leaves nothing behind`, async () => {
      const point = pointOf({ accountId: shared });
      const [piece, count] = [randomBytes(1_000_000), 200];
      const digest = createHash('sha256');
      let peak = 0;
      let looks = 0;
      const look = () => {
        if (looks++ % 20 !== 0) return;
        collectGarbage();
        collectGarbage();
        const { external, arrayBuffers, heapUsed } = process.memoryUsage();
        peak = Math.max(peak, external + arrayBuffers + heapUsed);
      };
      look();
      const before = peak;
      const long = Readable.from(
        (async function* () {
          for (let n = 0; n < count; n++) {
            look();
            const one = Buffer.from(piece);
            one.writeUInt32BE(n);
            digest.update(one);
            yield one;
          }
        })(),
        { objectMode: false },
      );
      const { size } = await store.write(point, long);
      assert.equal(size, count * piece.length);
      const again = createHash('sha256');
      for await (const chunk of await store.read(point)) {
        look();
        again.update(chunk as Buffer);
        await new Promise(setImmediate);
      }
      assert.equal(again.digest('hex'), digest.digest('hex'));
      assert.ok(peak - before < size / 2, `${Math.round((peak - before) / 1e6)} MB for ${size / 1e6}, ${looks} looks`);
      for await (const chunk of await store.read(point)) {
        assert.ok((chunk as Buffer).length > 0);
        break;
      }
      (await store.read(point)).destroy();
      await store.delete([point]);
      await store.tidy(point.accountId, nobody);
    });

    test(`${name}: while its place is out of reach every verb says so, and afterwards all is there`, async () => {
      const point = pointOf();
      await keep(point, Buffer.from('there'));
      const about = await store.check();
      assert.doesNotMatch(about, new RegExp(secret.toString('hex')));
      const giveBack = await under.takeAway();
      const verbs = {
        check: () => store.check(),
        write: () => keep(pointOf(), Buffer.from('lost')),
        'write to the same account': () => keep({ ...pointOf(), accountId: point.accountId }, Buffer.from('lost')),
        read: () => kept(point),
        list: () => store.list(point.accountId),
      };
      for (const [verb, ask] of Object.entries(verbs)) {
        await assert.rejects(ask, (error: Error) => {
          assert.ok(error instanceof BackupStoreAway, `${verb}: ${error.stack} ${error.cause}`);
          return true;
        });
      }
      await giveBack();
      assert.equal(await store.check(), about);
      assert.equal(String(await kept(point)), 'there');
      assert.deepEqual(await ids(point.accountId), [point.id]);
    });

    if (isRestic) {
      test(`${name}: every repository has one key, which costs nothing to open, and restic finds all of it in order`, async () => {
        const point = pointOf({ accountId: shared });
        await keep(point, Buffer.from('there'));
        const keys = filesBelow(under.directory).filter((file) => /\/keys\/\w+$/.test(file));
        const accounts = readdirSync(under.directory).filter((entry) => /^[\w-]{36}$/.test(entry));
        assert.ok(accounts.includes(point.accountId));
        assert.equal(keys.length, accounts.length);
        for (const file of keys) {
          const { N, r, p } = JSON.parse(readFileSync(file, 'utf8'));
          assert.ok(N * r * p <= 8192, `${file}: N ${N}, r ${r}, p ${p}`);
        }
        const env = { ...process.env, RESTIC_PASSWORD: passwordOf(point.accountId) };
        const repository = join(under.directory, point.accountId);
        const { status, stderr } = spawnSync('restic', ['-r', repository, '--no-cache', 'check', '--read-data'], {
          env,
        });
        assert.equal(status, 0, String(stderr));
      });
    }

    here(`${name}: an id that is none leads nowhere`, async () => {
      for (const id of ['../../etc/passwd', '', '.', 'x'.repeat(36)]) {
        for (const field of ['id', 'accountId', 'machineId', 'series']) {
          await assert.rejects(keep(pointOf({ [field]: id }), Buffer.from('x')), /not a UUID/);
        }
        await assert.rejects(store.list(id), /not a UUID/);
        await assert.rejects(store.tidy(id, nobody), /not a UUID/);
      }
    });
  });
}

/** What keeps even root from a directory: a file in its place. */
async function replaceByFile(directory: string): Promise<() => Promise<void>> {
  renameSync(directory, `${directory}.away`);
  writeFileSync(directory, 'in the way');
  return async () => {
    rmSync(directory);
    renameSync(`${directory}.away`, directory);
  };
}

behaves(
  'files',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'raffia-backups-'));
    const directory = join(folder, 'backups');
    mkdirSync(directory);
    return {
      directory,
      open: (of) => new FileBackupStore(directory, (purpose) => new Secrets(of).key(purpose)),
      takeAway: () => replaceByFile(directory),
      close: async () => rmSync(folder, { recursive: true }),
    };
  },
  undefined,
);

const keysOf = (of: Buffer) => (purpose: string) => new Secrets(of).key(purpose);
const passwordOf = (accountId: string) => keysOf(secret)(`backup repository of ${accountId}`).toString('hex');
const hasRestic = spawnSync('restic', ['version']).status === 0;
const whyNoRestic = hasRestic ? undefined : 'needs restic (Debian: restic)';

behaves(
  'restic in a directory',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'raffia-backups-'));
    const directory = join(folder, 'backups');
    mkdirSync(directory);
    return {
      directory,
      open: (of) => new ResticBackupStore(new ResticDirectory(directory), keysOf(of)),
      takeAway: () => replaceByFile(directory),
      close: async () => rmSync(folder, { recursive: true }),
    };
  },
  whyNoRestic,
  { isRestic: true },
);

behaves(
  'restic in a bucket',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'raffia-backups-'));
    const gateway = await S3Gateway.start(join(folder, 'buckets'));
    const { endpoint, bucket, keyId, secretKey, directory } = gateway;
    const settings = { endpoint, bucket, keyId, secretKey, region: 'us-east-1' };
    return {
      directory,
      open: (of) => new ResticBackupStore(new ResticBucket(settings, join(folder, 'cache')), keysOf(of)),
      takeAway: async () => {
        await gateway.close();
        return () => gateway.open();
      },
      close: async () => {
        await gateway.close();
        rmSync(folder, { recursive: true });
      },
    };
  },
  whyNoRestic ?? whyNoGateway(),
  { isRemote: true, isRestic: true },
);

describe('restic', { skip: whyNoRestic ?? false }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'raffia-backups-'));
  const store = new ResticBackupStore(new ResticDirectory(directory), keysOf(secret));
  const restic = new Restic(new ResticDirectory(directory), passwordOf);
  after(() => rmSync(directory, { recursive: true }));
  const snapshots = async (accountId: string) => JSON.parse(await restic.ask(accountId, ['snapshots', '--json'])) ?? [];
  const begin = (accountId: string) =>
    restic.begin(accountId, ['backup', '--stdin', '--stdin-filename', 'disk', '--tag', `disk:${randomUUID()}`]);

  /** The command lines of all processes, by their ids. */
  const commands = () =>
    readdirSync('/proc').flatMap((pid) => {
      try {
        return /^\d+$/.test(pid) ? [{ pid: Number(pid), command: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }] : [];
      } catch {
        return [];
      }
    });

  test('restic: what is alike within an account is kept once, also after a machine has changed a part of its disk', async () => {
    const first = pointOf();
    const bytes = randomBytes(12_000_000);
    const { added } = await store.write(first, streamOf(bytes));
    const changed = Buffer.concat([bytes.subarray(0, 1_000_000), randomBytes(1000), bytes.subarray(1_000_000)]);
    const second = pointOf({ accountId: first.accountId });
    const again = await store.write(second, streamOf(changed));
    assert.equal(again.size, changed.length);
    assert.ok(again.added < added / 2, `${again.added} after ${added}`);
    await store.delete([first]);
    await store.tidy(first.accountId);
    assert.ok((await bytesOf(await store.read(second))).equals(changed), 'each can be read without the others');
  });

  test('restic: what another process forgot and was killed before it made room of is made room of by one that had tidied before', async () => {
    const kept = pointOf();
    const { accountId } = kept;
    await store.write(kept, streamOf(Buffer.from('kept')));
    await store.tidy(accountId);
    const needed = new Set((await snapshots(accountId)).map(({ id }: { id: string }) => id));
    const { input, ended } = begin(accountId);
    input.end(randomBytes(2_000_000));
    await ended;
    const ids = (await snapshots(accountId)).map(({ id }: { id: string }) => id);
    const forgotten = ids.filter((id: string) => !needed.has(id));
    assert.equal(forgotten.length, 1);
    await restic.ask(accountId, ['forget', '--quiet', ...forgotten]);
    const before = sizeOf(join(directory, accountId));
    await store.tidy(accountId);
    const room = before - sizeOf(join(directory, accountId));
    assert.ok(room > 1_900_000, `${room} bytes`);
    assert.equal(String(await bytesOf(await store.read(kept))), 'kept');
  });

  test('restic: one whose server was killed takes half a disk for a whole one; it is not listed, and goes when it is tidied', async () => {
    const point = pointOf();
    await store.write(point, streamOf(Buffer.from('whole')));
    const { input, ended } = begin(point.accountId);
    input.end('half');
    await ended;
    assert.equal((await snapshots(point.accountId)).length, 3);
    assert.deepEqual(await store.list(point.accountId), [point]);
    await store.tidy(point.accountId);
    assert.equal((await snapshots(point.accountId)).length, 2);
    assert.equal(String(await bytesOf(await store.read(point))), 'whole');
  });

  test('restic: the lock of one that was killed is in nobody’s way, and its disk is not kept; no command line has a secret', async () => {
    const gone = pointOf();
    const { accountId } = gone;
    await store.write(gone, streamOf(Buffer.from('gone')));
    const locks = () => filesBelow(join(directory, accountId, 'locks')).length;
    const kill = async () => {
      const { input, pid, ended } = begin(accountId);
      input.write(randomBytes(1_000_000));
      await until('it has its lock', () => locks() > 0);
      const all = commands();
      assert.ok(all.some((one) => one.pid === pid && one.command.includes('--stdin-filename')));
      assert.ok(!all.some(({ command }) => command.includes(passwordOf(accountId))));
      process.kill(pid as number, 'SIGKILL');
      await assert.rejects(ended);
      assert.equal(locks(), 1);
    };
    await kill();
    await store.delete([gone]);
    await kill();
    await store.tidy(accountId);
    assert.deepEqual(await store.list(accountId), []);
    await kill();
    const point = pointOf({ accountId });
    await store.write(point, streamOf(Buffer.from('kept')));
    assert.equal(String(await bytesOf(await store.read(point))), 'kept');
    assert.equal((await snapshots(accountId)).length, 2);
  });

  test('restic: none that locks meets another of its account, however many are written, read and deleted at once', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'raffia-restic-'));
    const before = process.env.PATH;
    t.after(() => {
      process.env.PATH = before;
      rmSync(folder, { recursive: true });
    });
    const log = join(folder, 'log');
    const real = spawnSync('sh', ['-c', 'command -v restic'], { encoding: 'utf8' }).stdout.trim();
    writeFileSync(
      join(folder, 'restic'),
      `#!/bin/sh\necho "begin $$ $*" >>'${log}'\n'${real}' "$@"\nstatus=$?\necho "end $$ $*" >>'${log}'\nexit $status\n`,
      { mode: 0o755 },
    );
    process.env.PATH = `${folder}:${before}`;
    const accountId = randomUUID();
    const points = [1, 2, 3].map(() => pointOf({ accountId }));
    await Promise.all(
      points.map(async (point, at) => {
        await store.write(point, streamOf(Buffer.from(`number ${at}`)));
        assert.equal(String(await bytesOf(await store.read(point))), `number ${at}`);
        await store.delete([point]);
      }),
    );
    await store.tidy(accountId);
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    const locking = lines.filter((line) => !line.includes('--no-lock') && !line.includes(' init '));
    const inside = new Set<string>();
    for (const line of locking) {
      const [edge, pid] = line.split(' ') as [string, string];
      if (edge === 'begin') inside.add(pid);
      else inside.delete(pid);
      assert.ok(inside.size <= 1, lines.join('\n'));
    }
    assert.ok(locking.filter((line) => / (backup|forget|prune) /.test(line)).length >= 2 * (3 * 2 + 3 + 1));
    assert.ok(lines.some((line) => line.includes(' dump ')));
  });

  test('restic: one that is killed while it reads a disk keeps nothing of it, and its writer is told', async () => {
    const point = pointOf();
    await store.write(point, streamOf(Buffer.from('there')));
    const disk = new Readable({ read() {} });
    disk.push(randomBytes(100_000));
    const writing = store.write({ ...point, id: randomUUID() }, disk);
    writing.catch(() => {});
    const reader = await until('it reads', () =>
      commands().find(({ command }) => command.includes('--stdin-filename') && command.includes(point.machineId)),
    );
    process.kill(reader.pid, 'SIGKILL');
    disk.push(randomBytes(1_000_000));
    await assert.rejects(writing, BackupStoreAway);
    assert.deepEqual(await store.list(point.accountId), [point]);
    assert.equal(String(await bytesOf(await store.read(point))), 'there');
  });
});

test('files: a file under the name of another backup is not taken for it, and of a disk that broke off no file is left', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'raffia-backups-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const store = new FileBackupStore(directory, (purpose) => new Secrets(secret).key(purpose));
  const point = pointOf();
  const others = [
    { ...point, id: randomUUID() },
    { ...point, machineId: randomUUID() },
  ];
  await store.write(point, streamOf(Buffer.from('mine')));
  for (const other of others) {
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('half');
        throw new Error('broke off');
      })(),
      { objectMode: false },
    );
    await assert.rejects(store.write(other, broken), /broke off/);
    assert.equal(filesBelow(directory).length, 1);
  }
  const pathOf = ({ accountId, machineId, series, id }: BackupPoint) =>
    join(directory, accountId, machineId, series, id);
  for (const other of others) {
    mkdirSync(join(pathOf(other), '..'), { recursive: true });
    writeFileSync(pathOf(other), readFileSync(pathOf(point)));
    await assert.rejects(async () => bytesOf(await store.read(other)), BackupDamaged);
  }
  assert.equal(String(await bytesOf(await store.read(point))), 'mine');
});

test('files: what a writer left that was killed is not listed, and goes when it is tidied; what another node is writing stays', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'raffia-backups-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const [store, other] = [1, 2].map(
    () => new FileBackupStore(directory, (purpose) => new Secrets(secret).key(purpose)),
  ) as [FileBackupStore, FileBackupStore];
  const { id, accountId, machineId, series } = pointOf();
  const folder = join(directory, accountId, machineId, series);
  mkdirSync(folder, { recursive: true });
  const leftOf = randomUUID();
  const left = join(folder, `${leftOf}.${randomUUID()}.partial`);
  writeFileSync(left, 'half');
  const disk = new Readable({ read() {} });
  disk.push('first ');
  const writing = store.write({ id, accountId, machineId, series }, disk);
  await until('it is being written', () => filesBelow(directory).length === 2);
  const asked: string[] = [];
  await other.tidy(accountId, async (ids) => {
    asked.push(...ids);
    return new Set([id]);
  });
  assert.deepEqual(asked.sort(), [id, leftOf].sort());
  assert.deepEqual(await store.list(accountId), []);
  assert.equal(filesBelow(directory).length, 1);
  assert.ok(!filesBelow(directory).includes(left));
  disk.push('second');
  disk.push(null);
  await writing;
  assert.equal(String(await bytesOf(await store.read({ id, accountId, machineId, series }))), 'first second');
});

test('files: what a killed writer left of a backup goes with its next writing, and with its deletion', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'raffia-backups-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const store = new FileBackupStore(directory, (purpose) => new Secrets(secret).key(purpose));
  const point = pointOf();
  const folder = join(directory, point.accountId, point.machineId, point.series);
  const leave = () => writeFileSync(join(folder, `${point.id}.${randomUUID()}.partial`), 'half');
  mkdirSync(folder, { recursive: true });
  leave();
  await store.write(point, streamOf(Buffer.from('whole')));
  assert.deepEqual(filesBelow(directory), [join(folder, point.id)]);
  leave();
  await store.delete([point]);
  assert.deepEqual(filesBelow(directory), []);
});
