import type { GuardedEngine } from './engines/outside-transactions.ts';
import { MailSender } from './mail/mail-sender.ts';
import { Smtp } from './mail/smtp.ts';
import { lookAtHosts, Reconciler } from './operations/reconciler.ts';
import { Scheduler } from './operations/scheduler.ts';
import type { Worker } from './operations/worker.ts';
import { comparisons } from './resources/vms/comparisons.ts';
import { UsageRecorder } from './resources/vms/usage-recorder.ts';
import type { Services } from './services.ts';
import { schedules, turns } from './workflows.ts';

/** What one process does for all: it compares hosts with the database, measures machines, begins what is due, and sends mail. */
export class Leading {
  readonly #services: Services;
  readonly #engine: GuardedEngine;
  readonly #worker: Worker;
  #stop: (() => Promise<void>) | undefined;

  constructor(services: Services, engine: GuardedEngine, worker: Worker) {
    this.#services = services;
    this.#engine = engine;
    this.#worker = worker;
  }

  /** Finds machines that no row knows before anything is created. */
  firstLook(): Promise<void> {
    return this.#newReconciler()
      .firstLook()
      .catch((error) => this.#services.log.warn({ err: error }, 'the host could not be asked what machines it has'));
  }

  start(): void {
    this.#stop = this.begin();
  }

  async stop(): Promise<void> {
    await this.#stop?.();
  }

  /** @returns ends it; it can begin again after that */
  begin(): () => Promise<void> {
    const services = this.#services;
    const { mail } = services.configuration;
    const reconciler = this.#newReconciler();
    const scheduler = new Scheduler(services, schedules, turns);
    const sender = mail.url === null ? undefined : new MailSender(services, new Smtp(mail.url, mail.from));
    const recorder = new UsageRecorder(services, this.#engine);
    scheduler.start();
    reconciler.start();
    recorder.start();
    sender?.start();
    return async () => {
      await Promise.all([scheduler.stop(), reconciler.stop(), recorder.stop(), sender?.stop()]);
    };
  }

  #newReconciler(): Reconciler {
    return new Reconciler(this.#services, this.#engine, this.#worker, comparisons);
  }
}

/**
 * What the hosts have, for a node that may not lead: it decides as well whether there is room for a machine.
 *
 * @returns ends it
 */
export function lookAtHostsInTurn(services: Services, engine: GuardedEngine): () => Promise<void> {
  const { clock, configuration } = services;
  let cancel: () => void = () => {};
  let isStopping = false;
  let looking: Promise<void> = Promise.resolve();
  const look = () => {
    if (isStopping) return;
    looking = lookAtHosts(services, engine).then(() => {
      if (!isStopping) cancel = clock.after(configuration.operations.reconcileMs, look);
    });
  };
  look();
  return async () => {
    isStopping = true;
    cancel();
    await looking;
  };
}
