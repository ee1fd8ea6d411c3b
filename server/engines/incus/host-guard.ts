import type { Logger } from 'pino';
import { PassingFault } from '../engine.ts';
import { firewallRules, firewallTables } from './firewall.ts';
import { raiseSysctls } from './host-sysctls.ts';
import type { IncusSettings } from './incus-settings.ts';
import { runCommand } from './run-command.ts';

/** Questions that come this close together are answered by one look. */
const freshMs = 1000;

/** Each by itself: nft finds only tables of one family when it is asked for several at once. */
async function listing(command: string): Promise<string> {
  const lists = await Promise.all(firewallTables.map((table) => runCommand(command, [], `list table ${table}\n`)));
  return lists.join('');
}

type Guarded = Pick<IncusSettings, 'firewallCommands' | 'blockedRanges' | 'url' | 'raiseSysctls'>;

/**
 * The firewall rules on every host of machines: loaded once, then compared with what is really there, as often as anybody asks. What
 * differs is loaded again at once; where that fails nobody may make or start a machine.
 */
export class HostGuard {
  readonly #settings: Guarded;
  readonly #log: Logger;
  /** What each host says of the tables right after they were loaded. */
  readonly #expected = new Map<string, string>();
  #lowNames = '';
  #look: Promise<void> | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(settings: Guarded, log: Logger) {
    this.#settings = settings;
    this.#log = log;
  }

  /** The next look loads the rules, whatever is there: the host may be another one now. */
  forget(): void {
    this.#expected.clear();
    this.#look = undefined;
    this.#lookedAt = Number.NEGATIVE_INFINITY;
  }

  /**
   * The rules are in force on every host; what was missing has been loaded.
   *
   * @throws PassingFault where they cannot be loaded
   */
  verify(): Promise<void> {
    if (performance.now() - this.#lookedAt < freshMs) return Promise.resolve();
    if (this.#look !== undefined) return this.#look;
    const began = performance.now();
    this.#raiseSysctls();
    const look = Promise.all(this.#settings.firewallCommands.map((command) => this.#verify(command)))
      .then(() => {
        if (this.#look === look) this.#lookedAt = began;
      })
      .finally(() => {
        if (this.#look === look) this.#look = undefined;
      });
    this.#look = look;
    return look;
  }

  /** On the host that the server runs on itself; another one's are its operator's. */
  #raiseSysctls(): void {
    if (!this.#settings.url.startsWith('unix://') || !this.#settings.raiseSysctls) return;
    const low = raiseSysctls();
    const names = low.map(({ name }) => name).join(', ');
    if (names !== this.#lowNames && names !== '') {
      this.#log.warn(
        { low },
        'settings of this host are too low for machines of several people, and could not be raised',
      );
    }
    this.#lowNames = names;
  }

  async #verify(command: string): Promise<void> {
    const expected = this.#expected.get(command);
    try {
      if (expected !== undefined) {
        const found = await listing(command).catch((error: Error) => error);
        if (found === expected) return;
        this.#log.warn(
          { command, ...(found instanceof Error ? { err: found } : {}) },
          'the firewall rules are not what they must be; loading them again',
        );
        this.#expected.delete(command);
      }
      await runCommand(command, [], firewallRules(this.#settings.blockedRanges));
      this.#expected.set(command, await listing(command));
    } catch (cause) {
      this.#log.error({ err: cause }, 'the firewall rules could not be loaded; no machine is made until they are');
      throw new PassingFault(
        "The host's firewall rules could not be loaded (RAFFIA_INCUS_FIREWALL); the log has the reason, docs/operating.md the ways",
        { cause },
      );
    }
  }
}
