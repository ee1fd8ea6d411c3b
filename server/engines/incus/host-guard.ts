import type { Logger } from 'pino';
import { PassingFault } from '../engine.ts';
import { filterTables } from './filter-tables.ts';
import { firewallRules, firewallTables } from './firewall.ts';
import { raiseSysctls } from './host-sysctls.ts';
import type { IncusSettings } from './incus-settings.ts';
import type { NicFilters } from './nic-filters.ts';
import { runCommand } from './run-command.ts';

/** Questions that come this close together are answered by one look. */
const freshMs = 1000;

/** Each by itself: nft finds only tables of one family when it is asked for several at once. */
async function listing(command: string): Promise<string> {
  const tables = [...firewallTables, ...filterTables];
  const lists = await Promise.all(tables.map((table) => runCommand(command, [], `list table ${table}\n`)));
  return lists.join('');
}

const letBridgesAsk = `modprobe br_netfilter 2>/dev/null || :
set -e
for family in iptables ip6tables; do
  file=/proc/sys/net/bridge/bridge-nf-call-$family
  [ "$(cat $file)" = 1 ] || echo 1 >$file
done
`;

type Guarded = Pick<IncusSettings, 'firewallCommands' | 'gatewayCommand' | 'blockedRanges' | 'url' | 'raiseSysctls'>;

/**
 * The firewall rules on every host of machines: loaded once, then compared with what is really there, as often as anybody asks. What
 * differs is loaded again at once; where that fails nobody may make or start a machine.
 */
export class HostGuard {
  readonly #settings: Guarded;
  readonly #filters: Pick<NicFilters, 'version' | 'areNone' | 'rules'>;
  readonly #log: Logger;
  /** What each host says of the tables right after they were loaded, and with which version of the filters. */
  readonly #expected = new Map<string, { readonly listing: string; readonly version: number }>();
  #lowNames = '';
  #look: Promise<void> | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(settings: Guarded, filters: Pick<NicFilters, 'version' | 'areNone' | 'rules'>, log: Logger) {
    this.#settings = settings;
    this.#filters = filters;
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
  async verify(): Promise<void> {
    if (performance.now() - this.#lookedAt >= freshMs) await this.#lookNow();
    await this.enforce();
  }

  /**
   * What interfaces are to let through at this moment is in force on every host; those that ask together are served by one loading.
   *
   * @throws PassingFault where it cannot be loaded
   */
  async enforce(): Promise<void> {
    const { version } = this.#filters;
    const { firewallCommands } = this.#settings;
    while (firewallCommands.some((command) => (this.#expected.get(command)?.version ?? -1) < version))
      await this.#lookNow();
  }

  #lookNow(): Promise<void> {
    if (this.#look !== undefined) return this.#look;
    const began = performance.now();
    this.#raiseSysctls();
    const look = this.#letBridgesAsk()
      .then(() => Promise.all(this.#settings.firewallCommands.map((command) => this.#verify(command))))
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

  /**
   * Bridges ask the layer above them about what they forward, which knows connections: without it replies to what a filter let through are
   * dropped. On the host that the server runs on itself; another one's operator sees to it.
   */
  async #letBridgesAsk(): Promise<void> {
    if (this.#filters.areNone || !this.#settings.url.startsWith('unix://')) return;
    await runCommand(this.#settings.gatewayCommand, [], letBridgesAsk).catch((cause) => {
      this.#log.error({ err: cause }, 'bridges cannot be told to ask the firewall about connections');
      throw new PassingFault(
        'Bridges of the host do not ask its firewall (bridge-nf-call-iptables), which security groups need; docs/operating.md has the ways',
        { cause },
      );
    });
  }

  async #verify(command: string): Promise<void> {
    const expected = this.#expected.get(command);
    const { version } = this.#filters;
    try {
      if (expected !== undefined && expected.version === version) {
        const found = await listing(command).catch((error: Error) => error);
        if (found === expected.listing) return;
        this.#log.warn(
          { command, ...(found instanceof Error ? { err: found } : {}) },
          'the firewall rules are not what they must be; loading them again',
        );
        this.#expected.delete(command);
      }
      const text = `${firewallRules(this.#settings.blockedRanges)}${this.#filters.rules()}`;
      await runCommand(command, [], text);
      this.#expected.set(command, { listing: await listing(command), version });
    } catch (cause) {
      this.#log.error({ err: cause }, 'the firewall rules could not be loaded; no machine is made until they are');
      throw new PassingFault(
        "The host's firewall rules could not be loaded (RAFFIA_INCUS_FIREWALL); the log has the reason, docs/operating.md the ways",
        { cause },
      );
    }
  }
}
