import type { NicType } from '@raffia/contract/enums.ts';
import { sql } from 'kysely';
import { transact } from '../database/transaction.ts';
import { type MachineList, type MachineState, PassingFault } from '../engines/engine.ts';
import type { GuardedEngine } from '../engines/outside-transactions.ts';
import type { Services } from '../services.ts';
import { askMachines, type Told } from './ask-machines.ts';
import { AtOnce } from './at-once.ts';
import { enqueue } from './enqueue.ts';
import { sortOut } from './found-machines.ts';
import { repeatBackupRemovals } from './repeat-backup-removals.ts';
import { repeatVolumeWork } from './repeat-volume-work.ts';
import { sortOutVolumes } from './sort-out-volumes.ts';
import type { Worker } from './worker.ts';

/** A slow host is not asked about everything at once. */
const followsAtOnce = 4;
/** Which of these machines are on their hosts what other rows than their own do not say, by what they are told then. */
export type Comparisons = Readonly<
  Record<Told, (db: Services['db'], machines: readonly MachineState[]) => Promise<string[]>>
>;

const goneReason = 'The machine is gone from its host';

/** What the hosts have for machines. What one had before is taken for what it has as long as it does not say. */
export async function lookAtHosts({ capacity, offer, catalogue, log }: Services, engine: GuardedEngine): Promise<void> {
  const looks = await Promise.allSettled([capacity.look(engine), offer.look(engine, catalogue)]);
  for (const look of looks)
    if (look.status === 'rejected') log.info({ err: look.reason }, 'the hosts could not be asked what they have');
}

/**
 * Compares the engine with the database, at start and on a timer: asks again for deletions that failed, follows machines that changed
 * behind our back, and removes machines whose deletion is on record. What neither a row nor a deletion knows it leaves alone and
 * lists for the operator, volumes among them; what this cloud did not make it does not even list.
 */
export class Reconciler {
  readonly #services: Services;
  readonly #engine: GuardedEngine;
  readonly #worker: Worker;
  readonly #comparisons: Comparisons;
  #cancel: (() => void) | null = null;
  #unwatch: (() => void) | null = null;
  #running: Promise<void> = Promise.resolve();
  readonly #follows = new AtOnce(followsAtOnce, (id) => this.#followNow(id));
  #stopping = false;

  constructor(services: Services, engine: GuardedEngine, worker: Worker, comparisons: Comparisons) {
    this.#services = services;
    this.#engine = engine;
    this.#worker = worker;
    this.#comparisons = comparisons;
  }

  /** Finds machines that no row knows before anything is created: their addresses are given to nobody. */
  async firstLook(): Promise<void> {
    await lookAtHosts(this.#services, this.#engine);
    await sortOut(this.#services, await this.#engine.machines.list());
    await sortOutVolumes(this.#services, this.#engine);
  }

  /** Runs now, and then on the timer; follows between whatever the engine tells by itself. */
  start(): void {
    this.#unwatch ??= this.#engine.watch({
      changed: (id) => this.#inBackground('a machine was not followed', () => this.follow(id)),
      returned: () => this.#inBackground('waiting work was not taken up', () => this.#worker.hurry()),
    });
    const { clock, log, meters } = this.#services;
    const began = clock.monotonic();
    const tell = (isDone: boolean) => meters?.reconciled(isDone, (clock.monotonic() - began) / 1000);
    this.#running = this.reconcile()
      .then(
        () => tell(true),
        (error) => {
          tell(false);
          log.warn({ err: error }, 'comparing the engine with the database broke off');
        },
      )
      .then(() => {
        if (this.#stopping) return;
        this.#cancel = clock.after(this.#services.configuration.operations.reconcileMs, () => this.start());
      });
  }

  #inBackground(otherwise: string, act: () => Promise<void>): void {
    act().catch((error) => this.#services.log.warn({ err: error }, otherwise));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#unwatch?.();
    this.#cancel?.();
    await this.#running;
  }

  async reconcile(): Promise<void> {
    await this.#repeatDeletions();
    await this.#repeatDetachments();
    await repeatVolumeWork(this.#services);
    await this.#repeatGateways();
    await repeatBackupRemovals(this.#services);
    await lookAtHosts(this.#services, this.#engine);
    const machines = await this.#engine.machines.list();
    await this.#removeStrays(machines);
    await sortOutVolumes(this.#services, this.#engine);
    await this.#followStates(machines);
    await this.#tellAgain(machines.told);
    await this.#engine.tidy();
  }

  /** A deletion that failed left its row, hidden: ask again. */
  async #repeatDeletions(): Promise<void> {
    const { rows } = await sql<{ id: string; account_id: string; project_id: string; created_by: string }>`
      select v.id, v.account_id, v.project_id, v.created_by from vms v
       where v.deleted_at is not null
         and not exists (select 1 from operations o where o.queue = v.id and o.finished_at is null)`.execute(
      this.#services.db,
    );
    for (const vm of rows) {
      await transact(this.#services.db, async (tx) => {
        await enqueue(this.#services, tx, {
          kind: 'vm.delete',
          accountId: vm.account_id,
          projectId: vm.project_id,
          resourceId: vm.id,
          input: {},
          createdBy: vm.created_by,
        });
      });
    }
  }

  /** So did the detaching of an interface of which nobody knows whether its machine has it. */
  async #repeatDetachments(): Promise<void> {
    const { rows } = await sql<{
      id: string;
      nic_id: number;
      type: NicType;
      account_id: string;
      project_id: string;
      created_by: string;
    }>`
      select v.id, n.nic_id, n.type, v.account_id, v.project_id, v.created_by from nics n join vms v on v.id = n.vm_id
       where n.state = 'detaching' and v.deleted_at is null and v.status <> 'failure'
         and not exists (select 1 from operations o where o.queue = v.id and o.finished_at is null)`.execute(
      this.#services.db,
    );
    for (const { id, nic_id, type, account_id, project_id, created_by } of rows) {
      await transact(this.#services.db, async (tx) => {
        await enqueue(this.#services, tx, {
          kind: type === 'vpc' ? 'vm.detach-vpc' : 'vm.detach-ip',
          accountId: account_id,
          projectId: project_id,
          resourceId: id,
          input: { nicId: nic_id },
          createdBy: created_by,
        });
      });
    }
  }

