import { type ConsoleEnd, consoleEnds } from '@raffia/contract/console-socket.ts';
import { vmActions } from '@raffia/contract/vm-states.ts';
import type { RawData, WebSocket } from 'ws';
import type { Principal } from '../../access/principal.ts';
import { enterAudit } from '../../changes/audit.ts';
import { askFor } from '../../database/asker.ts';
import { transact } from '../../database/transaction.ts';
import { EngineError } from '../../engines/engine.ts';
import type { GuardedEngine } from '../../engines/outside-transactions.ts';
import { pingSocket } from '../../foundation/ping-socket.ts';
import { quotaOf } from '../../quotas/usage.ts';
import type { Services } from '../../services.ts';
import { type ConsoleTicket, takeTicket } from './console-tickets.ts';
import { findVm, statusesOf } from './queries.ts';
import { type ConsoleOutcome, objectOf, sizeOf, VmConsole } from './vm-console.ts';

/** For whoever has a console open a shell runs, on this server and on a host. */
const perCredential = 10;
/** How long a client has for its greeting. */
const greetingMs = 10_000;
const lookMs = 1000;
/** A machine in one of these is not on its way to its end, whatever is done with it. */
const notRunning = 'The VM is not running any more';
const runsOn = new Set(['active', 'provisioning', 'finalizing']);

/** Where somebody comes from that wants a console. */
export interface Visitor {
  readonly address: string;
  readonly requestId: string;
}

/** A refusal of a console, for the client. */
class Refused extends Error {
  readonly end: ConsoleEnd;

  constructor(end: ConsoleEnd, sentence: string) {
    super(sentence);
    this.end = end;
  }
}

/** The consoles that are open on this process. */
export class Consoles {
  readonly #services: Services;
  readonly #engine: Pick<GuardedEngine, 'machines'>;
  readonly #check: (now: Principal, projectId: string) => void;
  readonly #open = new Set<VmConsole>();
  #looking: NodeJS.Timeout | undefined;

  /** @param check throws an ApiError where a caller, as it is now, may have no console of a machine of a project */
  constructor(
    services: Services,
    engine: Pick<GuardedEngine, 'machines'>,
    check: (now: Principal, projectId: string) => void,
  ) {
    this.#services = services;
    this.#engine = engine;
    this.#check = check;
  }

