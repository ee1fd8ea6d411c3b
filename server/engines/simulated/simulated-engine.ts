import type { Kysely } from 'kysely';
import type { Tables } from '../../database/tables.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { Engine, Size } from '../engine.ts';
import { FaultRules } from './fault-rules.ts';
import { MachineRows } from './machine-rows.ts';
import { SimulatedBackups } from './simulated-backups.ts';
import { SimulatedHosts } from './simulated-hosts.ts';
import { SimulatedImages } from './simulated-images.ts';
import { SimulatedMachines } from './simulated-machines.ts';
import { SimulatedNetworks } from './simulated-networks.ts';
import { SimulatedSnapshots } from './simulated-snapshots.ts';
import { type SimulatedDelays, SimulatedTime } from './simulated-time.ts';
import { SimulatedVolumeSnapshots } from './simulated-volume-snapshots.ts';
import { SimulatedVolumes } from './simulated-volumes.ts';

/**
 * Machines that exist only in the database, with real states and believable times. They survive restarts, and fail or dawdle only
 * where the operator said so.
 */
export class SimulatedEngine implements Engine {
  readonly name = 'simulated';
  readonly machines: SimulatedMachines;
  readonly snapshots: SimulatedSnapshots;
  readonly backups: SimulatedBackups;
  readonly images: SimulatedImages;
  readonly volumes: SimulatedVolumes;
  readonly volumeSnapshots: SimulatedVolumeSnapshots;
  readonly networks: SimulatedNetworks;
  readonly hosts: SimulatedHosts;
  readonly #db: Kysely<Tables>;
  readonly #capacity: Size | undefined;

  constructor(db: Kysely<Tables>, clock: Clock, delays: SimulatedDelays, capacity?: Size) {
    const time = new SimulatedTime(clock, delays, new FaultRules(db));
    const rows = new MachineRows(db, time);
    this.machines = new SimulatedMachines(db, time, rows);
    this.snapshots = new SimulatedSnapshots(db, time, this.machines, rows);
    this.backups = new SimulatedBackups(db, time, this.machines, rows);
    this.volumes = new SimulatedVolumes(db, time);
    this.volumeSnapshots = new SimulatedVolumeSnapshots(db, time);
    this.networks = new SimulatedNetworks(db, time);
    this.images = new SimulatedImages(db, time);
    this.hosts = new SimulatedHosts(db, capacity);
    this.#db = db;
    this.#capacity = capacity;
  }

  async prepare(): Promise<void> {}

  async check(): Promise<string> {
    await this.#db.selectFrom('simulated_machines').select('id').limit(1).execute();
    return 'simulated machines';
  }

  async capacity(): Promise<Size | undefined> {
    return this.#capacity;
  }

  /** There is nothing but machines. */
  async tidy(): Promise<void> {}

  /** Simulated machines change only when told to. */
  watch(): () => void {
    return () => {};
  }

  async close(): Promise<void> {}
}