  /** So did the closing of a gateway: it holds its address for whoever opened it. */
  async #repeatGateways(): Promise<void> {
    const { rows } = await sql<{ id: string; account_id: string; project_id: string; created_by: string }>`
      select v.id, v.account_id, v.project_id, a.created_by from vpcs v join public_addresses a on a.address = v.router_address
       where v.gateway_type = 'none'
         and not exists (select from operations o where o.queue = v.id and o.finished_at is null)`.execute(
      this.#services.db,
    );
    for (const vpc of rows) {
      await transact(this.#services.db, async (tx) => {
        await enqueue(this.#services, tx, {
          kind: 'vpc.gateway',
          accountId: vpc.account_id,
          projectId: vpc.project_id,
          resourceId: vpc.id,
          input: {},
          createdBy: vpc.created_by,
        });
      });
    }
  }

  /** Whatever a machine lets through that its security groups do not say, or keeps out, and whatever else others say: it is told again. */
  async #tellAgain(machines: readonly MachineState[]): Promise<void> {
    for (const [kind, others] of Object.entries(this.#comparisons)) {
      const ids = await others(this.#services.db, machines);
      if (ids.length === 0) continue;
      this.#services.log.warn({ machineIds: ids, kind }, 'machines are not what their security groups or VPCs say');
      await transact(this.#services.db, (tx) =>
        askMachines(this.#services, tx, kind as Told, sql`v.id = any (${ids}::uuid[])`),
      );
    }
  }

  /** Removes what a recorded deletion names, and nothing else. */
  async #removeStrays(machines: MachineList): Promise<void> {
    for (const { id, generation, known } of await sortOut(this.#services, machines)) {
      this.#services.log.warn({ machineId: id, generation }, 'removing a machine whose deletion is on record');
      await this.#engine.machines
        .delete({ id, name: known.name ?? '' })
        .catch((error) => this.#services.log.warn({ err: error, machineId: id }, 'it could not be removed now'));
    }
  }

  /** Stopped from inside, started by hand, or gone: the row follows, unless work on the machine is under way, or its host does not answer. */
  async #followStates({ told, lost }: MachineList): Promise<void> {
    const power = new Map(told.map((machine) => [machine.id, machine.power]));
    const unknown = new Set(lost);
    const { rows } = await sql<{ id: string; status: string }>`
      select v.id, v.status from vms v
       where v.deleted_at is null and (v.status <> 'failure' or v.failure_reason = ${goneReason})
         and not exists (select 1 from operations o where o.queue = v.id and o.finished_at is null)`.execute(
      this.#services.db,
    );
    const differing: string[] = [];
    for (const vm of rows) {
      const expected = { active: 'on', passive: 'off' }[vm.status as 'active' | 'passive'];
      if (!unknown.has(vm.id) && power.get(vm.id) !== expected) differing.push(vm.id);
    }
    await Promise.all(
      differing.map((id) =>
        this.follow(id).catch((error) => {
          if (!(error instanceof PassingFault)) throw error;
          this.#services.log.info({ err: error, vmId: id }, 'a machine could not be followed now');
        }),
      ),
    );
  }

  /** Brings a row in line with its machine, also of one that was gone and is back. */
  follow(id: string): Promise<void> {
    return this.#follows.run(id);
  }

  /** Asks first; writes only if the row is as it was before, and nobody works on the machine: no row waits for a host. */
  async #followNow(id: string): Promise<void> {
    const { db, log, clock, changes } = this.#services;
    const { rows } = await sql<{
      account_id: string;
      project_id: string;
      status: string;
      failure_reason: string | null;
      version: string;
    }>`
      select account_id, project_id, status, failure_reason, xmin::text as version from vms v
       where id = ${id}
         and not exists (select 1 from operations o where o.queue = v.id and o.finished_at is null)`.execute(db);
    const vm = rows[0];
    if (vm === undefined || (vm.status === 'failure' && vm.failure_reason !== goneReason)) return;
    const state = await this.#engine.machines.inspect(id);
    if (state !== undefined && state.power !== 'on' && state.power !== 'off') return;
    const status = state === undefined ? 'failure' : state.power === 'on' ? 'active' : 'passive';
    if (status === vm.status) return;
    await transact(db, async (tx) => {
      changes.said(tx, { kind: 'vm', accountId: vm.account_id, id, projectId: vm.project_id });
      const changed = await sql`
        update vms v set status = ${status}, failure_reason = ${state === undefined ? goneReason : null},
                         updated_at = ${new Date(clock.now())}
         where id = ${id} and xmin::text = ${vm.version}
           and not exists (select 1 from operations o where o.queue = v.id and o.finished_at is null)`.execute(tx.db);
      if (changed.numAffectedRows === 1n)
        log.warn({ vmId: id, from: vm.status, to: status }, 'a machine changed behind our back');
    });
  }
}
