// timeout: 40m
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import type { FilterDirection } from '@raffia/contract/nic-filter.ts';
import { macOf } from '@raffia/server/foundation/cidr.ts';
import type { Router } from '@raffia/server/foundation/router.ts';
import { whyNoDaemon } from '../testing/engine-host.ts';
import {
  type EngineUnderTest,
  type MortalEngine,
  openReal,
  openSimulated,
  withoutAChange,
} from '../testing/engines-under-test.ts';
import { until } from '../testing/until.ts';
import {
  type Backups,
  done,
  type Engine,
  EngineError,
  type Images,
  MachineGone,
  type MachineNic,
  type MachineRef,
  type MachineSpec,
  type MachineState,
  type Machines,
  type MachineVolume,
  type NetworkSpec,
  PassingFault,
  type Progress,
  type Size,
  SnapshotGone,
  type Snapshots,
  VolumeGone,
  type VolumeRef,
  type VolumeSnapshots,
  type VolumeSpec,
  type Volumes,
} from './engine.ts';

/**
 * What every engine does, whatever its machines are made of, section by section of its interface. The suite knows nothing else of it.
 */
const template = '5ac21891-32e6-41ce-8a93-b5d6ab708b0d';

let addresses = 1;

/** An interface in a VPC: the block 10.VPC.0.0/20. */
function nicOf(nicId: number, vpc = 9): MachineNic {
  const number = ++addresses;
  assert.ok(number < 4095, 'the suite has used up its block');
  const address = `10.${vpc}.${number >> 8}.${number & 255}`;
  const network = { id: `vpc-${vpc}-of-the-suite`, cidr: `10.${vpc}.0.0/20` };
  return { nicId, type: 'vpc', address, prefix: 20, gateway: `10.${vpc}.0.1`, mac: macOf(address), network };
}

/** A public interface of IPv6. */
function ipv6Of(nicId: number): MachineNic {
  const address = `2001:db8:5::${(++addresses).toString(16)}`;
  const network = { id: '2001:db8:5::/64', cidr: '2001:db8:5::/64' };
  return { nicId, type: 'ipv6', address, prefix: 64, gateway: '2001:db8:5::1', mac: macOf(address), network };
}

function specOf(changes: Partial<MachineSpec> = {}): MachineSpec {
  return {
    id: randomUUID(),
    generation: 1,
    name: 'machine',
    cpu: 1,
    ram: 1,
    disk: 25,
    image: template,
    nics: [nicOf(0)],
    nameServers: [],
    volumes: [],
    sshKeys: [],
    ...changes,
  };
}

/** Asks until the goal is reached, as the worker does: what may pass is asked again, as often as it says. */
async function reach(verb: () => Promise<Progress>): Promise<void> {
  const deadline = Date.now() + 60_000;
  let last: unknown;
  for (let attempts = 1; ; ) {
    const progress = await verb().catch((error) => {
      if (!(error instanceof PassingFault) || attempts++ >= error.attempts) throw error;
      last = error;
      return { done: false, retryInMs: 500 } as const;
    });
    if (progress.done) return;
    if (Date.now() > deadline) throw new Error('the goal was not reached within a minute', { cause: last });
    await new Promise((again) => setTimeout(again, Math.min(progress.retryInMs, 500)));
  }
}

const twice = async (verb: () => Promise<Progress>) => {
  for (let time = 0; time < 2; time++) await reach(verb);
};

/** The VPCs of the neighbour. */
const neighbourhoods = [98, 97] as const;

/** An engine under test, with what every section does with it. */
class Subject {
  readonly name: string;
  under!: EngineUnderTest;

  constructor(name: string) {
    this.name = name;
  }

  get engine(): Engine {
    return this.under.engine;
  }

  get machines(): Machines {
    return this.engine.machines;
  }

  get snapshots(): Snapshots {
    return this.engine.snapshots;
  }

  get backups(): Backups {
    return this.engine.backups;
  }

  get volumes(): Volumes {
    return this.engine.volumes;
  }

