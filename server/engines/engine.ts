import type { Duplex, Readable } from 'node:stream';
import type { Filesystem, NicType } from '@raffia/contract/enums.ts';
import type { NicFilter } from '@raffia/contract/nic-filter.ts';
import type { KnownOfMachine } from '../database/tables.ts';
import type { Router } from '../foundation/router.ts';

/** What a VPC is to be. */
export interface NetworkSpec {
  /** Our id of the VPC. */
  readonly id: string;
  readonly cidr: string;
  /** The length of its prefix. */
  readonly prefix: number;
  /** The address of its router, where it has one. */
  readonly gateway: string;
  readonly router?: Router;
}

/** One network interface of a machine. */
export interface MachineNic {
  /** By which the API names it for as long as it is there; in the guest it is `eth` and this number. */
  readonly nicId: number;
  readonly type: NicType;
  readonly address: string;
  /** The length of the network's prefix. */
  readonly prefix: number;
  readonly gateway: string;
  readonly mac: string;
  /** The VPC it belongs to, or the block of public addresses that its address comes from. */
  readonly network: { readonly id: string; readonly cidr: string; readonly router?: Router };
  /** What passes it; without one, everything. */
  readonly filter?: NicFilter;
}

/** A volume that a machine has beside its own disk. */
export interface MachineVolume {
  /** Our id of the volume; the engine's object carries it. */
  readonly id: string;
  /** By which the API names it; the guest finds it by `volume-` and this number. */
  readonly number: number;
}

/** Which volume a verb is about. */
export interface VolumeRef {
  /** Our id of the volume; the engine's object carries it. */
  readonly id: string;
  /** What people call it. */
  readonly name: string;
}

/** What a volume is to be. */
export interface VolumeSpec extends VolumeRef {
  /** GB. */
  readonly size: number;
  /** What is made on it where a machine has it as a block device for the first time; null: nothing. */
  readonly filesystem: Filesystem | null;
}

/** What an engine has under one of our ids. */
export interface VolumeState {
  readonly id: string;
  /** GB. */
  readonly size: number;
  /** The machines that have it: never more than one. */
  readonly machineIds: readonly string[];
  /** It was deleted, and is there for its snapshots alone. */
  readonly isDeleted?: true;
}

/** Which machine a verb is about. */
export interface MachineRef {
  /** Our id of the VM; the engine's object carries it. */
  readonly id: string;
  /** What people call it. */
  readonly name: string;
}

/** What a machine is to be: everything an engine needs to build it, to build it anew, or to change it. */
export interface MachineSpec extends MachineRef {
  /** Raised by each reinstallation; an object of an older generation is replaced. */
  readonly generation: number;
  readonly cpu: number;
  /** GB. */
  readonly ram: number;
  /** GB. */
  readonly disk: number;
  /** A template's id of the catalogue, or `image:` and a saved image's id. */
  readonly image: string;
  readonly nics: readonly MachineNic[];
  /** The addresses of name servers that its VPCs name; none: those that the engine is configured with. */
  readonly nameServers: readonly string[];
  readonly volumes: readonly MachineVolume[];
  readonly sshKeys: readonly string[];
}

/** What the rows say of a machine that may be on a host, for as long as that host does not: interfaces that come and go are among it. */
export interface MachineOnRecord extends Size {
  readonly id: string;
  readonly nics: readonly MachineNic[];
}

/** Reads it; of those that no row knows there is none. */
export type OnRecord = (ids: readonly string[]) => Promise<readonly MachineOnRecord[]>;

/** What a machine takes of its host, or all hosts together have to give. */
export interface Size {
  readonly cpu: number;
  /** GB. */
  readonly ram: number;
  /** GB. */
  readonly disk: number;
}

/** Whether a verb has reached its goal; if not, when to ask again. Verbs never block for long. */
export type Progress = { readonly done: true } | { readonly done: false; readonly retryInMs: number };

export const done: Progress = { done: true };

/** What an engine has under one of our ids. `unknown`: its host cannot tell. */
export interface MachineState {
  readonly id: string;
  readonly generation: number;
  readonly power: 'building' | 'on' | 'off' | 'changing' | 'unknown';
  readonly known: KnownOfMachine;
}

