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
import {
  type Engine,
  EngineError,
  type Images,
  MachineGone,
  type MachineRef,
  type MachineSpec,
  type MachineState,
  type Machines,
  PassingFault,
  type Progress,
  type Size,
} from './engine.ts';
import { IncusEngine } from './incus/incus-engine.ts';
import { SimulatedEngine } from './simulated/simulated-engine.ts';

/**
 * What every engine does, whatever its machines are made of, section by section of its interface. The suite knows nothing else of it.
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

/** Asks until the goal is reached, as the worker does: what may pass is asked again, as often as it says. */
async function reach(verb: () => Promise<Progress>): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (let attempts = 1; ; ) {
    const progress = await verb().catch((error) => {
      if (!(error instanceof PassingFault) || attempts++ >= error.attempts) throw error;
      return { done: false, retryInMs: 500 } as const;
    });
    if (progress.done) return;
    assert.ok(Date.now() < deadline, 'the goal was not reached within a minute');
    await new Promise((again) => setTimeout(again, Math.min(progress.retryInMs, 500)));
  }
}

const twice = async (verb: () => Promise<Progress>) => {
  for (let time = 0; time < 2; time++) await reach(verb);
};

/** An engine under test, with what every section does with it. */
class Subject {
  readonly name: string;
  engine!: Engine;

  constructor(name: string) {
    this.name = name;
  }

  get machines(): Machines {
    return this.engine.machines;
  }

  get images(): Images {
    return this.engine.images;
  }

  build(spec: MachineSpec): Promise<void> {
    return reach(() => this.machines.apply(spec, { builds: true }));
  }

  async run(spec: MachineSpec): Promise<void> {
    await this.build(spec);
    await reach(() => this.machines.start(spec));
    await this.is(spec, 'on');
  }

  async is({ id }: MachineRef, power: MachineState['power']): Promise<void> {
    await until(`the machine is ${power}`, async () => (await this.machines.inspect(id))?.power === power);
  }

  async size({ id }: MachineRef): Promise<Size> {
    const { cpu, ram, disk } = (await this.machines.inspect(id))?.known ?? {};
    return { cpu, ram, disk } as Size;
  }

  async remove(...specs: MachineSpec[]): Promise<void> {
    await Promise.all(specs.map((spec) => reach(() => this.machines.delete(spec))));
  }
}