  get volumeSnapshots(): VolumeSnapshots {
    return this.engine.volumeSnapshots;
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

  async reaches(from: MachineSpec, by: MachineNic, { nics: [nic] }: MachineSpec): Promise<void> {
    const { address = '' } = nic ?? {};
    const look = () => this.under.reaches(from, by, address);
    await until(`${by.address} reaches ${address}`, look, { everyMs: 100 });
  }

  /**
   * Where LXD is tried at every place of a kill, Incus is at the first, the second, the fourth and so on: one code makes the same changes of
   * both in the same order, so that what it does with a host that is left halfway is found with the one. What the other can still be at
   * fault with is how it goes on with a change whose asker is gone, of which these are enough.
   */
  get isSampled(): boolean {
    return this.name === 'incus' && whyNoDaemon('lxd') === undefined;
  }

  /** At how many places there must have been a kill. */
  least({ simulated, real, sampled }: Record<'simulated' | 'real' | 'sampled', number>): number {
    return this.name === 'simulated' ? simulated : this.isSampled ? sampled : real;
  }

  /**
   * Kills whoever begins a verb at its changes, lets another bring it to its end, and looks at it after each; the answer is at how many
   * places there was a kill.
   */
  async killedAnywhere(
    verb: (engine: Engine) => Promise<Progress>,
    begin: () => Promise<void>,
    look: (when: string) => Promise<void> = async () => {},
  ): Promise<number> {
    let changes = this.isSampled ? 1 : 0;
    for (let places = 0; ; places++) {
      await begin();
      const mortal = await this.under.mortal(changes);
      await reach(() => verb(mortal.engine).catch(deadIsDone(mortal)));
      const wasKilled = mortal.isDead();
      await mortal.close();
      await reach(() => verb(this.engine));
      await look(`killed after ${changes} changes`);
      if (!wasKilled) return places;
      changes = this.isSampled ? changes * 2 : changes + 1;
    }
  }

  #neighbour: MachineSpec | undefined;

  /** Somebody who runs and whom no test changes, in two VPCs where others come and go: one for all tests, which are one after the other. */
  async neighbour(): Promise<MachineSpec> {
    if (this.#neighbour === undefined) {
      const spec = specOf({ nics: neighbourhoods.map((vpc, nicId) => nicOf(nicId, vpc)) });
      await this.run(spec);
      this.#neighbour = spec;
    }
    return this.#neighbour;
  }

  async remove(...specs: MachineSpec[]): Promise<void> {
    await Promise.all(specs.map((spec) => reach(() => this.machines.delete(spec))));
  }
}

/** A console, with what it says since the last line that was typed. */
async function consoleOf(subject: Subject, machine: MachineRef) {
  const { stream, resize } = await subject.machines.console(machine, { columns: 80, rows: 24 });
  const opened = {
    stream,
    resize,
    said: '',
    isOver: false,
    async type(line: string, answer: RegExp): Promise<void> {
      opened.said = '';
      stream.write(`${line}\r`);
      await until(`${line} brings ${answer}, and not ${opened.said}`, () => answer.test(opened.said), {
        withinMs: 20_000,
      });
    },
  };
  stream.on('data', (part: Buffer) => {
    opened.said += part.toString();
  });
  for (const end of ['end', 'close', 'error']) {
    stream.on(end, () => {
      opened.isOver = true;
    });
  }
  return opened;
}

function machines(subject: Subject): void {
  const { name } = subject;

  test(`${name}: a machine is built switched off, started, stopped and deleted, and each may be asked twice`, async () => {
    const spec = specOf();
    await twice(() => subject.machines.apply(spec, { builds: true }));
    await subject.is(spec, 'off');
    assert.deepEqual(
      (await subject.machines.list()).told.filter(({ id }) => id === spec.id).map(({ generation }) => generation),
      [1],
    );
    await twice(() => subject.machines.start(spec));
    await subject.is(spec, 'on');
    // The first program of a real guest has to be there to hear that it is to end: before, nobody tells it again.
    if (name !== 'simulated') await new Promise((listens) => setTimeout(listens, 2000));
    await twice(() => subject.machines.stop(spec, { force: false }));
    await subject.is(spec, 'off');
    await twice(() => subject.machines.delete(spec));
    assert.equal(await subject.machines.inspect(spec.id), undefined);
    assert.ok(!(await subject.machines.list()).told.some(({ id }) => id === spec.id));
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

  test(`${name}: a console types into a machine that runs and shows what it says, in the size that it is given`, async () => {
    const spec = specOf();
    await subject.build(spec);
    const size = { columns: 80, rows: 24 };
    await assert.rejects(subject.machines.console(spec, size), {
      name: 'EngineError',
      message: 'The VM is not running',
    });
    await assert.rejects(subject.machines.console(specOf(), size), MachineGone);
    await reach(() => subject.machines.start(spec));
    await subject.is(spec, 'on');
    const [first, second] = [await consoleOf(subject, spec), await consoleOf(subject, spec)];
    await first.type('stty size', /(^|\n)24 80\r?\n/);
    first.resize({ columns: 132, rows: 43 });
    await first.type('stty size', /(^|\n)43 132\r?\n/);
    await second.type('stty size', /(^|\n)24 80\r?\n/);
    if (name !== 'simulated') {
      await first.type('printf typed-$((40 + 2)) > /root/written; echo done-$?', /(^|\n)done-0\r?\n/);
      assert.equal(await subject.under.readDisk(spec), 'typed-42');
      // Who is not read holds the guest up, as soon as all that lies between the two is full.
      second.stream.pause();
      second.stream.write('x=0123456789; for n in 1 2 3 4 5 6 7 8; do x=$x$x; done; n=0\r');
      second.stream.write('while :; do echo $x; n=$((n + 1)); echo $n > /root/count; done\r');
      const counts: number[] = [];
      await until('it waits', async () => {
        await first.type('sleep 1; echo n-$(cat /root/count)', /(^|\n)n-\d+\r?\n/);
        counts.push(Number(/(?:^|\n)n-(\d+)\r?\n/.exec(first.said)?.[1]));
        return counts.length > 2 && counts.at(-1) === counts.at(-2);
      });
      assert.ok((counts.at(-1) ?? 0) > 10, `${counts} lines of 2560 letters`);
    }
    second.stream.destroy();
    first.stream.write('exit\r');
    await until('the end of the shell ends it', () => first.isOver);
    const third = await consoleOf(subject, spec);
    await third.type('stty size', /(^|\n)24 80\r?\n/);
    await reach(() => subject.machines.stop(spec, { force: true }));
    await until('the end of the machine ends it', () => third.isOver);
    await subject.remove(spec);
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
    assert.equal((await subject.machines.list()).told.filter(({ id }) => id === spec.id).length, 1);
    await often(() => subject.machines.delete(spec));
    assert.equal(await subject.machines.inspect(spec.id), undefined);
  });

  test(`${name}: six machines come and go at once`, async () => {
    const specs = Array.from({ length: 6 }, () => specOf());
    await Promise.all(
      specs.map(async (spec) => {
        await subject.build(spec);
        await reach(() => subject.machines.start(spec));
        await subject.remove(spec);
      }),
    );
    await subject.engine.tidy();
    assert.deepEqual((await subject.machines.list()).told, []);
  });
}

/** Nobody asks an engine that was killed. */
const deadIsDone =
  ({ isDead }: MortalEngine) =>
  (error: unknown): Progress => {
    if (isDead()) return done;
    throw error;
  };

function interfaces(subject: Subject): void {
  const { name } = subject;
  const apply = (spec: MachineSpec) => reach(() => subject.machines.apply(spec));
  const known = async ({ id }: MachineSpec) => (await subject.machines.inspect(id))?.known.nics;

  /** A machine that runs, another VPC with somebody in it, and the machine with an interface there as well. */
  async function atADoor() {
    const spec = specOf();
    const [vpc] = neighbourhoods;
    const neighbour = await subject.neighbour();
    await subject.run(spec);
    const more = nicOf(1, vpc);
    const borrowed = nicOf(2, vpc).address;
    return { spec, neighbour, more, borrowed, wider: { ...spec, nics: [...spec.nics, more] } };
  }

  test(`${name}: a running machine gets a second interface, which works at once and after a restart, and loses it again`, async () => {
    const { spec, neighbour, more, borrowed, wider } = await atADoor();
    await apply(wider);
    assert.deepEqual(await known(spec), wider.nics);
    await subject.reaches(wider, more, neighbour);
    await subject.reaches(neighbour, neighbour.nics[0] as MachineNic, { ...spec, nics: [more] });
    assert.equal(await subject.under.reaches(wider, more, neighbour.nics[0]?.address ?? '', borrowed), false);
    await withoutAChange(subject.under, (engine) => reach(() => engine.machines.apply(wider)));
    await subject.engine.tidy();
    await subject.reaches(wider, more, neighbour);
    await reach(() => subject.machines.stop(spec, { force: true }));
    await reach(() => subject.machines.start(spec));
    await subject.is(spec, 'on');
    await subject.reaches(wider, more, neighbour);

    await apply(spec);
    assert.deepEqual(await known(spec), spec.nics);
    assert.deepEqual(await subject.under.traces(spec, more), []);
    await withoutAChange(subject.under, (engine) => reach(() => engine.machines.apply(spec)));
    await subject.is(spec, 'on');
    await subject.remove(spec);
  });

  test(`${name}: a machine that is off gets and loses interfaces, and has them as it starts`, async () => {
    const { spec, neighbour, more, wider } = await atADoor();
    await reach(() => subject.machines.stop(spec, { force: true }));
    await apply(wider);
    assert.deepEqual(await known(spec), wider.nics);
    await subject.is(spec, 'off');
    await withoutAChange(subject.under, (engine) => reach(() => engine.machines.apply(wider)));
    await reach(() => subject.machines.start(spec));
    await subject.is(spec, 'on');
    await subject.reaches(wider, more, neighbour);
    await reach(() => subject.machines.stop(spec, { force: true }));
    await apply(spec);
    await reach(() => subject.machines.start(spec));
    await subject.is(spec, 'on');
    assert.deepEqual(await subject.under.traces(spec, more), []);
    await subject.remove(spec);
  });

  test(`${name}: interfaces keep their numbers and their networks while others come and go, down to none`, async () => {
    const { spec, neighbour, more, wider } = await atADoor();
    const third = nicOf(2, 96);
    await apply({ ...wider, nics: [...wider.nics, third] });
    await subject.reaches(wider, more, neighbour);
    await apply({ ...wider, nics: [more, third] });
    assert.deepEqual(await known(spec), [more, third]);
    await subject.reaches(wider, more, neighbour);
    for (const nic of spec.nics) assert.deepEqual(await subject.under.traces(spec, nic), []);
    // Where another one was: in the same VPC, at the same moment.
    const fourth = nicOf(3, 96);
    await apply({ ...wider, cpu: 2, nics: [more, fourth] });
    assert.deepEqual(await known(spec), [more, fourth]);
    assert.equal((await subject.size(spec)).cpu, 2);
    assert.deepEqual(await subject.under.traces(spec, third), []);
    await apply({ ...wider, nics: [] });
    assert.deepEqual(await known(spec), []);
    for (const nic of [more, fourth]) assert.deepEqual(await subject.under.traces(spec, nic), []);
    await apply({ ...wider, nics: [more] });
    await subject.reaches(wider, more, neighbour);
    await subject.remove(spec);
  });

  test(`${name}: a machine gets an address of IPv6 beside its others, which works at once and after a restart, has rules of its own, and goes`, async () => {
    const machines = [1, 2].map(() => specOf({ nics: [nicOf(0), nicOf(1, 97)] }));
    const [one, other] = (await Promise.all(
      machines.map(async (spec) => {
        await subject.run(spec);
        const wider = { ...spec, nics: [...spec.nics, ipv6Of(2)] };
        await apply(wider);
        return wider;
      }),
    )) as unknown as [MachineSpec, MachineSpec];
    const [, , by] = one.nics as [MachineNic, MachineNic, MachineNic];
    const target = other.nics[2] as MachineNic;
    const sees = (isOpen = true) => until('it is seen', async () => (await hears()) === isOpen, { everyMs: 100 });
    const hears = () => subject.under.reaches(one, by, target.address);
    await sees();
    await subject.reaches(one, one.nics[0] as MachineNic, other);
    assert.deepEqual(await known(one), one.nics);
    await withoutAChange(subject.under, (engine) => reach(() => engine.machines.apply(one)));
    const borrowed = ipv6Of(3).address;
    assert.equal(await subject.under.reaches(one, by, target.address, borrowed), false);
    await reach(() => subject.machines.stop(one, { force: true }));
    await reach(() => subject.machines.start(one));
    await subject.is(one, 'on');
    await sees();
    const filtered = (families: readonly (4 | 6)[]): MachineSpec => ({
      ...other,
      nics: other.nics.map((nic) =>
        nic === target
          ? { ...nic, filter: { inbound: { families, rules: [] }, outbound: { families, rules: [] } } }
          : nic,
      ),
    });
    await apply(filtered([4, 6]));
    assert.equal(await hears(), false, 'closed to both families');
    await apply(filtered([4]));
    await sees();
    await apply({ ...one, nics: one.nics.slice(0, 2) });
    assert.deepEqual(await known(one), one.nics.slice(0, 2));
    const traces = await subject.under.traces(one, by);
    // Networks of public addresses stay.
    assert.deepEqual(
      traces.filter((trace) => !trace.startsWith('a network ')),
      [],
    );
    await subject.reaches(one, one.nics[0] as MachineNic, other);
    await subject.remove(one, other);
  });

  test(`${name}: whoever plugs or unplugs may be killed at any place; who comes after brings it to its end`, async () => {
    const { spec, neighbour, more, wider } = await atADoor();
    let places = 0;
    for (const { to, back } of [
      { to: wider, back: spec },
      { to: spec, back: wider },
    ]) {
      places += await subject.killedAnywhere(
        (engine) => engine.machines.apply(to),
        () => apply(back),
        async (when) => {
          await withoutAChange(subject.under, (engine) => reach(() => engine.machines.apply(to)));
          if (to === wider) await subject.reaches(wider, more, neighbour);
          else assert.deepEqual(await subject.under.traces(spec, more), [], when);
        },
      );
    }
    assert.ok(places >= subject.least({ simulated: 3, real: 8, sampled: 5 }), `killed at ${places} places`);
    await subject.remove(spec);
  });
}

let numbers = 0;

function volumes(subject: Subject): void {
  const { name } = subject;
  const apply = (spec: MachineSpec) => reach(() => subject.machines.apply(spec));
  const grow = (volume: VolumeSpec) => reach(() => subject.volumes.apply(volume));
  const removeVolume = (volume: VolumeRef) => reach(() => subject.volumes.delete(volume));
  const known = async ({ id }: MachineSpec) => [...((await subject.machines.inspect(id))?.known.volumes ?? [])].sort();

  /** A volume that is there, and how a machine has it. */
  async function someVolume(size = 1): Promise<VolumeSpec & MachineVolume> {
    const volume = {
      id: randomUUID(),
      number: ++numbers,
      name: `volume ${numbers}`,
      size,
      filesystem: 'ext4',
    } as const;
    await reach(() => subject.volumes.apply(volume, { makes: true }));
    return volume;
  }

  test(`${name}: a volume is made, grown and deleted, each may be asked twice, and none is made smaller`, async () => {
    const volume = await someVolume(2);
    await withoutAChange(subject.under, (engine) => reach(() => engine.volumes.apply(volume, { makes: true })));
    const found = async () => subject.volumes.inspect(volume.id);
    assert.deepEqual(await found(), { id: volume.id, size: 2, machineIds: [] });
    await twice(() => subject.volumes.apply({ ...volume, size: 3 }));
    await withoutAChange(subject.under, (engine) => reach(() => engine.volumes.apply({ ...volume, size: 1 })));
    assert.equal((await found())?.size, 3);
    assert.deepEqual(
      (await subject.volumes.list()).filter(({ id }) => id === volume.id),
      [await found()],
    );
    await twice(() => subject.volumes.delete(volume));
    assert.equal(await found(), undefined);
    assert.ok(!(await subject.volumes.list()).some(({ id }) => id === volume.id));
  });

  test(`${name}: a machine that runs gets a volume at once, and what is on it goes with it to another, and outlives both`, async () => {
    const [first, second] = [specOf(), specOf()];
    await Promise.all([subject.run(first), subject.run(second)]);
    const volume = await someVolume();
    const other = await someVolume();
    await apply({ ...first, volumes: [volume] });
    assert.deepEqual(await known(first), [volume.id]);
    assert.deepEqual((await subject.volumes.inspect(volume.id))?.machineIds, [first.id]);
    await subject.under.write(first, volume, 'kept');
    await withoutAChange(subject.under, (engine) =>
      reach(() => engine.machines.apply({ ...first, volumes: [volume] })),
    );
    await apply({ ...first, cpu: 2, volumes: [other, volume] });
    assert.deepEqual(await known(first), [volume.id, other.id].sort());
    assert.equal((await subject.size(first)).cpu, 2);
    await subject.engine.tidy();
    assert.equal(await subject.under.read(first, volume), 'kept');
    await grow({ ...volume, size: 2 });
    assert.equal(await subject.under.read(first, volume), 'kept', 'while it grows');

    await apply({ ...first, volumes: [other] });
    assert.equal(await subject.under.read(first, volume), undefined);
    assert.deepEqual((await subject.volumes.inspect(volume.id))?.machineIds, []);
    await subject.engine.tidy();
    assert.deepEqual(await known(first), [other.id]);
    await apply({ ...second, volumes: [volume] });
    assert.equal(await subject.under.read(second, volume), 'kept');
    await reach(() => subject.machines.stop(second, { force: true }));
    await reach(() => subject.machines.start(second));
    await subject.is(second, 'on');
    assert.equal(await subject.under.read(second, volume), 'kept', 'after a restart');

    await subject.remove(second);
    assert.deepEqual(await subject.volumes.inspect(volume.id), { id: volume.id, size: 2, machineIds: [] });
    // One that is off, and one that is built anew around it.
    await reach(() => subject.machines.stop(first, { force: true }));
    await apply({ ...first, volumes: [volume] });
    await subject.is(first, 'off');
    const next = { ...first, generation: 2, volumes: [volume] };
    await subject.build(next);
    await reach(() => subject.machines.start(next));
    await subject.is(next, 'on');
    assert.equal(await subject.under.read(next, volume), 'kept');
    await subject.remove(next);
    await Promise.all([volume, other].map(removeVolume));
  });

  test(`${name}: a volume is with one machine at a time, and not deleted while one has it`, async () => {
    const [first, second] = [specOf(), specOf()];
    await Promise.all([subject.run(first), subject.build(second)]);
    const volume = await someVolume();
    await apply({ ...first, volumes: [volume] });
    await assert.rejects(apply({ ...second, volumes: [volume] }), /^EngineError: Another VM has this volume/);
    await assert.rejects(removeVolume(volume), /^EngineError: A VM still has this volume/);
    assert.deepEqual(await known(second), []);
    assert.deepEqual((await subject.volumes.inspect(volume.id))?.machineIds, [first.id]);
    await subject.engine.tidy();
    assert.deepEqual(await known(second), [], 'nor later by itself');
    await apply(first);
    await apply({ ...second, volumes: [volume] });
    assert.deepEqual((await subject.volumes.inspect(volume.id))?.machineIds, [second.id]);
    await subject.remove(first, second);
    await removeVolume(volume);
  });

  test(`${name}: a volume that is not there is said so, and not made by whoever only grows or attaches it`, async () => {
    const spec = specOf();
    await subject.build(spec);
    const lost = { id: randomUUID(), number: ++numbers, name: 'lost', size: 1, filesystem: null } as const;
    await assert.rejects(grow(lost), VolumeGone);
    await assert.rejects(apply({ ...spec, volumes: [lost] }), VolumeGone);
    assert.equal(await subject.volumes.inspect(lost.id), undefined);
    assert.deepEqual(await known(spec), []);
    await subject.remove(spec);
  });

  test(`${name}: whoever attaches or detaches may be killed at any place; who comes after brings it to its end`, async () => {
    const spec = specOf();
    await subject.run(spec);
    const volume = await someVolume();
    const wider = { ...spec, volumes: [volume] };
    let places = 0;
    for (const { to, back } of [
      { to: wider, back: spec },
      { to: spec, back: wider },
    ]) {
      places += await subject.killedAnywhere(
        (engine) => engine.machines.apply(to),
        () => apply(back),
        async (when) => {
          await withoutAChange(subject.under, (engine) => reach(() => engine.machines.apply(to)));
          assert.deepEqual(await known(spec), to === wider ? [volume.id] : [], when);
          if (to === wider) await subject.under.write(spec, volume, when);
        },
      );
    }
    assert.ok(places >= 2, `killed at ${places} places`);
    await subject.remove(spec);
    await removeVolume(volume);
  });
}

function filters(subject: Subject): void {
  const { name } = subject;
  const apply = (spec: MachineSpec) => reach(() => subject.machines.apply(spec));
  const nothing: FilterDirection = { families: [4, 6], rules: [] };
  const all: FilterDirection = {
    families: [4, 6],
    rules: [{ protocol: 'ALL', ports: [], cidr: null, icmpType: null }],
  };
  const ssh = (...from: MachineSpec[]): FilterDirection => ({
    families: [4, 6],
    rules: from.map(({ nics: [nic] }) => ({
      protocol: 'TCP',
      ports: [{ first: 20, last: 22 }],
      cidr: { address: nic?.address as string, prefix: 32, family: 4 },
      icmpType: null,
    })),
  });
  const filtered = (spec: MachineSpec, inbound: FilterDirection, outbound: FilterDirection): MachineSpec => ({
    ...spec,
    nics: spec.nics.map((nic) => ({ ...nic, filter: { inbound, outbound } })),
  });
  const nicIn = ({ nics: [nic] }: MachineSpec) => nic as MachineNic;
  const connects = (from: MachineSpec, to: MachineSpec) => subject.under.connects(from, nicIn(from), nicIn(to).address);
  const pings = (from: MachineSpec, to: MachineSpec) => subject.under.reaches(from, nicIn(from), nicIn(to).address);
  const known = async ({ id }: MachineSpec) => (await subject.machines.inspect(id))?.known.nics;

  /** The neighbour, and some machines of his VPC that run and answer him. */
  async function together(count: number): Promise<MachineSpec[]> {
    const friend = await subject.neighbour();
    const others = Array.from({ length: count - 1 }, () => specOf({ nics: [nicOf(0, neighbourhoods[0])] }));
    await Promise.all(others.map((spec) => subject.run(spec)));
    for (const other of others) {
      await until('they have booted', () => connects(friend, other), { everyMs: 100 });
      await until('they have booted', () => connects(other, friend), { everyMs: 100 });
    }
    return [friend, ...others];
  }

  test(`${name}: a filter lets through what it names and nothing else, to a machine and from it, inside a VPC, for as long as it is there`, async () => {
    const [friend, stranger, plain] = (await together(3)) as [MachineSpec, MachineSpec, MachineSpec];
    const machine = filtered(plain, ssh(friend), nothing);
    await apply(machine);
    const isClosed = async (when: string) => {
      await until(`${when}: a friend connects`, () => connects(friend, machine), { everyMs: 100 });
      // Whoever is not let through waits for a second or two: all at once.
      const tries = {
        'a friend pings': pings(friend, machine),
        'a stranger connects': connects(stranger, machine),
        'it connects to a friend': connects(machine, friend),
        'it pings a stranger': pings(machine, stranger),
        'others connect': connects(stranger, friend),
      };
      const found = await Promise.all(Object.entries(tries).map(async ([what, is]) => [what, await is]));
      const expected = Object.keys(tries).map((what) => [what, what === 'others connect']);
      assert.deepEqual(found, expected, when);
    };
    await isClosed('at once');
    assert.deepEqual(await known(machine), machine.nics);
    await withoutAChange(subject.under, (engine) => reach(() => engine.machines.apply(machine)));
    await reach(() => subject.machines.stop(machine, { force: true }));
    await reach(() => subject.machines.start(machine));
    await isClosed('after a restart');
    await subject.engine.tidy();
    await isClosed('after it was looked at');

    await apply(filtered(plain, nothing, all));
    assert.equal(await connects(machine, friend), true);
    assert.equal(await pings(machine, stranger), true);
    assert.equal(await connects(friend, machine), false);
    await apply(plain);
    assert.equal(await connects(stranger, machine), true);
    assert.equal(await pings(stranger, machine), true);
    assert.deepEqual(await known(machine), plain.nics);
    await reach(() => subject.machines.stop(machine, { force: true }));
    await subject.build({ ...machine, generation: 2 });
    await reach(() => subject.machines.start(machine));
    await isClosed('built anew');
    await subject.remove(stranger, machine);
  });

  test(`${name}: a rule opened and closed while a connection tries counts from the moment on that it is told`, async () => {
    const [friend, machine] = (await together(2)) as [MachineSpec, MachineSpec];
    const closed = filtered(machine, nothing, nothing);
    const open = filtered(machine, ssh(friend), nothing);
    let tries = 0;
    let isOver = false;
    const others = (async () => {
      for (; !isOver; tries++) await connects(friend, machine);
    })();
    try {
      for (let round = 0; round < 3; round++) {
        await apply(closed);
        assert.equal(await connects(friend, machine), false, `closed, round ${round}`);
        await apply(open);
        assert.equal(await connects(friend, machine), true, `open, round ${round}`);
      }
    } finally {
      isOver = true;
      await others;
    }
    assert.ok(tries >= 3, `${tries} tries`);
    await subject.remove(machine);
  });

  test(`${name}: an interface comes with its filter: at no moment does anybody get through`, async () => {
    const [watcher, machine] = (await together(2)) as [MachineSpec, MachineSpec];
    const more = { ...nicOf(1, neighbourhoods[1]), filter: { inbound: nothing, outbound: nothing } };
    const watches = watcher.nics[1] as MachineNic;
    const wider = { ...machine, nics: [...machine.nics, more] };
    let tries = 0;
    let gotThrough = 0;
    let isOver = false;
    const watching = (async () => {
      for (; !isOver; tries++) if (await subject.under.connects(watcher, watches, more.address)) gotThrough++;
    })();
    try {
      await apply(wider);
      await until('somebody tried since', () => tries >= 3);
    } finally {
      isOver = true;
      await watching;
    }
    assert.equal(gotThrough, 0);
    const { filter: _, ...open } = more;
    await apply({ ...wider, nics: [...machine.nics, open] });
    await until('it is open', () => subject.under.connects(watcher, watches, more.address));
    await subject.remove(machine);
  });

  test(`${name}: whoever changes a filter may be killed at any place; who comes after brings it to its end`, async () => {
    const [friend, machine] = (await together(2)) as [MachineSpec, MachineSpec];
    const closed = filtered(machine, nothing, nothing);
    let places = 0;
    for (const { to, back } of [
      { to: closed, back: machine },
      { to: machine, back: closed },
    ]) {
      places += await subject.killedAnywhere(
        (engine) => engine.machines.apply(to),
        () => apply(back),
        async (when) => assert.equal(await connects(friend, machine), to === machine, when),
      );
    }
    assert.ok(places >= 2, `killed at ${places} places`);
    await subject.remove(machine);
  });
}

/** Of hosts that have a daemon. */
function daemon(subject: Subject): void {
  const { name } = subject;

  test(`${name}: its daemon may be killed while an interface comes or goes; the machine runs on and ends as it is to be`, async () => {
    const { killDaemon } = subject.under;
    assert.ok(killDaemon !== undefined);
    const neighbour = await subject.neighbour();
    const doors = Array.from({ length: 2 }, () => {
      const spec = specOf();
      const more = nicOf(1, neighbourhoods[0]);
      return { spec, more, wider: { ...spec, nics: [...spec.nics, more] } };
    });
    await Promise.all(doors.map(({ spec }) => subject.run(spec)));
    let [coming, going] = doors as [(typeof doors)[0], (typeof doors)[0]];
    await reach(() => subject.machines.apply(going.wider));
    // One machine gets its interface as another loses its own: a kill is one for both.
    for (const ms of [10, 40, 120]) {
      const goals = [coming.wider, going.spec];
      const asked = goals.map((to) => reach(() => subject.machines.apply(to)).catch(() => {}));
      await new Promise((moment) => setTimeout(moment, ms));
      await killDaemon();
      await Promise.all(asked);
      await Promise.all(goals.map((to) => reach(() => subject.machines.apply(to))));
      await subject.reaches(coming.wider, coming.more, neighbour);
      await subject.engine.tidy();
      assert.deepEqual(await subject.under.traces(going.spec, going.more), [], `killed after ${ms} ms`);
      [coming, going] = [going, coming];
    }
    await subject.remove(...doors.map(({ spec }) => spec));
  });
}

function snapshots(subject: Subject): void {
  const { name } = subject;
  const write = (spec: MachineSpec, text: string) => subject.under.writeOnDisk(spec, text);
  const read = (spec: MachineSpec) => subject.under.readDisk(spec);
  const snapshotsOf = (spec: MachineSpec) => subject.under.snapshotsOf(spec);
  const take = (spec: MachineSpec, id: string) => reach(() => subject.snapshots.take(spec, id));
  const cut = (spec: MachineSpec) => reach(() => subject.machines.stop(spec, { force: true }));

  test(`${name}: a snapshot is taken of a machine that runs on, put back once it is off, and deleted; each may be asked twice`, async () => {
    const spec = specOf();
    const [first, second] = [randomUUID(), randomUUID()];
    await subject.run(spec);
    await write(spec, 'first');
    await twice(() => subject.snapshots.take(spec, first));
    await subject.is(spec, 'on');
    await write(spec, 'second');
    await take(spec, second);
    await write(spec, 'third');
    // The older one, also of a machine that its host has started, and then the newer one: what was taken after it stays.
    for (const [id, text] of [
      [first, 'first'],
      [second, 'second'],
      [first, 'first'],
    ] as const) {
      await twice(() => subject.snapshots.restore(spec, id));
      assert.equal(await read(spec), text);
      await subject.is(spec, 'off');
    }
    assert.equal(await snapshotsOf(spec), 2);
    await reach(() => subject.machines.start(spec));
    await subject.is(spec, 'on');
    assert.equal(await read(spec), 'first');
    for (const id of [first, second]) await twice(() => subject.snapshots.delete(spec, id));
    assert.equal(await snapshotsOf(spec), 0);
    assert.equal(await read(spec), 'first');
    await subject.is(spec, 'on');
    await subject.remove(spec);
  });

  test(`${name}: what changed about a machine since its snapshot stays as it is now: size, interfaces, and whose addresses they are`, async () => {
    const spec = specOf();
    const neighbour = await subject.neighbour();
    await subject.run(spec);
    await write(spec, 'before');
    const id = randomUUID();
    await take(spec, id);
    await write(spec, 'after');
    const more = nicOf(1, neighbourhoods[0]);
    const other = { ...spec, cpu: 2, ram: 2, disk: 30, nics: [more] };
    await reach(() => subject.machines.apply(other));
    // Somebody else has the address that the snapshot has.
    const heir = specOf({ nics: spec.nics.map((nic) => ({ ...nic, mac: macOf('10.9.255.1') })) });
    await subject.run(heir);
    await cut(other);
    await reach(() => subject.snapshots.restore(other, id));
    assert.equal(await read(spec), 'before');
    assert.deepEqual((await subject.machines.inspect(spec.id))?.known.nics, [more]);
    assert.deepEqual(await subject.size(spec), { cpu: 2, ram: 2, disk: 30 });
    await withoutAChange(subject.under, (engine) => reach(() => engine.machines.apply(other)));
    await reach(() => subject.machines.start(other));
    await subject.is(other, 'on');
    await subject.reaches(other, more, neighbour);
    await subject.remove(spec, heir);
  });

  test(`${name}: a machine whose network is gone since its snapshot is put back without it`, async () => {
    const gone = nicOf(1, 96);
    const spec = specOf();
    const wider = { ...spec, nics: [...spec.nics, gone] };
    await subject.run(wider);
    await write(spec, 'before');
    const id = randomUUID();
    await take(wider, id);
    await reach(() => subject.machines.apply(spec));
    await subject.engine.tidy();
    await cut(spec);
    await reach(() => subject.snapshots.restore(spec, id));
    assert.deepEqual((await subject.machines.inspect(spec.id))?.known.nics, spec.nics);
    await reach(() => subject.machines.start(spec));
    await subject.is(spec, 'on');
    assert.deepEqual(await subject.under.traces(spec, gone), []);
    await subject.remove(spec);
  });

  test(`${name}: a restored machine lets through what its filters say now, from its first moment on`, async () => {
    const friend = await subject.neighbour();
    const spec = specOf({ nics: [nicOf(0, neighbourhoods[0])] });
    await subject.run(spec);
    const nicIn = ({ nics: [nic] }: MachineSpec) => nic as MachineNic;
    const connects = (from: MachineSpec, to: MachineSpec) =>
      subject.under.connects(from, nicIn(from), nicIn(to).address);
    await until('they have booted', () => connects(friend, spec), { everyMs: 100 });
    const id = randomUUID();
    await take(spec, id);
    const all = { protocol: 'ALL', ports: [], cidr: null, icmpType: null } as const;
    const filter = { inbound: { families: [4, 6], rules: [] }, outbound: { families: [4, 6], rules: [all] } } as const;
    const closed = { ...spec, nics: spec.nics.map((nic) => ({ ...nic, filter })) };
    await reach(() => subject.machines.apply(closed));
    await cut(closed);
    await reach(() => subject.snapshots.restore(closed, id));
    await reach(() => subject.machines.start(closed));
    let tries = 0;
    await until(
      'it has booted',
      async () => {
        tries++;
        assert.equal(await connects(friend, closed), false, `try ${tries}`);
        return connects(closed, friend);
      },
      { everyMs: 50 },
    );
    assert.equal(await connects(friend, closed), false);
    assert.deepEqual((await subject.machines.inspect(spec.id))?.known.nics, closed.nics);
    await subject.engine.tidy();
    assert.equal(await connects(friend, closed), false, 'after it was looked at');
    await subject.remove(closed);
  });

  test(`${name}: a snapshot of a machine with a volume keeps nobody from having it, and a restore changes no volume`, async () => {
    const [spec, heir] = [specOf(), specOf()];
    await Promise.all([subject.run(spec), subject.run(heir)]);
    const volumeOf = async (): Promise<VolumeSpec & MachineVolume> => {
      const volume = { id: randomUUID(), number: ++numbers, name: 'kept', size: 1, filesystem: 'ext4' } as const;
      await reach(() => subject.volumes.apply(volume, { makes: true }));
      return volume;
    };
    const [first, second] = [await volumeOf(), await volumeOf()];
    await reach(() => subject.machines.apply({ ...spec, volumes: [first] }));
    await write(spec, 'before');
    await subject.under.write({ ...spec, volumes: [first] }, first, 'then');
    const id = randomUUID();
    await take(spec, id);
    const now = { ...spec, volumes: [second] };
    await reach(() => subject.machines.apply(now));
    await reach(() => subject.machines.apply({ ...heir, volumes: [first] }));
    await subject.under.write({ ...heir, volumes: [first] }, first, 'since');
    await cut(now);
    const has = async (volume: VolumeSpec) => (await subject.volumes.inspect(volume.id))?.machineIds;
    const isRestored = async () => {
      await reach(() => subject.snapshots.restore(now, id));
      assert.equal(await read(spec), 'before');
      assert.deepEqual((await subject.machines.inspect(spec.id))?.known.volumes, [second.id]);
      assert.deepEqual(await has(second), [spec.id]);
    };
    await isRestored();
    assert.deepEqual(await has(first), [heir.id]);
    assert.equal(await subject.under.read({ ...heir, volumes: [first] }, first), 'since');
    await reach(() => subject.machines.apply(heir));
    await reach(() => subject.volumes.delete(first));
    assert.equal(await subject.volumes.inspect(first.id), undefined);
    await isRestored();
    await reach(() => subject.machines.start(now));
    await subject.is(now, 'on');
    await subject.under.write(now, second, 'more');
    assert.equal(await subject.under.read(now, second), 'more');
    await subject.remove(spec, heir);
    await reach(() => subject.volumes.delete(second));
  });

  test(`${name}: a snapshot that is not there is told in a sentence; one goes with its machine, and with the disk that it was of`, async () => {
    const spec = specOf();
    const id = randomUUID();
    for (const verb of [() => subject.snapshots.take(spec, id), () => subject.snapshots.restore(spec, id)])
      await assert.rejects(reach(verb), MachineGone);
    await twice(() => subject.snapshots.delete(spec, id));
    await subject.build(spec);
    for (const verb of [() => subject.snapshots.restore(spec, id), () => subject.images.save(spec, randomUUID(), id)])
      await assert.rejects(reach(verb), SnapshotGone);
    await take(spec, id);
    const next = { ...spec, generation: 2 };
    await subject.build(next);
    assert.equal(await snapshotsOf(spec), 0);
    await assert.rejects(
      reach(() => subject.snapshots.restore(next, id)),
      SnapshotGone,
    );
    await take(next, id);
    await subject.remove(next);
    assert.equal(await snapshotsOf(spec), 0);
    await twice(() => subject.snapshots.delete(spec, id));
  });

  test(`${name}: whoever takes, puts back or deletes a snapshot may be killed at any place; who comes after brings it to its end`, async () => {
    const spec = specOf();
    await subject.run(spec);
    await write(spec, 'before');
    let places = 0;
    const killed = async (verb: (engine: Engine) => Promise<Progress>, begin: () => Promise<void>) => {
      places += await subject.killedAnywhere(verb, begin);
    };
    let id = randomUUID();
    await killed(
      (engine) => engine.snapshots.take(spec, id),
      async () => {
        id = randomUUID();
      },
    );
    const taken = await snapshotsOf(spec);
    await killed(
      (engine) => engine.snapshots.delete(spec, id),
      () => take(spec, id),
    );
    assert.equal(await snapshotsOf(spec), taken - 1);
    await take(spec, id);
    await killed(
      (engine) => engine.snapshots.restore(spec, id),
      async () => {
        await reach(() => subject.machines.start(spec));
        await subject.is(spec, 'on');
        await write(spec, 'after');
        await cut(spec);
      },
    );
    assert.equal(await read(spec), 'before');
    await withoutAChange(subject.under, (engine) => reach(() => engine.machines.apply(spec)));
    assert.equal(await snapshotsOf(spec), taken);
    assert.ok(places >= subject.least({ simulated: 3, real: 4, sampled: 3 }), `killed at ${places} places`);
    await subject.remove(spec);
  });
}

function volumeSnapshots(subject: Subject): void {
  const { name } = subject;
  const apply = (spec: MachineSpec) => reach(() => subject.machines.apply(spec));
  const take = (volume: VolumeSpec, id: string) => reach(() => subject.volumeSnapshots.take(volume, id));
  const restore = (volume: VolumeSpec, id: string) => reach(() => subject.volumeSnapshots.restore(volume, id));
  const remove = (volume: VolumeSpec, id: string) => reach(() => subject.volumeSnapshots.delete(volume, id));
  const cut = (spec: MachineSpec) => reach(() => subject.machines.stop(spec, { force: true }));
  const onHost = (volume: VolumeSpec) => subject.under.volumeOnHost(volume);

  async function someVolume(size = 1): Promise<VolumeSpec & MachineVolume> {
    const volume = { id: randomUUID(), number: ++numbers, name: 'kept', size, filesystem: 'ext4' } as const;
    await reach(() => subject.volumes.apply(volume, { makes: true }));
    return volume;
  }

  /** A machine that runs and has a volume with something on it. */
  async function written(text: string): Promise<{ spec: MachineSpec; volume: VolumeSpec & MachineVolume }> {
    const volume = await someVolume();
    const spec = specOf({ volumes: [volume] });
    await subject.run(spec);
    await subject.under.write(spec, volume, text);
    return { spec, volume };
  }

  /** What is on a volume, as a machine that has it finds it on its next start; it is off again then. */
  async function found(spec: MachineSpec, volume: MachineVolume): Promise<string | undefined> {
    await reach(() => subject.machines.start(spec));
    await subject.is(spec, 'on');
    const text = await subject.under.read(spec, volume);
    await cut(spec);
    return text;
  }

  test(`${name}: a snapshot is taken of a volume in use, put back where no machine runs with it, and deleted; each may be asked twice`, async () => {
    const { spec, volume } = await written('first');
    const [first, second] = [randomUUID(), randomUUID()];
    await twice(() => subject.volumeSnapshots.take(volume, first));
    await subject.is(spec, 'on');
    await subject.under.write(spec, volume, 'second');
    await take(volume, second);
    await subject.under.write(spec, volume, 'third');
    await assert.rejects(restore(volume, first), /^EngineError: A VM that runs has this volume/);
    assert.equal(await subject.under.read(spec, volume), 'third');
    await cut(spec);
    // The older one, attached to a machine that is off, and then the newer one, attached to none: what was taken after it stays.
    await twice(() => subject.volumeSnapshots.restore(volume, first));
    assert.equal(await found(spec, volume), 'first');
    await apply({ ...spec, volumes: [] });
    await twice(() => subject.volumeSnapshots.restore(volume, second));
    await apply(spec);
    assert.equal(await found(spec, volume), 'second');
    await restore(volume, first);
    assert.equal(await found(spec, volume), 'first');
    assert.equal((await onHost(volume)).snapshots, 2);
    for (const id of [first, second]) await twice(() => subject.volumeSnapshots.delete(volume, id));
    assert.equal((await onHost(volume)).snapshots, 0);
    assert.equal(await found(spec, volume), 'first');
    await subject.remove(spec);
    await reach(() => subject.volumes.delete(volume));
  });

  test(`${name}: a volume that grew since its snapshot holds as much after the restore, and grows on`, async () => {
    const { spec, volume } = await written('then');
    const id = randomUUID();
    await take(volume, id);
    const larger = { ...volume, size: 3 };
    await reach(() => subject.volumes.apply(larger));
    await cut(spec);
    for (let time = 0; time < 2; time++) {
      await restore(larger, id);
      assert.equal((await subject.volumes.inspect(volume.id))?.size, 3);
      assert.equal((await onHost(volume)).holds, 3, `after restore ${time}`);
    }
    await withoutAChange(subject.under, (engine) => reach(() => engine.volumes.apply(larger)));
    await reach(() => subject.volumes.apply({ ...volume, size: 4 }));
    assert.equal((await onHost(volume)).holds, 4);
    assert.equal(await found(spec, volume), 'then');
    await subject.remove(spec);
    await remove(volume, id);
    await reach(() => subject.volumes.delete(volume));
  });

  test(`${name}: snapshots outlive their volume, which nobody has then, and whose last one takes along what the host held for them`, async () => {
    const { spec, volume } = await written('then');
    const [first, second] = [randomUUID(), randomUUID()];
    await take(volume, first);
    await take(volume, second);
    await subject.under.write(spec, volume, 'secret');
    await assert.rejects(
      reach(() => subject.volumes.delete(volume)),
      /^EngineError: A VM still has this volume/,
    );
    const without = { ...spec, volumes: [] };
    await apply(without);
    await twice(() => subject.volumes.delete(volume));
    assert.equal(await subject.volumes.inspect(volume.id), undefined);
    const listed = async () => (await subject.volumes.list()).filter(({ id }) => id === volume.id);
    assert.deepEqual(await listed(), [{ id: volume.id, size: 1, machineIds: [], isDeleted: true }]);
    for (const verb of [
      () => subject.machines.apply(spec),
      () => subject.volumes.apply(volume),
      () => subject.volumeSnapshots.take(volume, randomUUID()),
      () => subject.volumeSnapshots.restore(volume, first),
    ])
      await assert.rejects(reach(verb), VolumeGone);
    assert.equal((await onHost(volume)).snapshots, 2);
    await twice(() => subject.volumeSnapshots.delete(volume, first));
    assert.equal((await onHost(volume)).snapshots, 1);
    await twice(() => subject.volumeSnapshots.delete(volume, second));
    assert.deepEqual(await onHost(volume), { snapshots: 0, holds: 0 });
    assert.deepEqual(await listed(), []);
    // Unless all is to go.
    const other = await someVolume();
    await take(other, randomUUID());
    await reach(() => subject.volumes.delete(other));
    await twice(() => subject.volumes.delete(other, { withSnapshots: true }));
    assert.deepEqual(await onHost(other), { snapshots: 0, holds: 0 });
    await subject.remove(without);
  });

  test(`${name}: a snapshot of a volume that is not there, and a volume that is not there, are told in a sentence`, async () => {
    const volume = await someVolume();
    const lost = { ...volume, id: randomUUID() };
    const id = randomUUID();
    await assert.rejects(restore(volume, id), SnapshotGone);
    await assert.rejects(restore(lost, id), VolumeGone);
    await assert.rejects(take(lost, id), VolumeGone);
    await twice(() => subject.volumeSnapshots.delete(lost, id));
    await twice(() => subject.volumeSnapshots.delete(volume, id));
    await reach(() => subject.volumes.delete(volume));
  });

  test(`${name}: whoever takes, puts back or deletes a volume's snapshot, or its volume, may be killed at any place; who comes after brings it to its end`, async () => {
    const { spec, volume } = await written('before');
    let places = 0;
    const killed = async (verb: (engine: Engine) => Promise<Progress>, begin: () => Promise<void>) => {
      places += await subject.killedAnywhere(verb, begin);
    };
    let id = randomUUID();
    await killed(
      (engine) => engine.volumeSnapshots.take(volume, id),
      async () => {
        id = randomUUID();
      },
    );
    const taken = (await onHost(volume)).snapshots;
    await killed(
      (engine) => engine.volumeSnapshots.delete(volume, id),
      () => take(volume, id),
    );
    assert.equal((await onHost(volume)).snapshots, taken - 1);
    await take(volume, id);
    await subject.under.write(spec, volume, 'after');
    await reach(() => subject.volumes.apply({ ...volume, size: 2 }));
    await cut(spec);
    await killed(
      (engine) => engine.volumeSnapshots.restore({ ...volume, size: 2 }, id),
      async () => {},
    );
    assert.equal((await onHost(volume)).holds, 2);
    assert.equal(await found(spec, volume), 'before');
    await subject.remove(spec);
    let other = volume;
    await killed(
      (engine) => engine.volumes.delete(other),
      async () => {
        other = await someVolume();
        await take(other, id);
      },
    );
    await killed(
      (engine) => engine.volumeSnapshots.delete(other, id),
      async () => {
        other = await someVolume();
        await take(other, id);
        await reach(() => subject.volumes.delete(other));
      },
    );
    assert.equal((await subject.volumes.list()).filter((one) => one.id === other.id).length, 0);
    assert.ok(places >= subject.least({ simulated: 5, real: 8, sampled: 5 }), `killed at ${places} places`);
    await reach(() => subject.volumes.delete(volume, { withSnapshots: true }));
  });
}

/** Of hosts that have a daemon. */
function snapshotsOfDaemon(subject: Subject): void {
  const { name } = subject;

  test(`${name}: what a killed taker left of a snapshot is not believed to be whole, and gives way to a new one`, async () => {
    const volume = { id: randomUUID(), number: ++numbers, name: 'kept', size: 1, filesystem: 'ext4' } as const;
    await reach(() => subject.volumes.apply(volume, { makes: true }));
    const spec = specOf({ volumes: [volume] });
    await subject.run(spec);
    const { snapshotsOf, volumeOnHost, writeOnDisk, readDisk, write, read } = subject.under;
    const writeAll = async (text: string) => {
      await writeOnDisk(spec, text);
      await write(spec, volume, text);
    };
    const [id, ofVolume] = [randomUUID(), randomUUID()];
    const takers = [
      (engine: Engine) => engine.snapshots.take(spec, id),
      (engine: Engine) => engine.volumeSnapshots.take(volume, ofVolume),
    ];
    const counts = async () => [await snapshotsOf(spec), (await volumeOnHost(volume)).snapshots];
    await writeAll('before');
    for (const take of takers) {
      const mortal = await subject.under.mortal(1);
      await reach(() => take(mortal.engine).catch(deadIsDone(mortal)));
      assert.ok(mortal.isDead());
      await mortal.close();
    }
    await until('both are there', async () => (await counts()).join() === '1,1');
    await writeAll('after');
    for (const take of takers) await reach(() => take(subject.engine));
    assert.deepEqual(await counts(), [1, 1]);
    await writeAll('later');
    await reach(() => subject.machines.stop(spec, { force: true }));
    await reach(() => subject.snapshots.restore(spec, id));
    await reach(() => subject.volumeSnapshots.restore(volume, ofVolume));
    assert.equal(await readDisk(spec), 'after');
    await reach(() => subject.machines.start(spec));
    await subject.is(spec, 'on');
    assert.equal(await read(spec, volume), 'after');
    await subject.remove(spec);
    await reach(() => subject.volumes.delete(volume, { withSnapshots: true }));
  });

  test(`${name}: its daemon may be killed while a snapshot is taken or put back; both end as asked, or say what is in the way, and nothing is left over`, async () => {
    const { killDaemon, clearTornRestore, writeOnDisk: write, readDisk: read, snapshotsOf } = subject.under;
    assert.ok(killDaemon !== undefined && clearTornRestore !== undefined);
    const [taken, restored] = [specOf(), specOf()];
    await Promise.all([taken, restored].map((spec) => subject.run(spec)));
    for (const spec of [taken, restored]) await write(spec, 'before');
    const id = randomUUID();
    await reach(() => subject.snapshots.take(restored, id));
    const ids = [5, 20, 60].map((ms) => ({ ms, one: randomUUID() }));
    // A kill is one for both: for who takes one, and for who puts one back.
    for (const [at, { ms, one }] of ids.entries()) {
      await reach(() => subject.machines.start(restored));
      await subject.is(restored, 'on');
      await write(restored, 'after');
      await reach(() => subject.machines.stop(restored, { force: true }));
      const take = () => reach(() => subject.snapshots.take(taken, one));
      const restore = () => reach(() => subject.snapshots.restore(restored, id));
      const asked = [take, restore].map((ask) => ask().catch(() => {}));
      await new Promise((moment) => setTimeout(moment, ms));
      await killDaemon();
      await Promise.all(asked);
      await take();
      assert.equal(await snapshotsOf(taken), at + 1, `killed after ${ms} ms`);
      await restore().catch(async (error: Error) => {
        assert.match(error.message, /of a restore that broke off is in the way/);
        await clearTornRestore();
        await restore();
      });
      assert.equal(await read(restored), 'before', `killed after ${ms} ms`);
      await subject.is(restored, 'off');
    }
    await write(taken, 'after');
    await reach(() => subject.machines.stop(taken, { force: true }));
    await reach(() => subject.snapshots.restore(taken, ids[0]?.one as string));
    assert.equal(await read(taken), 'before');
    await subject.remove(taken, restored);
  });

  test(`${name}: its daemon may be killed with nothing yet in the place of a disk that is put back; who clears it as told loses nothing`, async () => {
    const { tearRestore, clearTornRestore, writeOnDisk: write, readDisk: read } = subject.under;
    assert.ok(tearRestore !== undefined && clearTornRestore !== undefined);
    const spec = specOf();
    const id = randomUUID();
    await subject.run(spec);
    await write(spec, 'before');
    await reach(() => subject.snapshots.take(spec, id));
    await write(spec, 'after');
    await reach(() => subject.machines.stop(spec, { force: true }));
    const restore = () => reach(() => subject.snapshots.restore(spec, id));
    for (const isRestored of [false, true]) {
      await tearRestore(spec);
      await assert.rejects(restore(), /of a restore that broke off is in the way/);
      await clearTornRestore();
      assert.equal(await read(spec), 'after');
      if (isRestored) await restore();
      await reach(() => subject.machines.start(spec));
      await subject.is(spec, 'on');
      assert.equal(await read(spec), isRestored ? 'before' : 'after');
      await reach(() => subject.machines.stop(spec, { force: true }));
    }
    await subject.remove(spec);
  });
}

function backups(subject: Subject): void {
  const { name } = subject;
  const write = (spec: MachineSpec, text: string) => subject.under.writeOnDisk(spec, text);
  const read = (spec: MachineSpec) => subject.under.readDisk(spec);
  const restore = (spec: MachineSpec, id: string, disk: Buffer) =>
    reach(() => subject.backups.restore(spec, id, async () => Readable.from([disk], { objectMode: false })));

  async function exported(spec: MachineSpec, id: string = randomUUID()): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of await subject.backups.export(spec, id)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  test(`${name}: the disk of a machine that runs on is given out, and taken back once; it is off then, and its snapshots stay`, async () => {
    const spec = specOf();
    const [first, second, snapshotId] = [randomUUID(), randomUUID(), randomUUID()];
    await subject.run(spec);
    await write(spec, 'first');
    const disks = [await exported(spec, first)];
    await subject.is(spec, 'on');
    await write(spec, 'between');
    await reach(() => subject.snapshots.take(spec, snapshotId));
    await write(spec, 'second');
    disks.push(await exported(spec, second));
    assert.equal(await subject.under.snapshotsOf(spec), 1, 'nothing of it is left on the host');
    await write(spec, 'third');
    for (const [id, text, disk] of [
      [first, 'first', disks[0]],
      [second, 'second', disks[1]],
      [first, 'first', disks[0]],
    ] as const) {
      await restore(spec, id, disk as Buffer);
      await restore(spec, id, disk as Buffer);
      assert.equal(await read(spec), text);
      await subject.is(spec, 'off');
      await reach(() => subject.machines.start(spec));
      await subject.is(spec, 'on');
      assert.equal(await read(spec), text);
    }
    await reach(() => subject.snapshots.restore(spec, snapshotId));
    assert.equal(await read(spec), 'between');
    await subject.remove(spec);
  });

  test(`${name}: a disk that is taken back changes nothing else: size, interfaces and volumes are what they are now`, async () => {
    const spec = specOf();
    const neighbour = await subject.neighbour();
    await subject.run(spec);
    await write(spec, 'before');
    const disk = await exported(spec);
    await write(spec, 'after');
    const volume = { id: randomUUID(), number: ++numbers, name: 'kept', size: 1, filesystem: 'ext4' } as const;
    await reach(() => subject.volumes.apply(volume, { makes: true }));
    const other = { ...spec, cpu: 2, ram: 2, disk: 30, nics: [nicOf(1, neighbourhoods[0])], volumes: [volume] };
    await reach(() => subject.machines.apply(other));
    await subject.under.write(other, volume, 'on the volume');
    // Changed in its rows alone.
    const now = { ...other, ram: 1 };
    await restore(now, randomUUID(), disk);
    assert.equal(await read(spec), 'before');
    assert.deepEqual((await subject.machines.inspect(spec.id))?.known.nics, other.nics);
    assert.deepEqual(await subject.size(spec), { cpu: 2, ram: 1, disk: 30 });
    await withoutAChange(subject.under, (engine) => reach(() => engine.machines.apply(now)));
    await reach(() => subject.machines.start(now));
    await subject.is(now, 'on');
    assert.equal(await subject.under.read(now, volume), 'on the volume');
    // The guest of then knew another interface.
    await subject.reaches(now, now.nics[0] as MachineNic, neighbour);
    for (const nic of spec.nics) assert.deepEqual(await subject.under.traces(spec, nic), []);
    await subject.remove(spec);
    await reach(() => subject.volumes.delete(volume));
  });

  test(`${name}: a machine that keeps its snapshots learns what its interfaces are now from the disk of then`, async () => {
    const spec = specOf();
    const neighbour = await subject.neighbour();
    await subject.run(spec);
    const disk = await exported(spec);
    const snapshotId = randomUUID();
    await reach(() => subject.snapshots.take(spec, snapshotId));
    const now = { ...spec, nics: [nicOf(1, neighbourhoods[0])] };
    await reach(() => subject.machines.apply(now));
    await restore(now, randomUUID(), disk);
    assert.equal(await subject.under.snapshotsOf(spec), 1);
    await reach(() => subject.machines.start(now));
    await subject.is(now, 'on');
    await subject.reaches(now, now.nics[0] as MachineNic, neighbour);
    for (const nic of spec.nics) assert.deepEqual(await subject.under.traces(spec, nic), []);
    await subject.remove(spec);
  });

  test(`${name}: a machine is made of its backup also where its host has nothing of it any more, or an older generation`, async () => {
    const spec = specOf();
    await subject.run(spec);
    await write(spec, 'kept');
    const disk = await exported(spec);
    await subject.remove(spec);
    for (const generation of [1, 2]) {
      const again = { ...spec, generation };
      await restore(again, randomUUID(), disk);
      assert.equal((await subject.machines.inspect(spec.id))?.generation, generation);
      assert.equal(await read(spec), 'kept');
      await subject.is(spec, 'off');
      await withoutAChange(subject.under, (engine) => reach(() => engine.machines.apply(again)));
    }
    await reach(() => subject.machines.start(spec));
    await subject.is(spec, 'on');
    assert.equal(await read(spec), 'kept');
    await subject.remove(spec);
  });

  // Simulated machines have no disk that could be lost without them.
  const onHosts = name === 'simulated' ? () => {} : test;
  onHosts(`${name}: a machine whose disk its pool has lost is made of its backup`, async () => {
    const { loseDisk, clearLost } = subject.under;
    assert.ok(loseDisk !== undefined && clearLost !== undefined);
    for (const [hasSnapshot, isTried] of [
      [false, false],
      [false, true],
      [true, true],
    ]) {
      const spec = specOf();
      await subject.run(spec);
      await write(spec, 'kept');
      const disk = await exported(spec);
      const [before, after] = [randomUUID(), randomUUID()];
      if (hasSnapshot) await reach(() => subject.snapshots.take(spec, before));
      await reach(() => subject.machines.stop(spec, { force: true }));
      await loseDisk(spec);
      if (isTried) await assert.rejects(read(spec));
      await restore(spec, randomUUID(), disk);
      assert.equal(await read(spec), 'kept');
      await reach(() => subject.machines.start(spec));
      await subject.is(spec, 'on');
      assert.equal(await read(spec), 'kept');
      await reach(() => subject.snapshots.take(spec, after));
      await subject.engine.tidy();
      await subject.is(spec, 'on');
      await clearLost();
      await subject.engine.tidy();
      assert.deepEqual(await subject.under.leftOfBackups(), []);
      await subject.remove(spec);
    }
  });

  test(`${name}: what is left on a host of disks on their way is removed by who comes after, and goes with its machine`, async () => {
    const spec = specOf();
    await subject.run(spec);
    await write(spec, 'then');
    const disk = await exported(spec);
    const open = async () => Readable.from([disk], { objectMode: false });
    let left = 0;
    for (const changes of [1, 2, 3]) {
      const mortal = await subject.under.mortal(changes);
      await mortal.engine.backups
        .export(spec, randomUUID())
        .then((stream) => stream.toArray())
        .catch(() => {});
      const id = randomUUID();
      await reach(() => mortal.engine.backups.restore(spec, id, open).catch(deadIsDone(mortal)));
      await mortal.close();
      left += (await subject.under.leftOfBackups()).length;
      const next = await subject.under.mortal(Number.POSITIVE_INFINITY);
      // The host may still be about the last change that it was told.
      await until(
        `nothing is left, killed after ${changes} changes`,
        async () => {
          await next.engine.tidy();
          return (await subject.under.leftOfBackups()).length === 0;
        },
        { withinMs: 20_000, everyMs: 200 },
      );
      await next.close();
    }
    assert.ok(left > 0 || name === 'simulated', 'something was left');
    const mortal = await subject.under.mortal(3);
    const id = randomUUID();
    await reach(() => mortal.engine.backups.restore(spec, id, open).catch(deadIsDone(mortal)));
    await mortal.close();
    await subject.remove(spec);
    assert.deepEqual(
      (await subject.under.leftOfBackups()).filter((one) => one.includes(spec.id)),
      [],
    );
  });

  test(`${name}: a stream that breaks off, or is no disk, leaves the machine as it was, running`, async () => {
    const spec = specOf();
    await subject.run(spec);
    await write(spec, 'then');
    const disk = await exported(spec);
    await write(spec, 'now');
    const fault = new EngineError('The backup is damaged');
    const broken: Record<string, () => Promise<Readable>> = {
      'at once': async () => {
        throw fault;
      },
      'in the middle': async () =>
        Readable.from(
          (async function* () {
            yield disk.subarray(0, disk.length / 2);
            throw fault;
          })(),
          { objectMode: false },
        ),
      'after its last byte': async () =>
        Readable.from(
          (async function* () {
            yield disk;
            throw fault;
          })(),
          { objectMode: false },
        ),
    };
    for (const [when, open] of Object.entries(broken)) {
      const id = randomUUID();
      await assert.rejects(
        reach(() => subject.backups.restore(spec, id, open)),
        (error) => error === fault,
        when,
      );
    }
    for (const bytes of [Buffer.alloc(0), disk.subarray(0, disk.length / 2), Buffer.from('no disk of a machine')]) {
      await assert.rejects(restore(spec, randomUUID(), bytes), /no disk of a machine/);
    }
    await subject.is(spec, 'on');
    assert.equal(await read(spec), 'now');
    await withoutAChange(subject.under, (engine) => reach(() => engine.machines.apply(spec)));
    await subject.remove(spec);
  });

  test(`${name}: the disk of a machine that is gone is not given out, and who stops reading leaves nothing on the host`, async () => {
    await assert.rejects(exported(specOf()), MachineGone);
    const spec = specOf();
    await subject.run(spec);
    for (const reads of [true, false]) {
      const stream = await subject.backups.export(spec, randomUUID());
      if (reads) await stream.iterator({ destroyOnReturn: false }).next();
      stream.destroy();
      await until('nothing is left', async () => (await subject.under.snapshotsOf(spec)) === 0);
    }
    await subject.remove(spec);
  });

  test(`${name}: whoever takes a disk back may be killed at any place; who comes after brings it to its end`, async () => {
    const spec = specOf();
    await subject.run(spec);
    await write(spec, 'then');
    const disk = await exported(spec);
    const open = async () => Readable.from([disk], { objectMode: false });
    let id = '';
    const places = await subject.killedAnywhere(
      (engine) => engine.backups.restore(spec, id, open),
      async () => {
        id = randomUUID();
        await reach(() => subject.machines.start(spec));
        await subject.is(spec, 'on');
        await write(spec, 'now');
      },
      async (when) => {
        assert.equal(await read(spec), 'then', when);
        await subject.is(spec, 'off');
        await withoutAChange(subject.under, (engine) => reach(() => engine.machines.apply(spec)));
      },
    );
    assert.ok(places >= subject.least({ simulated: 2, real: 5, sampled: 3 }), `killed at ${places} places`);
    await subject.remove(spec);
  });
}

function networks(subject: Subject): void {
  const { name } = subject;
  const apply = (spec: MachineSpec) => reach(() => subject.machines.apply(spec));
  const route = (network: NetworkSpec) => reach(() => subject.engine.networks.apply(network));
  const isOutside = (spec: MachineSpec, is: boolean) =>
    until(
      `${spec.nics[0]?.address} ${is ? 'reaches' : 'does not reach'} the outside`,
      async () => (await subject.under.reachesOutside(spec)) === is,
      { everyMs: 100 },
    );
  const block = { id: '198.18.8.0/24', cidr: '198.18.8.0/24' };
  const routerAt = (address: string): Router => ({ address, prefix: 24, gateway: '198.18.8.1', network: block });
  const networkOf = ({ prefix, gateway, network: { id, cidr } }: MachineNic): NetworkSpec => ({
    ...{ id, cidr, prefix, gateway },
  });
  const routed = (nic: MachineNic, router: Router): MachineNic => ({ ...nic, network: { ...nic.network, router } });

  test(`${name}: machines of a VPC that has a router reach the outside, at once, also those that come later, and no more once it has none`, async () => {
    const router = routerAt('198.18.8.9');
    const [nic, later] = [nicOf(0, 120), nicOf(0, 120)];
    const spec = specOf({ nics: [nic] });
    await subject.run(spec);
    assert.equal(await subject.under.reachesOutside(spec), false);
    const network = networkOf(nic);
    for (let time = 0; time < 2; time++) await route({ ...network, router });
    await isOutside(spec, true);
    const wider = { ...spec, nics: [routed(nic, router)] };
    await apply(wider);
    await withoutAChange(subject.under, (engine) => reach(() => engine.machines.apply(wider)));
    const second = specOf({ nics: [routed(later, router)] });
    const elsewhere = specOf({ nics: [nicOf(0, 121)] });
    await Promise.all([subject.run(second), subject.run(elsewhere)]);
    await isOutside(second, true);
    assert.equal(await subject.under.reachesOutside(elsewhere), false);
    await subject.engine.tidy();
    assert.deepEqual(await subject.under.routers(), ['198.18.8.9']);
    assert.equal(await subject.under.reachesOutside(spec), true);

    for (let time = 0; time < 2; time++) await route(network);
    assert.deepEqual(await subject.under.routers(), []);
    assert.equal(await subject.under.reachesOutside(spec), false);
    await Promise.all([apply(spec), apply({ ...second, nics: [later] })]);
    await subject.engine.tidy();
    assert.deepEqual(await subject.under.routers(), []);
    await subject.reaches(spec, nic, { ...second, nics: [later] });
    await subject.remove(spec, second, elsewhere);
  });

  test(`${name}: the first machine of a VPC brings the router along, and the last takes it away`, async () => {
    const spec = specOf({ nics: [routed(nicOf(0, 122), routerAt('198.18.8.10'))] });
    await subject.run(spec);
    await isOutside(spec, true);
    await subject.remove(spec);
    await subject.engine.tidy();
    assert.deepEqual(await subject.under.routers(), []);
  });

  test(`${name}: a machine in two VPCs leaves by the one that has a router, whichever that is`, async () => {
    const [first, second] = [nicOf(0, 123), nicOf(1, 124)];
    const spec = specOf({ nics: [first, second] });
    await subject.run(spec);
    for (const [nic, address] of [
      [second, '198.18.8.11'],
      [first, '198.18.8.12'],
    ] as const) {
      const router = routerAt(address);
      await route({ ...networkOf(nic), router });
      await apply({ ...spec, nics: spec.nics.map((one) => (one === nic ? routed(one, router) : one)) });
      await isOutside(spec, true);
      await route(networkOf(nic));
      await apply(spec);
      await isOutside(spec, false);
    }
    await subject.remove(spec);
  });

  test(`${name}: a machine asks the name servers of its VPCs, as soon as they are others`, async () => {
    const spec = specOf({ nameServers: ['192.0.2.53'] });
    await subject.run(spec);
    assert.deepEqual(await subject.under.nameServers(spec), ['192.0.2.53']);
    const others = { ...spec, nameServers: ['192.0.2.54', '192.0.2.55'] };
    await apply(others);
    assert.deepEqual(await subject.under.nameServers(others), ['192.0.2.54', '192.0.2.55']);
    await withoutAChange(subject.under, (engine) => reach(() => engine.machines.apply(others)));
    await reach(() => subject.machines.stop(spec, { force: true }));
    await apply(spec);
    await reach(() => subject.machines.start(spec));
    await subject.is(spec, 'on');
    assert.deepEqual(await subject.under.nameServers(spec), ['192.0.2.53']);
    await subject.remove(spec);
  });

  test(`${name}: whoever opens or closes a way out may be killed at any place; who comes after brings it to its end`, async () => {
    const nic = nicOf(0, 125);
    const spec = specOf({ nics: [nic] });
    await subject.run(spec);
    const open = { ...networkOf(nic), router: routerAt('198.18.8.13') };
    let places = 0;
    for (const { to, back } of [
      { to: open, back: networkOf(nic) },
      { to: networkOf(nic), back: open },
    ]) {
      places += await subject.killedAnywhere(
        (engine) => engine.networks.apply(to),
        () => route(back),
        async (when) => {
          assert.equal((await subject.under.routers()).length, to === open ? 1 : 0, when);
          await isOutside(spec, to === open);
        },
      );
    }
    assert.ok(places >= 2, `killed at ${places} places`);
    await subject.remove(spec);
  });
}

function backupsOfDaemon(subject: Subject): void {
  const { name } = subject;

  test(`${name}: its daemon may be killed while a disk is given out or taken back; who asks again gets what was asked for`, async () => {
    const { killDaemon, writeOnDisk: write, readDisk: read } = subject.under;
    assert.ok(killDaemon !== undefined);
    const spec = specOf();
    await subject.run(spec);
    await write(spec, 'then');
    const give = async () => Buffer.concat(await (await subject.backups.export(spec, randomUUID())).toArray());
    const disk = await give();
    for (const ms of [50, 200, 600]) {
      const asked = give().then(
        (whole) => assert.ok(whole.length > disk.length / 2, 'half a disk is none'),
        () => {},
      );
      await new Promise((moment) => setTimeout(moment, ms));
      await killDaemon();
      await asked;
    }
    // Also what its daemon was just making an image of goes, as soon as nobody is at it any more.
    let left: string[] = [];
    await until('nothing is left of them', async () => {
      await subject.engine.tidy().catch(() => {});
      left = await subject.under.leftOfBackups();
      return left.length === 0;
    }).catch((error) => assert.fail(`${(error as Error).message}: ${left.join(', ')}`));
    const snapshotId = randomUUID();
    await reach(() => subject.snapshots.take(spec, snapshotId));
    for (const ms of [50, 300, 900, 1500]) {
      await reach(() => subject.machines.start(spec));
      await subject.is(spec, 'on');
      await write(spec, 'now');
      const id = randomUUID();
      const restore = () =>
        reach(() => subject.backups.restore(spec, id, async () => Readable.from([disk], { objectMode: false })));
      const asked = restore().catch(() => {});
      await new Promise((moment) => setTimeout(moment, ms));
      await killDaemon();
      await asked;
      await restore();
      assert.equal(await read(spec), 'then', `killed after ${ms} ms`);
      await subject.is(spec, 'off');
    }
    await subject.remove(spec);
  });
}

function images(subject: Subject): void {
  const { name } = subject;

  test(`${name}: an image is saved of a running machine or of its snapshot, and another machine made from it`, async () => {
    const { writeOnDisk: write, readDisk: read } = subject.under;
    const spec = specOf();
    const [imageId, olderId, snapshotId] = [randomUUID(), randomUUID(), randomUUID()];
    await subject.run(spec);
    await write(spec, 'older');
    await reach(() => subject.snapshots.take(spec, snapshotId));
    await write(spec, 'newer');
    await twice(() => subject.images.save(spec, imageId));
    await twice(() => subject.images.save(spec, olderId, snapshotId));
    await subject.is(spec, 'on');
    const older = specOf({ image: `image:${olderId}` });
    await subject.build(older);
    assert.equal(await read(older), 'older');
    await reach(() => subject.images.delete(olderId));
    await subject.remove(older);
    const copy = specOf({ image: `image:${imageId}` });
    await subject.run(copy);
    assert.equal(await read(copy), 'newer');
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

  test(`${name}: a host says which machines are on it and what they and its volumes take, and one alone is not drained`, async () => {
    const { hosts } = subject.engine;
    const [before, ...others] = await hosts.list();
    assert.ok(before !== undefined && others.length === 0 && before.state === 'online');
    const spec = specOf();
    await subject.build(spec);
    const volume = { id: randomUUID(), name: 'weighed', size: 3, filesystem: null };
    await reach(() => subject.engine.volumes.apply(volume, { makes: true }));
    const [now] = await hosts.list();
    const { cpu, ram, disk } = before.given ?? assert.fail('a host that answers says it');
    assert.deepEqual(
      { name: now?.name, machines: now?.machines, given: now?.given },
      {
        name: before.name,
        machines: before.machines + 1,
        given: { cpu: cpu + spec.cpu, ram: ram + spec.ram, disk: disk + spec.disk + volume.size },
      },
    );
    await assert.rejects(hosts.evacuationOf(before.name), EngineError);
    await assert.rejects(hosts.drain(before.name), EngineError);
    await assert.rejects(hosts.takeBack(before.name), EngineError);
    await reach(() => subject.engine.volumes.delete(volume));
    await subject.remove(spec);
    assert.deepEqual((await hosts.list())[0]?.given, before.given);
  });
}

function behaves(
  name: string,
  open: () => Promise<EngineUnderTest>,
  skip: string | undefined,
  sections: readonly ((subject: Subject) => void)[],
): void {
  describe(name, { skip: skip ?? false }, () => {
    const subject = new Subject(name);

    before(async () => {
      subject.under = await open();
    });
    after(() => subject.under?.close());

    for (const section of sections) section(subject);
  });
}

const all = [machines, interfaces, filters, networks, volumes, snapshots, backups, volumeSnapshots, images, host];
behaves('simulated', openSimulated, undefined, all);
behaves('lxd', () => openReal('lxd'), whyNoDaemon('lxd'), [...all, daemon, snapshotsOfDaemon, backupsOfDaemon]);
behaves('incus', () => openReal('incus'), whyNoDaemon('incus'), [...all, daemon, snapshotsOfDaemon, backupsOfDaemon]);