/** What a machine that runs has used so far, and uses now. Counters may begin anew whenever it starts; what the engine cannot say is left out. */
export interface MachineUsage {
  readonly id: string;
  /** Seconds of a processor. */
  readonly cpuSeconds: number;
  /** Bytes in use now. */
  readonly memory?: number;
  /** Bytes over all interfaces. */
  readonly received?: number;
  readonly sent?: number;
  /** Bytes of all disks. */
  readonly read?: number;
  readonly written?: number;
}

/** How large a terminal is, in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** A console of a machine that runs. */
export interface MachineConsole {
  /**
   * What is written to it is typed, what is read from it is shown. Who does not read holds the machine up. It ends with the shell and with the
   * machine, and with an error where the host is lost; who destroys it ends the shell.
   */
  readonly stream: Duplex;
  resize(size: TerminalSize): void;
}

/** All machines that an engine has. */
export interface MachineList {
  readonly told: readonly MachineState[];
  /** The ids of those whose host does not answer: they are there, and nobody knows how they are. */
  readonly lost: readonly string[];
}

/**
 * A failure that asking again does not mend. The sentence is shown to the user.
 */
export class EngineError extends Error {
  constructor(sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = 'EngineError';
  }
}

/** A verb is about a machine that has to be there, and is not. */
export class MachineGone extends EngineError {
  constructor() {
    super('The machine is gone from its host; delete the VM and create it again');
    this.name = 'MachineGone';
  }
}

/** A verb is about a snapshot that has to be there, and is not. */
export class SnapshotGone extends EngineError {
  constructor() {
    super('The snapshot is gone from its host; delete it');
    this.name = 'SnapshotGone';
  }
}

/** A verb is about a volume that has to be there, and is not. */
export class VolumeGone extends EngineError {
  constructor() {
    super('The volume is gone from its host; delete it and create it again');
    this.name = 'VolumeGone';
  }
}

/**
 * A failure that may pass: the verb is repeated until the operation's deadline, or as often as `attempts` says, and then fails with
 * the sentence. Meanwhile the operator sees it as what the operation waits for.
 */
export class PassingFault extends EngineError {
  readonly attempts: number;

  constructor(sentence: string, options?: ErrorOptions & { attempts?: number }) {
    super(sentence, options);
    this.name = 'PassingFault';
    this.attempts = options?.attempts ?? Number.POSITIVE_INFINITY;
  }
}

/** The host answers, but must not be used as it is configured: the server refuses to start. The sentence is for the operator. */
export class UnusableHost extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'UnusableHost';
  }
}

/** Who wants to know what happens on the host by itself. */
export interface EngineObserver {
  changed(id: string): void;
  returned(): void;
}

/** Machines, from being built to being gone. */
export interface Machines {
  /**
   * The machine is as its spec says: it has that many processors, that much memory, a disk of that size or, since none is ever made
   * smaller, a larger one, these interfaces and these volumes. A guest that runs has them at once, with their addresses, name servers and
   * way out, which is its public interface, or else one in a VPC that has a router; one that is off, from its next start on. What passes its
   * interfaces is what their filters say, from this moment on and for as long as they are there; connections that a filter let through go on.
   * Power stays as it is, and a machine of a higher generation stays whole.
   *
   * A virtual machine has a volume as a block device, a container as a directory. Where a file system is to be made on it, that is done when
   * it comes to a guest that runs, or with the guest's start, and never on a volume that has something on it.
   *
   * @param options with `builds` one that is not there in this generation is built: switched off, with the SSH keys of its spec
   * @throws MachineGone where it is not there and is not to be built: its disk would be an empty one
   * @throws VolumeGone where one of the volumes is not there
   * @throws EngineError where another machine has one of the volumes
   */
  apply(spec: MachineSpec, options?: { readonly builds: boolean }): Promise<Progress>;
  start(machine: MachineRef): Promise<Progress>;
  /** Asks the guest to shut down; `force` cuts the power. */
  stop(machine: MachineRef, how: { readonly force: boolean }): Promise<Progress>;
  /** The password is in force from the next start on; never logged, never kept in the clear. */
  setPassword(machine: MachineRef, password: string): Promise<Progress>;
  /**
   * Opens a console: a shell of root in a container, the serial line of a virtual machine. Each has its own shell in a container, and all
   * have one line of a virtual machine.
   *
   * @throws MachineGone where it is not there
   * @throws EngineError where it does not run
   */
  console(machine: MachineRef, size: TerminalSize): Promise<MachineConsole>;
  /** No object with this id exists any more. */
  delete(machine: MachineRef): Promise<Progress>;
  /** @throws PassingFault where its host does not answer */
  inspect(id: string): Promise<MachineState | undefined>;
  /** All machines that this cloud made; never anything else of the host. Where one of several hosts does not answer, the others do. */
  list(): Promise<MachineList>;
  /** What those that run use: one question for each host, however many machines it has. A host that is away tells of none. */
  usage(): Promise<MachineUsage[]>;
}

