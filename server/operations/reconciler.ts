import { sql } from 'kysely';
import { transact } from '../database/transaction.ts';
import type { Engine, MachineState } from '../engines/engine.ts';
import { idempotencyHours } from '../http/idempotency.ts';
import type { Services } from '../services.ts';
import { enqueue } from './enqueue.ts';
import type { Worker } from './worker.ts';

const goneReason = 'The machine is gone from its host';

/**
 * Compares the engine with the database, at start and on a timer: asks again for deletions that failed, follows machines that changed behind our back, and removes machines of ours that no row knows. It touches nothing
 * that this cloud did not make.
 */
export class Reconciler {
  readonly #services: Services;
  readonly #engine: Engine;
  readonly #worker: Worker;
  #cancel: (() => void) | null = null;
  #unwatch: (() => void) | null = null;
  #running: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(services: Services, engine: Engine, worker: Worker) {
    this.#services = services;
    this.#engine = engine;
    this.#worker = worker;
  }

  /** Runs now, and then on the timer; follows between whatever the engine tells by itself. */
  start(): void {
    this.#unwatch ??= this.#engine.watch({
      changed: (id) => this.#inBackground('a machine was not followed', () => this.follow(id)),
      returned: () => this.#inBackground('waiting work was not taken up', () => this.#worker.hurry()),
    });
    this.#running = this.reconcile()
      .catch((error) => this.#services.log.warn({ err: error }, 'comparing the engine with the database broke off'))
      .then(() => {
        if (this.#stopping) return;
        this.#cancel = this.#services.clock.after(this.#services.configuration.operations.reconcileMs, () =>
          this.start(),
        );
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
    await this.#forgetAnswers();
    const machines = await this.#engine.list();
    await this.#removeStrays(machines);
    await this.#followStates(machines);
    await this.#engine.tidy();
  }

  /** A deletion that failed left its row, hidden: ask again. */
  async #repeatDeletions(): Promise<void> {
    const { rows } = await sql<{ id: string; account_id: string; project_id: string; created_by: string }>`
      select v.id, v.account_id, v.project_id, v.created_by from vms v
       where v.deleted_at is not null
         and not exists (select 1 from operations o where o.resource_id = v.id and o.finished_at is null)`.execute(
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

  async #forgetAnswers(): Promise<void> {
    const before = new Date(this.#services.clock.now() - idempotencyHours * 3_600_000);
    await this.#services.db.deleteFrom('idempotency_keys').where('created_at', '<', before).execute();
  }

  /**
   * A row is there before its machine and goes after it: a machine of ours without a row was left behind by a crash, one of an older
   * generation than its row by a host that did not answer.
   */
  async #removeStrays(machines: readonly MachineState[]): Promise<void> {
    if (machines.length === 0) return;
    const ids = machines.map((machine) => machine.id);
    const { rows } = await sql<{ id: string; generation: number; busy: boolean }>`
      select v.id, v.generation,
             exists (select 1 from operations o where o.resource_id = v.id and o.finished_at is null) as busy
        from vms v where v.id = any (${ids})`.execute(this.#services.db);
    const known = new Map(rows.map((row) => [row.id, row]));
    for (const { id, generation } of machines) {
      const row = known.get(id);
      if (row !== undefined && (row.busy || row.generation <= generation)) continue;
      this.#services.log.warn({ machineId: id, generation }, 'removing a machine that has no row, or that has failed');
      await this.#engine
        .delete(id, '')
        .catch((error) => this.#services.log.warn({ err: error, machineId: id }, 'it could not be removed now'));
    }
  }

  /** Stopped from inside, started by hand, or gone: the row follows, unless work on the machine is under way. */
  async #followStates(machines: readonly MachineState[]): Promise<void> {
    const power = new Map(machines.map((machine) => [machine.id, machine.power]));
    const { rows } = await sql<{ id: string; status: string }>`
      select v.id, v.status from vms v
       where v.deleted_at is null and (v.status <> 'failure' or v.failure_reason = ${goneReason})
         and not exists (select 1 from operations o where o.resource_id = v.id and o.finished_at is null)`.execute(
      this.#services.db,
    );
    for (const vm of rows) {
      const expected = { active: 'on', passive: 'off' }[vm.status as 'active' | 'passive'];
      if (power.get(vm.id) !== expected) await this.follow(vm.id);
    }
  }

  /** Brings a row in line with its machine, also of one that was gone and is back. */
  async follow(id: string): Promise<void> {
    await transact(this.#services.db, async (tx) => {
      const vm = await tx.db
        .selectFrom('vms')
        .select(['account_id', 'status', 'failure_reason'])
        .where('id', '=', id)
        .forNoKeyUpdate()
        .executeTakeFirst();
      const busy = await tx.db
        .selectFrom('operations')
        .select('id')
        .where('resource_id', '=', id)
        .where('finished_at', 'is', null)
        .executeTakeFirst();
      if (vm === undefined || busy !== undefined) return;
      if (vm.status === 'failure' && vm.failure_reason !== goneReason) return;
      const state = await this.#engine.inspect(id);
      if (state !== undefined && state.power !== 'on' && state.power !== 'off') return;
      const status = state === undefined ? 'failure' : state.power === 'on' ? 'active' : 'passive';
      if (status === vm.status) return;
      this.#services.log.warn({ vmId: id, from: vm.status, to: status }, 'a machine changed behind our back');
      tx.onSettled(() => this.#services.vmPages.drop(vm.account_id));
      await tx.db
        .updateTable('vms')
        .set({
          status,
          failure_reason: state === undefined ? goneReason : null,
          updated_at: new Date(this.#services.clock.now()),
        })
        .where('id', '=', id)
        .execute();
    });
  }
}