function machines(subject: Subject): void {
  const { name } = subject;

  test(`${name}: a machine is built switched off, started, stopped and deleted, and each may be asked twice`, async () => {
    const spec = specOf();
    await twice(() => subject.machines.apply(spec, { builds: true }));
    await subject.is(spec, 'off');
    assert.deepEqual(
      (await subject.machines.list()).filter(({ id }) => id === spec.id).map(({ generation }) => generation),
      [1],
    );
    await twice(() => subject.machines.start(spec));
    await subject.is(spec, 'on');
    await twice(() => subject.machines.stop(spec, { force: false }));
    await subject.is(spec, 'off');
    await twice(() => subject.machines.delete(spec));
    assert.equal(await subject.machines.inspect(spec.id), undefined);
    assert.ok(!(await subject.machines.list()).some(({ id }) => id === spec.id));
  });

  test(`${name}: the power of a running machine can be cut, and it can be deleted while it runs`, async () => {
    const spec = specOf();
    await subject.run(spec);
    await reach(() => subject.machines.stop(spec, { force: true }));
    await subject.is(spec, 'off');
    await reach(() => subject.machines.start(spec));
    await subject.is(spec, 'on');
    await subject.remove(spec);
    assert.equal(await subject.machines.inspect(spec.id), undefined);
  });

  test(`${name}: a higher generation replaces the machine where one is to be built, a lower one changes nothing`, async () => {
    const spec = specOf();
    await subject.run(spec);
    await reach(() => subject.machines.stop(spec, { force: true }));
    const next = { ...spec, generation: 2 };
    await assert.rejects(
      reach(() => subject.machines.apply(next)),
      MachineGone,
    );
    assert.equal((await subject.machines.inspect(spec.id))?.generation, 1);
    await subject.build(next);
    assert.equal((await subject.machines.inspect(spec.id))?.generation, 2);
    await subject.build({ ...spec, cpu: 2 });
    assert.equal((await subject.machines.inspect(spec.id))?.generation, 2);
    assert.deepEqual(await subject.size(spec), { cpu: 1, ram: 1, disk: 25 });
    await subject.remove(spec);
  });

  test(`${name}: a machine gets the size of its spec, all of it at once, and no disk is made smaller`, async () => {
    const spec = specOf();
    await subject.build(spec);
    assert.deepEqual(await subject.size(spec), { cpu: 1, ram: 1, disk: 25 });
    await twice(() => subject.machines.apply({ ...spec, cpu: 2, ram: 2 }));
    assert.deepEqual(await subject.size(spec), { cpu: 2, ram: 2, disk: 25 });
    await twice(() => subject.machines.apply({ ...spec, cpu: 1, ram: 2, disk: 30 }));
    assert.deepEqual(await subject.size(spec), { cpu: 1, ram: 2, disk: 30 });
    await twice(() => subject.machines.apply({ ...spec, disk: 10 }));
    assert.deepEqual(await subject.size(spec), { cpu: 1, ram: 1, disk: 30 });
    await subject.is(spec, 'off');
    await reach(() => subject.machines.start(spec));
    await subject.is(spec, 'on');
    await twice(() => subject.machines.apply({ ...spec, ram: 2 }));
    assert.deepEqual(await subject.size(spec), { cpu: 1, ram: 2, disk: 30 });
    await subject.is(spec, 'on');
    await subject.remove(spec);
  });

  test(`${name}: a password can be set on a machine that is off, and on one that runs`, async () => {
    const spec = specOf();
    await subject.build(spec);
    await reach(() => subject.machines.setPassword(spec, 'ABcdefgh12345!'));
    await subject.is(spec, 'off');
    await reach(() => subject.machines.start(spec));
    await reach(() => subject.machines.setPassword(spec, 'ABcdefgh54321!'));
    await subject.is(spec, 'on');
    await subject.remove(spec);
  });

  test(`${name}: what is missing is said in a sentence, and not built by whoever only changes it`, async () => {
    const spec = specOf();
    for (const verb of [
      () => subject.machines.apply(spec),
      () => subject.machines.start(spec),
      () => subject.machines.stop(spec, { force: true }),
      () => subject.machines.setPassword(spec, 'ABcdefgh12345!'),
      () => subject.images.save(spec, randomUUID()),
    ]) {
      await assert.rejects(reach(verb), (error: Error) => {
        assert.ok(error instanceof EngineError);
        assert.match(error.message, /gone from its host/);
        return true;
      });
    }
    assert.equal(await subject.machines.inspect(spec.id), undefined);
  });

  test(`${name}: the same asked many times at once is done once`, async () => {
    const spec = specOf();
    const often = (verb: () => Promise<Progress>) => Promise.all(Array.from({ length: 5 }, () => reach(verb)));
    await often(() => subject.machines.apply(spec, { builds: true }));
    await often(() => subject.machines.start(spec));
    assert.equal((await subject.machines.list()).filter(({ id }) => id === spec.id).length, 1);
    await often(() => subject.machines.delete(spec));
    assert.equal(await subject.machines.inspect(spec.id), undefined);
  });

  test(`${name}: ten machines come and go at once`, async () => {
    const specs = Array.from({ length: 10 }, () => specOf());
    await Promise.all(
      specs.map(async (spec) => {
        await subject.build(spec);
        await reach(() => subject.machines.start(spec));
        await subject.remove(spec);
      }),
    );
    await subject.engine.tidy();
    assert.deepEqual(await subject.machines.list(), []);
  });
}

function images(subject: Subject): void {
  const { name } = subject;

  test(`${name}: an image is saved of a running machine, and another machine made from it`, async () => {
    const spec = specOf();
    const imageId = randomUUID();
    await subject.run(spec);
    await twice(() => subject.images.save(spec, imageId));
    await subject.is(spec, 'on');
    const copy = specOf({ image: `image:${imageId}` });
    await subject.run(copy);
    await twice(() => subject.images.delete(imageId));
    await subject.is(copy, 'on');
    const late = specOf({ image: `image:${imageId}` });
    await assert.rejects(subject.build(late), EngineError);
    await subject.remove(spec, copy, late);
  });

  test(`${name}: a machine of an image that is not there is refused in a sentence, and nothing of it is left`, async () => {
    const lost = specOf({ image: `image:${randomUUID()}` });
    await assert.rejects(subject.build(lost), /saved image is gone from its host/);
    await subject.remove(lost);
    assert.equal(await subject.machines.inspect(lost.id), undefined);
  });

  test(`${name}: templates with an image are not among those without`, async () => {
    assert.deepEqual(await subject.images.templatesWithoutImage([template]), []);
  });
}

function host(subject: Subject): void {
  const { name } = subject;

  test(`${name}: it says what it is`, async () => {
    assert.match(await subject.engine.check(), /machines|containers/);
  });
}

function behaves(name: string, open: () => Promise<Opened>, skip: string | undefined): void {
  describe(name, { skip: skip ?? false }, () => {
    const subject = new Subject(name);
    let close: () => Promise<void>;

    before(async () => {
      ({ engine: subject.engine, close } = await open());
    });
    after(() => close?.());

    for (const section of [machines, images, host]) section(subject);
  });
}

behaves('simulated', simulated, undefined);
behaves('lxd', () => real('lxd'), whyNoDaemon('lxd'));
behaves('incus', () => real('incus'), whyNoDaemon('incus'));