/** Machines' disks as they were at one moment. They are with their machine, and go with it when it is deleted or built anew. */
export interface Snapshots {
  /**
   * There is a snapshot with this id, of the machine's disk as it was at some moment since the verb was first asked: as a loss of power
   * would have left it. The guest runs on.
   */
  take(machine: MachineRef, snapshotId: string): Promise<Progress>;
  /**
   * The machine is off, and its disk is what it was in the snapshot: where its host started it meanwhile, its power is cut. Whatever else
   * it is, it is as its spec says now, and its disk as large; all snapshots stay.
   *
   * @throws SnapshotGone where the snapshot is not there
   */
  restore(spec: MachineSpec, snapshotId: string): Promise<Progress>;
  /** No snapshot with this id exists any more. */
  delete(machine: MachineRef, snapshotId: string): Promise<Progress>;
}

/** Machines' disks, given out to be kept elsewhere and taken back; in which form is the engine's own matter. */
export interface Backups {
  /**
   * The machine's disk as it was at some moment since this was asked: as a loss of power would have left it. The guest runs on. What the host
   * holds for it goes with the stream's end, or when it is destroyed.
   */
  export(machine: MachineRef, backupId: string): Promise<Readable>;
  /**
   * The machine is off, and its disk is what was given out; it is there also where its host had lost it. Whatever else it is, it is as
   * its spec says now, and its disk as large; its snapshots stay, unless its host has lost them. For those who ask again, and after a crash, it
   * is taken up where it is.
   *
   * @param open called when the disk is needed, and again by whoever begins anew; a stream that ends with an error leaves the machine as it
   * was, and the verb fails with that error
   * @throws EngineError where what it gives is no disk of a machine
   */
  restore(spec: MachineSpec, backupId: string, open: () => Promise<Readable>): Promise<Progress>;
}

/** Disks that outlive machines. What is on one, a machine sees that has it: `machines.apply` gives and takes it. */
export interface Volumes {
  /**
   * There is a volume of that size or, since none is ever made smaller, a larger one. It may be grown while a machine has it.
   *
   * @param options with `makes` one that is not there is made, empty
   * @throws VolumeGone where it is not there and is not to be made: it would be an empty one
   * @throws EngineError also where the host cannot grow one that a running machine has
   */
  apply(volume: VolumeSpec, options?: { readonly makes: boolean }): Promise<Progress>;
  /**
   * No volume with this id exists any more, and nothing of what was on it but what its snapshots keep: they stay, and the host holds it for
   * them.
   *
   * @param options with `withSnapshots` they go as well
   * @throws EngineError where a machine has it
   */
  delete(volume: VolumeRef, options?: { readonly withSnapshots: boolean }): Promise<Progress>;
  inspect(id: string): Promise<VolumeState | undefined>;
  /** All volumes that this cloud made, deleted ones that are held for their snapshots among them; never anything else of the host. */
  list(): Promise<VolumeState[]>;
}

/** Volumes as they were at one moment. They outlive their volume. */
export interface VolumeSnapshots {
  /**
   * There is a snapshot with this id, of the volume as it was at some moment since the verb was first asked: as a loss of power would have
   * left it. A machine that has it runs on.
   *
   * @throws VolumeGone where the volume is not there
   */
  take(volume: VolumeRef, snapshotId: string): Promise<Progress>;
  /**
   * What is on the volume is what was on it in the snapshot. It is as large as its spec says, or larger; all snapshots stay.
   *
   * @throws VolumeGone where the volume is not there
   * @throws SnapshotGone where the snapshot is not there
   * @throws EngineError where a machine that runs has the volume
   */
  restore(volume: VolumeSpec, snapshotId: string): Promise<Progress>;
  /** No snapshot with this id exists any more; a volume that was deleted before goes with its last one. */
  delete(volume: VolumeRef, snapshotId: string): Promise<Progress>;
}