  /** Takes a websocket whose client has said nothing yet. */
  async admit(socket: WebSocket, visitor: Visitor): Promise<void> {
    const refuse = (end: ConsoleEnd, sentence: string) => {
      socket.close(consoleEnds[end], sentence);
      setTimeout(() => socket.terminate(), lookMs).unref();
    };
    socket.on('error', () => socket.terminate());
    const greeting = await greetingOf(socket);
    if (greeting === undefined) {
      refuse('message', 'The first message has to be {"ticket", "columns", "rows"}');
      return;
    }
    try {
      const ticket = await takeTicket(this.#services, greeting.ticket);
      if (ticket === undefined)
        refuse('ticket', 'The ticket is none, was used already, or has run out; ask for a new one');
      else await this.#begin(socket, ticket, greeting.size, visitor);
    } catch (error) {
      this.#services.log.warn({ err: error, requestId: visitor.requestId }, 'a console could not be opened');
      refuse('server', 'This server could not open the console; try again');
    }
  }

  async #begin(
    socket: WebSocket,
    { caller, vmId, projectId }: ConsoleTicket,
    size: { readonly columns: number; readonly rows: number },
    visitor: Visitor,
  ): Promise<void> {
    const { clock, log, streams, draining } = this.#services;
    const leaving: (() => void)[] = [];
    let opened: Principal | undefined;
    let outcome: ConsoleOutcome | undefined;
    const over = () => {
      for (const leave of leaving.splice(0)) leave();
      if (opened === undefined || outcome === undefined) return;
      const details = { ...outcome };
      outcome = undefined;
      this.#enter(opened, { vmId, projectId }, 'vm.console-close', details, visitor).catch((error) =>
        log.error({ err: error, vmId }, 'the end of a console could not be entered in the audit log'),
      );
    };
    const console = new VmConsole({
      socket,
      caller,
      vmId,
      clock,
      check: (now) => this.#check(now, projectId),
      shellEnded: () => this.#shellEnded(console),
      over: (how) => {
        outcome = how;
        over();
      },
    });
    this.#open.add(console);
    this.#lookSoon();
    leaving.push(() => this.#open.delete(console), streams.listen(console).leave);
    if (draining.isOn) console.serverEnds();
    const now = await console.seen;
    if (now === undefined) return;
    try {
      leaving.push(await this.#place(now));
      const vm = await findVm(this.#services.db, now.accountId, vmId);
      if (vm === undefined) throw new Refused('machine', 'The VM is gone');
      if (vmActions.ruling('console', vm.status) !== 'run') throw new Refused('machine', 'The VM is not running');
      const machine = await this.#engine.machines.console(vm, size);
      machine.stream.on('error', (error) => log.warn({ err: error, vmId }, 'the console of a machine broke'));
      try {
        // Nobody has a shell before that is written down.
        await this.#enter(now, { vmId, projectId }, 'vm.console-open', { address: visitor.address }, visitor);
      } catch (error) {
        machine.stream.destroy();
        throw error;
      }
      opened = now;
      console.join(machine);
      pingSocket(socket, clock);
    } catch (error) {
      if (!(error instanceof Refused))
        log.warn({ err: error, vmId, requestId: visitor.requestId }, 'a console could not be opened');
      if (error instanceof Refused) console.end(error.end, error.message);
      else if (error instanceof EngineError) console.end('host', error.message);
      else console.end('server', 'This server could not open the console; try again');
    }
    // It ended while it was being opened.
    if (!console.isOpen()) over();
  }

  /** A place among those of its account and of its key or session, on all nodes together. */
  async #place(caller: Principal): Promise<() => void> {
    const { db, consolePlaces } = this.#services;
    const account = await quotaOf(db, caller.accountId, 'consoles');
    const place = await consolePlaces.take(caller, { credential: perCredential, account });
    if (place === 'account')
      throw new Refused('limit', `One account may have ${account} consoles open at once; close one first`);
    if (place === 'credential') {
      const whose = caller.kind === 'key' ? 'key' : 'session';
      throw new Refused('limit', `One ${whose} may have ${perCredential} consoles open at once; close one first`);
    }
    return () => place.leave();
  }

  #enter(
    actor: Principal,
    { vmId: resourceId, projectId }: { readonly vmId: string; readonly projectId: string },
    verb: 'vm.console-open' | 'vm.console-close',
    details: Readonly<Record<string, unknown>>,
    { requestId }: Visitor,
  ): Promise<void> {
    const entry = { accountId: actor.accountId, projectId, verb, actor, resourceId, details, requestId };
    return askFor(undefined, () => transact(this.#services.db, (tx) => enterAudit(this.#services, tx, entry)));
  }

  /** The shell may have ended by itself, or with its machine. */
  async #shellEnded(console: VmConsole): Promise<void> {
    const statuses = await statusesOf(this.#services.db, [console.vmId]).catch(() => undefined);
    const status = statuses?.get(console.vmId) ?? 'passive';
    if (statuses === undefined || status === 'active') console.end('exited', 'The shell has ended');
    else console.end('machine', status === 'provisioning' ? 'The shell has ended' : notRunning);
  }

  /** While any is open, their machines are looked at each second, all in one question. */
  #lookSoon(): void {
    this.#looking ??= askFor(undefined, () => setTimeout(() => void this.#look(), lookMs).unref());
  }

  async #look(): Promise<void> {
    // Those that are opened while it is asked are looked at the next time.
    const all = [...this.#open];
    for (const console of all) console.holdUnseen();
    try {
      const statuses = await statusesOf(this.#services.db, [...new Set(all.map(({ vmId }) => vmId))]);
      for (const console of all) {
        const status = statuses.get(console.vmId);
        if (status === undefined) console.end('machine', 'The VM was deleted');
        else if (status === 'booting') console.end('machine', 'The VM restarts');
        else if (!runsOn.has(status)) console.end('machine', notRunning);
      }
    } catch (error) {
      this.#services.log.debug({ err: error }, 'the machines of open consoles could not be looked at');
    } finally {
      this.#looking = undefined;
      if (this.#open.size > 0) this.#lookSoon();
    }
  }
}

interface Greeting {
  readonly ticket: string;
  readonly size: { readonly columns: number; readonly rows: number };
}

/** The first message of a client; undefined where it is no greeting, or did not come in time. */
function greetingOf(socket: WebSocket): Promise<Greeting | undefined> {
  return new Promise((done) => {
    const late = setTimeout(() => done(undefined), greetingMs);
    socket.once('close', () => done(undefined));
    socket.once('message', (data: RawData, isBinary: boolean) => {
      clearTimeout(late);
      const said = isBinary ? undefined : objectOf(String(data));
      const size = said === undefined ? undefined : sizeOf(said);
      done(size === undefined || typeof said?.ticket !== 'string' ? undefined : { ticket: said.ticket, size });
    });
  });
}
