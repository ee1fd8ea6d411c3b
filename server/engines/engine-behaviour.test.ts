// timeout: 15m
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { macOf } from '@raffia/server/foundation/cidr.ts';
import { pino } from 'pino';
import { loadConfiguration } from '../configuration/configuration.ts';
import { openDatabase } from '../database/database.ts';
import { systemClock } from '../foundation/clock.ts';
import { EngineHost, testImage, whyNoDaemon } from '../testing/engine-host.ts';
import { createTestDatabase } from '../testing/test-database.ts';
import { until } from '../testing/until.ts';
import { type Engine, EngineError, type MachineSpec, type Progress } from './engine.ts';
import { IncusEngine } from './incus/incus-engine.ts';
import { SimulatedEngine } from './simulated/simulated-engine.ts';

/**
 * What every engine does, whatever its machines are made of. The suite knows nothing of the engine but its interface.
 */
interface Opened {
  readonly engine: Engine;
  readonly close: () => Promise<void>;
}

const log = pino({ level: 'silent' });
const template = '5ac21891-32e6-41ce-8a93-b5d6ab708b0d';

async function simulated(): Promise<Opened> {
  const { url, drop } = await createTestDatabase();
  const { db, close } = openDatabase(url, 5, () => {});
  const { simulatedDelays } = loadConfiguration({ RAFFIA_SIMULATED_DELAY: '0.05' });
  return {
    engine: new SimulatedEngine(db, systemClock, simulatedDelays),
    close: async () => {
      await close();
      await drop();
    },
  };
}

async function real(kind: 'lxd' | 'incus'): Promise<Opened> {
  const host = await EngineHost.start(kind);
  const engine = new IncusEngine({
    settings: loadConfiguration(host.settings).incus,
    cloudId: 'suite',
    imageOf: () => testImage,
    clock: systemClock,
    log,
  });
  await engine.prepare();
  return {
    engine,
    close: async () => {
      await engine.close();
      await host.stop();
    },
  };
}

let addresses = 1;

function specOf(changes: Partial<MachineSpec> = {}): MachineSpec {
  const address = `10.9.0.${++addresses}`;
  return {
    id: randomUUID(),
    generation: 1,
    name: 'machine',
    cpu: 1,
    ram: 1,
    disk: 25,
    image: template,
    nics: [
      {
        type: 'vpc',
        address,
        prefix: 24,
        gateway: '10.9.0.1',
        mac: macOf(address),
        network: { id: 'vpc-of-the-suite', cidr: '10.9.0.0/24' },
      },
    ],
    sshKeys: [],
    ...changes,
  };
}

/** Asks until the goal is reached, as the worker does. */
async function reach(verb: () => Promise<Progress>): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const progress = await verb();
    if (progress.done) return;
    assert.ok(Date.now() < deadline, 'the goal was not reached within a minute');
    await new Promise((again) => setTimeout(again, Math.min(progress.retryInMs, 500)));
  }
}

