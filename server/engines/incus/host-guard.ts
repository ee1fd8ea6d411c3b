import type { Logger } from 'pino';
import { PassingFault } from '../engine.ts';
import { filterTables } from './filter-tables.ts';
import { firewallRules, firewallTables } from './firewall.ts';
import { raiseSysctls } from './host-sysctls.ts';
import type { IncusSettings } from './incus-settings.ts';
import { changeOf, listedParts, type NftTable, partsText, tableText } from './nft-table.ts';
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

/** What a host has of the rules. */
interface Loaded {
  readonly tables: readonly NftTable[];
  /** Of the filters that they are made of. */
  readonly version: number;
  /** How the host lists each part, as it did right after that was loaded. */
  readonly listed: ReadonlyMap<string, string>;
  /** Parts that were loaded since: how the host lists them is not known. */
  readonly unlisted: ReadonlySet<string>;
}

/**
 * The firewall rules on every host of machines: loaded once, then compared with what is really there, as often as anybody asks. What
 * differs is loaded again at once; where that fails nobody may make or start a machine. A host that is away is looked at when it is back, by
 * whoever asks first.
 */
export class HostGuard {
  readonly #settings: Guarded;
  readonly #filters: Pick<NicFilters, 'version' | 'areNone' | 'tables'>;
  readonly #isAway: (command: string) => Promise<boolean>;
  readonly #log: Logger;
  readonly #loaded = new Map<string, Loaded>();
  /** Commands whose host was away when it was last to be looked at. */
  readonly #away = new Set<string>();
  #lowNames = '';
  #look: Promise<void> | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** @param isAway whether the host of a command is one that the engine does not reach either, so that no machine is made or started there */
  constructor(
    settings: Guarded,
    filters: Pick<NicFilters, 'version' | 'areNone' | 'tables'>,
    isAway: (command: string) => Promise<boolean>,
    log: Logger,
  ) {
    this.#settings = settings;
    this.#filters = filters;
    this.#isAway = isAway;
    this.#log = log;
  }

  /** The next look loads the rules, whatever is there: the host may be another one now. */
  forget(): void {
    this.#loaded.clear();
    this.#away.clear();
    this.#look = undefined;
    this.#lookedAt = Number.NEGATIVE_INFINITY;
  }

  /**
   * The rules are in force on every host; what was missing has been loaded.
   *
   * @throws PassingFault where they cannot be loaded
   */
  async verify(): Promise<void> {
    // What is new first: a host that was told of it alone has not been looked at.
    await this.enforce();
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
    const lacks = (command: string) => !this.#away.has(command) && (this.#loaded.get(command)?.version ?? -1) < version;
    while (firewallCommands.some(lacks)) await this.#lookNow();
  }

  #lookNow(): Promise<void> {
    if (this.#look !== undefined) return this.#look;
    const began = performance.now();
    this.#raiseSysctls();
    const look = this.#letBridgesAsk()
      .then(() => Promise.all(this.#settings.firewallCommands.map((command) => this.#verify(command))))
      .then((looked) => {
        if (this.#look === look && looked.every(Boolean)) this.#lookedAt = began;
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

  /** Whether the host was looked at, or given everything anew; else it was told of what is new alone, or is away. */
  async #verify(command: string): Promise<boolean> {
    // It would be waited for.
    if (this.#away.has(command) && (await this.#isAway(command))) return false;
    this.#away.delete(command);
    const loaded = this.#loaded.get(command);
    const { version } = this.#filters;
    try {
      if (loaded !== undefined && loaded.version === version) {
        const found = await this.#isAsLoaded(command, loaded).catch((error: Error) => error);
        if (found === true) return true;
        this.#log.warn(
          { command, ...(found instanceof Error ? { err: found } : {}) },
          'the firewall rules are not what they must be; loading them again',
        );
      } else if (loaded !== undefined && (await this.#loadChange(command, loaded, version))) return false;
      this.#loaded.delete(command);
      const tables = this.#filters.tables();
      const text = `${firewallRules(this.#settings.blockedRanges)}${tables.map(tableText).join('')}`;
      await runCommand(command, [], text);
      const listed = listedParts(await listing(command));
      this.#loaded.set(command, { tables, version, listed, unlisted: new Set() });
      return true;
    } catch (cause) {
      if (await this.#isAway(command)) {
        this.#log.warn({ command, err: cause }, 'a host is away; its firewall rules are loaded when it is back');
        this.#away.add(command);
        return false;
      }
      this.#log.error({ err: cause }, 'the firewall rules could not be loaded; no machine is made until they are');
      throw new PassingFault(
        "The host's firewall rules could not be loaded (RAFFIA_INCUS_FIREWALL); the log has the reason, docs/operating.md the ways",
        { cause },
      );
    }
  }

  /**
   * Whether a host has what was loaded. How it lists what was loaded since the last look, it says now: so that nothing is taken for right
   * that somebody changed meanwhile, these parts are loaded again first.
   */
  async #isAsLoaded(command: string, loaded: Loaded): Promise<boolean> {
    const { tables, listed, unlisted } = loaded;
    if (unlisted.size > 0) await runCommand(command, [], partsText(tables, unlisted));
    const found = listedParts(await listing(command));
    const isRight = ([part, text]: [string, string]) => unlisted.has(part) || listed.get(part) === text;
    const there = [...unlisted].every((part) => found.has(part));
    const isWhole = found.size === new Set([...listed.keys(), ...unlisted]).size;
    if (!there || !isWhole || ![...found].every(isRight)) return false;
    this.#loaded.set(command, { ...loaded, listed: found, unlisted: new Set() });
    return true;
  }

  /** Loads what is other than before, which is little beside all; false where that cannot be. */
  async #loadChange(command: string, loaded: Loaded, version: number): Promise<boolean> {
    const tables = this.#filters.tables();
    const change = changeOf(loaded.tables, tables);
    if (change === undefined) return false;
    if (change.text !== '') {
      try {
        await runCommand(command, [], change.text);
      } catch (error) {
        this.#log.warn({ command, err: error }, 'a change of the filters could not be loaded; loading all of them');
        return false;
      }
    }
    const { changed, gone } = change;
    const listed = new Map([...loaded.listed].filter(([part]) => !gone.includes(part)));
    const unlisted = new Set([...loaded.unlisted, ...changed].filter((part) => !gone.includes(part)));
    this.#loaded.set(command, { tables, version, listed, unlisted });
    return true;
  }
}
