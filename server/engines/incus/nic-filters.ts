import { hash } from 'node:crypto';
import type { NicType } from '@raffia/contract/enums.ts';
import type { KnownNic } from '../../database/tables.ts';
import type { MachineOnRecord, MachineSpec } from '../engine.ts';
import { type FilteredNic, filterTablesOf } from './filter-tables.ts';
import type { IncusInstance } from './incus-api.ts';
import type { Listed } from './instances.ts';
import { knownOf } from './known-of-instance.ts';
import { instanceName, interfaceName, networkName, portName, stemOf } from './names.ts';
import type { NftTable } from './nft-table.ts';

interface OfMachine {
  readonly nics: readonly FilteredNic[];
  /** From when on they count: what was asked before knows less. Endless while a machine is being changed. */
  readonly since: number;
}

const mostZones = 65_535;

/**
 * What every interface lets through: each instance says it of its own, and whoever changes one says it before its host is told. Nothing of
 * it is remembered anywhere else, so that whoever comes after a crash finds it.
 */
export class NicFilters {
  readonly #project: string;
  readonly #machines = new Map<string, OfMachine>();
  readonly #zones = new Map<string, number>();
  #version = 0;

  constructor(project: string) {
    this.#project = project;
  }

  /** Another one wherever other rules than before are to be in force. */
  get version(): number {
    return this.#version;
  }

  /** The interfaces that have filters. */
  get #nics(): FilteredNic[] {
    return [...this.#machines.values()].flatMap(({ nics }) => nics);
  }

  get areNone(): boolean {
    return this.#nics.length === 0;
  }

  /** The rules of all, as tables of nft. */
  tables(): NftTable[] {
    const nics = this.#nics;
    const bridges = nics.filter(({ publicAddress }) => publicAddress === null).map(({ bridge }) => bridge);
    return filterTablesOf(nics, this.#zonesOf([...new Set(bridges)].sort()));
  }

  /**
   * What the instances say counts, but for those that were changed since. What those said last that are lost goes on to count: their guests may
   * run. Where they never said anything here, their rows do.
   *
   * @param onRecord of those that are lost
   * @param askedAt when they were asked for, by `performance.now`
   */
  take({ told, lost }: Listed, onRecord: readonly MachineOnRecord[], askedAt: number): void {
    const found = new Map<string, readonly FilteredNic[]>(
      told.map((instance) => [instance.name, this.#nicsOf(instance)]),
    );
    const rows = new Map(onRecord.map((machine) => [instanceName(machine.id), machine]));
    for (const { name } of lost) {
      const row = rows.get(name);
      found.set(name, this.#machines.get(name)?.nics ?? (row === undefined ? [] : this.#nicsOfSpec(row, undefined)));
    }
    for (const name of new Set([...this.#machines.keys(), ...found.keys()])) {
      if ((this.#machines.get(name)?.since ?? 0) > askedAt) continue;
      this.#set(name, found.get(name) ?? [], askedAt);
    }
  }

  /**
   * Makes a machine what its spec says. Interfaces that come have their rules before they are there, those that go as long as they may be.
   *
   * @param found the instance as it is; undefined where it is built
   * @param enforce puts the rules of this moment into force
   */
  async with(
    spec: MachineSpec,
    found: IncusInstance | undefined,
    enforce: () => Promise<void>,
    change: () => Promise<void>,
  ): Promise<void> {
    const name = instanceName(spec.id);
    const before = found === undefined ? [] : this.#nicsOf(found);
    const after = this.#nicsOfSpec(spec, found);
    const had = new Set((found === undefined ? [] : knownOf(found).nics).map(keyOf));
    const coming = this.#nicsOfSpec({ ...spec, nics: spec.nics.filter((nic) => !had.has(keyOf(nic))) }, found);
    this.#set(name, [...before, ...coming], Number.POSITIVE_INFINITY);
    try {
      await enforce();
      await change();
      this.#set(name, after, Number.POSITIVE_INFINITY);
      await enforce();
    } finally {
      this.#set(name, this.#machines.get(name)?.nics ?? [], performance.now());
    }
  }

  #set(name: string, nics: readonly FilteredNic[], since: number): void {
    const old = this.#machines.get(name)?.nics ?? [];
    if (JSON.stringify(old) !== JSON.stringify(nics)) this.#version++;
    if (nics.length === 0 && since !== Number.POSITIVE_INFINITY) this.#machines.delete(name);
    else this.#machines.set(name, { nics, since });
  }

  #nicsOf(instance: IncusInstance): FilteredNic[] {
    return knownOf(instance).nics.flatMap(({ filter, type, address, nicId = 0 }) => {
      const { host_name, network } = instance.devices[interfaceName({ nicId })] ?? {};
      if (filter === undefined || host_name === undefined || network === undefined) return [];
      const publicAddress = publicOf(type, address);
      return [{ port: stemOf(host_name), bridge: network, publicAddress, filter }];
    });
  }

  /** Whatever the host's end is called now, or would be called anew. */
  #nicsOfSpec({ id, nics }: Pick<MachineSpec, 'id' | 'nics'>, found: IncusInstance | undefined): FilteredNic[] {
    return nics.flatMap((nic) => {
      const { filter, type, address } = nic;
      if (filter === undefined) return [];
      const there = found?.devices[interfaceName(nic)]?.host_name;
      const ports = new Set([...(there === undefined ? [] : [stemOf(there)]), portName(id, nic)]);
      const bridge = networkName(this.#project, nic.network);
      return [...ports].map((port) => ({ port, bridge, publicAddress: publicOf(type, address), filter }));
    });
  }

  /** A number for each bridge, mostly the same as before: another one would make its connections strangers. */
  #zonesOf(bridges: readonly string[]): Map<string, number> {
    for (const old of this.#zones.keys()) if (!bridges.includes(old)) this.#zones.delete(old);
    const taken = new Set(this.#zones.values());
    for (const bridge of bridges) {
      if (this.#zones.has(bridge)) continue;
      let zone = (Number.parseInt(hash('sha256', bridge, 'hex').slice(0, 8), 16) % mostZones) + 1;
      while (taken.has(zone)) zone = (zone % mostZones) + 1;
      taken.add(zone);
      this.#zones.set(bridge, zone);
    }
    return new Map([...this.#zones].sort());
  }
}

const keyOf = ({ address, network }: Pick<KnownNic, 'address' | 'network'>) => `${network?.id} ${address}`;

/** Interfaces in VPCs are reached from nowhere else. */
const publicOf = (type: NicType | null, address: string) => (type === 'vpc' || type === null ? null : address);