function behaves(name: string, open: () => Promise<Opened>, skip: string | undefined): void {
  describe(name, { skip: skip ?? false }, () => {
    let engine: Engine;
    let close: () => Promise<void>;

    before(async () => {
      ({ engine, close } = await open());
    });
    after(() => close?.());

    const isIn = async (id: string, power: string) =>
      until(`the machine is ${power}`, async () => (await engine.inspect(id))?.power === power);

    test(`${name}: a machine is built switched off, started, stopped and deleted, and each may be asked twice`, async () => {
      const spec = specOf();
      for (let time = 0; time < 2; time++) await reach(() => engine.ensure(spec));
      await isIn(spec.id, 'off');
      assert.deepEqual(
        (await engine.list()).filter(({ id }) => id === spec.id).map(({ generation }) => generation),
        [1],
      );
      for (let time = 0; time < 2; time++) await reach(() => engine.start(spec.id, spec.name));
      await isIn(spec.id, 'on');
      for (let time = 0; time < 2; time++) await reach(() => engine.stop(spec.id, spec.name, false));
      await isIn(spec.id, 'off');
      for (let time = 0; time < 2; time++) await reach(() => engine.delete(spec.id, spec.name));
      assert.equal(await engine.inspect(spec.id), undefined);
      assert.ok(!(await engine.list()).some(({ id }) => id === spec.id));
    });

    test(`${name}: the power of a running machine can be cut, and it can be deleted while it runs`, async () => {
      const spec = specOf();
      await reach(() => engine.ensure(spec));
      await reach(() => engine.start(spec.id, spec.name));
      await reach(() => engine.stop(spec.id, spec.name, true));
      await isIn(spec.id, 'off');
      await reach(() => engine.start(spec.id, spec.name));
      await isIn(spec.id, 'on');
      await reach(() => engine.delete(spec.id, spec.name));
      assert.equal(await engine.inspect(spec.id), undefined);
    });

    test(`${name}: a higher generation replaces the machine, a lower one does not`, async () => {
      const spec = specOf();
      await reach(() => engine.ensure(spec));
      await reach(() => engine.start(spec.id, spec.name));
      await reach(() => engine.stop(spec.id, spec.name, true));
      await reach(() => engine.ensure({ ...spec, generation: 2 }));
      assert.equal((await engine.inspect(spec.id))?.generation, 2);
      await reach(() => engine.ensure(spec));
      assert.equal((await engine.inspect(spec.id))?.generation, 2);
      await reach(() => engine.delete(spec.id, spec.name));
    });

    test(`${name}: a machine is resized and its disk grown, never made smaller`, async () => {
      const spec = specOf();
      await reach(() => engine.ensure(spec));
      for (let time = 0; time < 2; time++) await reach(() => engine.resize(spec.id, spec.name, { cpu: 2, ram: 2 }));
      for (let time = 0; time < 2; time++) await reach(() => engine.growDisk(spec.id, spec.name, 30));
      await assert.rejects(
        reach(() => engine.growDisk(spec.id, spec.name, 10)),
        EngineError,
      );
      await reach(() => engine.start(spec.id, spec.name));
      await isIn(spec.id, 'on');
      await reach(() => engine.delete(spec.id, spec.name));
    });

    test(`${name}: a password can be set on a machine that is off, and on one that runs`, async () => {
      const spec = specOf();
      await reach(() => engine.ensure(spec));
      await reach(() => engine.setPassword(spec.id, spec.name, 'ABcdefgh12345!'));
      await isIn(spec.id, 'off');
      await reach(() => engine.start(spec.id, spec.name));
      await reach(() => engine.setPassword(spec.id, spec.name, 'ABcdefgh54321!'));
      await isIn(spec.id, 'on');
      await reach(() => engine.delete(spec.id, spec.name));
    });

    test(`${name}: an image is saved of a running machine, and another machine made from it`, async () => {
      const spec = specOf();
      const imageId = randomUUID();
      await reach(() => engine.ensure(spec));
      await reach(() => engine.start(spec.id, spec.name));
      for (let time = 0; time < 2; time++) await reach(() => engine.saveImage(spec.id, spec.name, imageId));
      await isIn(spec.id, 'on');
      const copy = specOf({ image: `image:${imageId}` });
      await reach(() => engine.ensure(copy));
      await reach(() => engine.start(copy.id, copy.name));
      await isIn(copy.id, 'on');
      for (let time = 0; time < 2; time++) await reach(() => engine.deleteImage(imageId));
      await isIn(copy.id, 'on');
      const late = specOf({ image: `image:${imageId}` });
      await assert.rejects(
        reach(() => engine.ensure(late)),
        EngineError,
      );
      for (const { id, name: named } of [spec, copy, late]) await reach(() => engine.delete(id, named));
    });

    test(`${name}: what is missing is said in a sentence`, async () => {
      const spec = specOf();
      for (const verb of [
        () => engine.start(spec.id, spec.name),
        () => engine.stop(spec.id, spec.name, true),
        () => engine.resize(spec.id, spec.name, { cpu: 2, ram: 2 }),
        () => engine.setPassword(spec.id, spec.name, 'ABcdefgh12345!'),
      ]) {
        await assert.rejects(reach(verb), (error: Error) => {
          assert.ok(error instanceof EngineError);
          assert.match(error.message, /gone from its host/);
          return true;
        });
      }
      const lost = specOf({ image: `image:${randomUUID()}` });
      await assert.rejects(
        reach(() => engine.ensure(lost)),
        /saved image is gone from its host/,
      );
      await reach(() => engine.delete(lost.id, lost.name));
      assert.equal(await engine.inspect(lost.id), undefined);
    });

    test(`${name}: the same asked many times at once is done once`, async () => {
      const spec = specOf();
      const often = (verb: () => Promise<Progress>) => Promise.all(Array.from({ length: 5 }, () => reach(verb)));
      await often(() => engine.ensure(spec));
      await often(() => engine.start(spec.id, spec.name));
      assert.equal((await engine.list()).filter(({ id }) => id === spec.id).length, 1);
      await often(() => engine.delete(spec.id, spec.name));
      assert.equal(await engine.inspect(spec.id), undefined);
    });

    test(`${name}: ten machines come and go at once`, async () => {
      const specs = Array.from({ length: 10 }, () => specOf());
      await Promise.all(
        specs.map(async (spec) => {
          await reach(() => engine.ensure(spec));
          await reach(() => engine.start(spec.id, spec.name));
          await reach(() => engine.delete(spec.id, spec.name));
        }),
      );
      await engine.tidy();
      assert.deepEqual(await engine.list(), []);
    });

    test(`${name}: it says what it is`, async () => {
      assert.match(await engine.check(), /machines|containers/);
    });
  });
}

behaves('simulated', simulated, undefined);
behaves('lxd', () => real('lxd'), whyNoDaemon('lxd'));
behaves('incus', () => real('incus'), whyNoDaemon('incus'));