/** What VPCs are beside their machines' interfaces, which `machines.apply` makes. */
export interface Networks {
  /**
   * The machines of the VPC reach the outside by its router, or where it has none by their own public addresses alone. One that no machine
   * is in is on no host: what its spec says comes with its first machine, whose own spec says it too.
   */
  apply(network: NetworkSpec): Promise<Progress>;
}

/** What machines are made of. */
export interface Images {
  /**
   * There is an image with this id, of the machine's disk as it was at some moment since the verb was first asked.
   *
   * @param snapshotId as it was in this snapshot of it
   */
  save(machine: MachineRef, imageId: string, snapshotId?: string): Promise<Progress>;
  /** No saved image with this id exists any more; machines that were made of it stay. */
  delete(imageId: string): Promise<Progress>;
  /** Which of these templates it has no image for. */
  templatesWithoutImage(templateIds: readonly string[]): Promise<readonly string[]>;
}

/** One of the hosts that machines are on. */
export interface HostState {
  readonly name: string;
  /** `draining` and `drained`: it takes no machines, and keeps those that cannot be elsewhere; `returning`: its own are brought back. */
  readonly state: 'online' | 'offline' | 'draining' | 'drained' | 'returning';
  /** The engine's own words, where something is amiss; else empty. */
  readonly message: string;
  /** How many machines are on it. */
  readonly machines: number;
  /** What it has itself; undefined where it does not say, or where there is no end. */
  readonly has: Size | undefined;
  /** What of it machines may be given, with what is promised more than once. */
  readonly offers: Size | undefined;
  /** What its machines and volumes were given; undefined where nobody can say. */
  readonly given: Size | undefined;
}

/** A machine of a host that is to be drained. */
export interface Evacuee extends MachineRef {
  /** Whether it runs: then it is shut down, and started again once it is elsewhere or its host is back. */
  readonly isRunning: boolean;
  /** Why it cannot be elsewhere, for people; undefined where it can. */
  readonly staysFor: string | undefined;
  readonly size: Size;
}

/** What draining a host does. */
export interface Evacuation {
  readonly machines: readonly Evacuee[];
  /** What of the same engine is on it beside this cloud's machines; undefined where the engine does not say. */
  readonly others: number | undefined;
}

/** Where machines are. */
export interface Hosts {
  /** All of them, those that do not answer too. */
  list(): Promise<HostState[]>;
  /**
   * What draining a host would do now.
   *
   * @throws EngineError where nothing of it can be drained
   */
  evacuationOf(host: string): Promise<Evacuation>;
  /**
   * Nothing is on the host but machines that cannot be elsewhere, which are off, and it is given no new ones, from the moment that it is
   * asked. Where that cannot be reached, the host is as it was.
   *
   * @throws EngineError where it cannot be drained
   */
  drain(host: string): Promise<Progress>;
  /** The host takes machines again, and has those that were moved from it; what ran when it was drained runs. */
  takeBack(host: string): Promise<Progress>;
}

/**
 * The machines' host, in sections. Every verb names a goal and is safe to repeat, also after a crash in the middle of it: it starts what
 * is missing, or reports how far it is. Unknown errors are taken as passing faults and repeated until the operation's deadline.
 */
export interface Engine {
  readonly name: string;
  readonly machines: Machines;
  readonly snapshots: Snapshots;
  readonly backups: Backups;
  readonly images: Images;
  readonly volumes: Volumes;
  readonly volumeSnapshots: VolumeSnapshots;
  readonly networks: Networks;
  readonly hosts: Hosts;
  /**
   * Makes ready what machines need; called once, before the first verb. A host that does not answer is no error here: `check` tells.
   *
   * @throws UnusableHost
   */
  prepare(): Promise<void>;
  /** Removes what no machine uses any more; part of every reconciliation. */
  tidy(): Promise<void>;
  /**
   * Tells of machines that changed without being told to, and of the host's return after it was away; best effort.
   *
   * @returns what ends it
   */
  watch(observer: EngineObserver): () => void;
  /**
   * Whether the host works.
   *
   * @returns what it is, for people
   * @throws EngineError with a sentence where something is amiss
   */
  check(): Promise<string>;
  /**
   * How much machines may be given altogether, with what is promised more than once; undefined: without end. A host that takes no machines, as
   * one that does not answer, counts with what is on it.
   */
  capacity(): Promise<Size | undefined>;
  /** Lets go of connections. */
  close(): Promise<void>;
}
