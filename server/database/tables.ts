import type { NicType } from '@raffia/contract/enums.ts';
import type { NicFilter } from '@raffia/contract/nic-filter.ts';
import type { SecurityRule } from '@raffia/contract/security-groups.ts';
import type { Weekday } from '@raffia/contract/vm-rules.ts';
import type { VmStatus } from '@raffia/contract/vm-states.ts';
import type { ColumnType, InsertType, Selectable, SelectType, UpdateType } from 'kysely';
import type { Router } from '../foundation/router.ts';
import type { StoredTables } from './stored-tables.ts';

/** What the host itself knows of a machine, for one whose row is lost; null where it does not. */
export interface KnownOfMachine {
  readonly name: string | null;
  readonly cpu: number | null;
  /** GB. */
  readonly ram: number | null;
  /** GB. */
  readonly disk: number | null;
  readonly image: string | null;
  readonly nics: readonly KnownNic[];
  /** Missing where an older version wrote it down. */
  readonly nameServers?: readonly string[];
  /** The ids of its volumes. Missing where an older version wrote it down. */
  readonly volumes?: readonly string[];
}

export interface KnownNic {
  /** Missing where an older version made it: then they have the numbers of their order, from 0 on. */
  readonly nicId?: number;
  readonly type: NicType | null;
  readonly address: string;
  readonly mac: string | null;
  readonly gateway: string | null;
  readonly network: { readonly id: string; readonly cidr: string; readonly router?: Router } | null;
  readonly filter?: NicFilter;
}

/**
 * What the schema does not say of its columns: what is in a JSON, which words a text has where no `check` lists them, and what one
 * would not guess. A table is entered for that alone.
 */
interface Columns {
  /** Written by better-auth: a person's password, or the person at an OIDC provider. */
  credentials: Record<never, never>;
  /** Written by better-auth; read here to know who is asking. */
  sessions: Record<never, never>;
  accounts: {
    balance_micros: number;
  };
  /** Memberships that wait: who accepts is a member under the same id. */
  invitations: {
    /** As it was written; unique without regard to case. */
    email: string;
    /** Who must still be allowed to invite at the acceptance; null in invitations of older servers: the person of `invited_by`. */
    inviter_id: string | null;
    /** Whether the link went to the address, and to nobody else: who has it has proven the address. */
    is_mailed: boolean;
  };
  /** A mail that waits, or that was given up; it goes when the mail server has it. */
  mails: {
    /** A newer mail about the same takes its place. */
    about: string;
    /** Its text. */
    sealed: Buffer;
    /** Whether the last attempt failed for a reason that meets every mail. */
    is_server_failing: boolean;
  };
  /** Who was invited by mail in the last day, for the limits on it. */
  mailed_invitations: Record<never, never>;
  /** How a key was used in one minute. */
  api_key_usage: Record<never, never>;
  /** The same of one hour, kept longer. */
  api_key_hours: Record<never, never>;
  /** Where a key's secret came from last. */
  api_key_addresses: Record<never, never>;
  /** What an account may have; without an account, what those may have that have nothing of their own. */
  quotas: {
    /** Null: as much as it wants. */
    limit: number | null;
  };
  /** What an account has, kept by triggers. */
  usage: Record<never, never>;
  /** How many machines an account has of each kind that a list can be narrowed to: to be summed up, kept by triggers. */
  vm_counts: {
    status: VmStatus;
  };
  /** Parts of what machines take of the hosts together, kept by triggers: their sum is what is taken. */
  capacity_taken: Record<never, never>;
  /** People with a role on the account, the Owner among them, and keys that were made members. */
  members: {
    /** As it was written in the invitation; null where there was none. */
    email: string | null;
    /** Null with a key: its role is the key's own. */
    role_id: string | null;
  };
  api_keys: {
    /** The address of a recent use. */
    last_used_from: string | null;
  };
  project_members: {
    /** As it was written in the invitation; null where there was none. */
    email: string | null;
  };
  vpcs: {
    /** The name server that was chosen; null: that of the host's machines. */
    dns: string | null;
  };
  security_groups: {
    /** As they were sent and in order, read by `security-rules.ts`. */
    rules: SecurityRule[];
  };
  vms: {
    /** The template of the first creation: what a factory reset installs. */
    original_template_id: string;
    /** What the engine installs: a template's or a saved image's name there. */
    image_reference: string;
    /** Raised by each reinstallation; the engine's object carries the one it was built for. */
    generation: number;
    ssh_keys: string[];
    /** The series that its next backup belongs to; null: a new one. */
    backup_series: string | null;
    /** The number of the next interface; null: they all are still there. */
    next_nic_id: number | null;
    /** Set when the deletion was accepted: invisible to the API, its addresses are held until the machine is gone. */
    deleted_at: Date | null;
  };
  vm_tags: {
    priority: number;
  };
  address_pools: {
    /** The offset from the network address that was never given out yet; released addresses are used again first. */
    next_offset: number;
  };
  /** A public address that was laid out. Free ones are nobody's; an account has the others, which interfaces refer to. */
  public_addresses: {
    /** Attached as long as an interface has it, also while its machine is being deleted; one that stays with the account is reserved then. */
    state: 'free' | 'reserved' | 'attached';
    /** Whether it stays with the account when no interface has it. */
    is_reserved: boolean;
    /** New each time that somebody gets it. */
    id: string | null;
    /** Its account has it no more; a machine that is being deleted has. */
    deleted_at: Date | null;
    /** A machine on the host that no row knows: the address is given to nobody else. */
    held_for: string | null;
  };
  /** What is to be gone from its host, up to a generation: the only machines that are removed without a row. */
  machine_deletions: Record<never, never>;
  /** Machines of ours on the host that neither a row nor a recorded deletion knows. */
  found_machines: {
    known: KnownOfMachine;
  };
  /** Volumes of ours on the host that no row knows. */
  found_volumes: {
    /** Whether it was deleted, and is held for its snapshots. */
    is_deleted: boolean;
    /** When the operator wanted it to be gone. */
    deletion_asked_at: Date | null;
  };
  nics: {
    /** Whether its host has it yet, or still: one that is `detaching` is there for the work that is left, and for nobody else. */
    state: 'attaching' | 'attached' | 'detaching';
    /** Its address, where it is a public one. */
    public_address: string | null;
  };
  volumes: {
    /** By which the API knows it. */
    id: number;
    /** By which hosts and work know it. */
    uid: string;
    /** The machine that it is attached to, or is about to be; null from the moment that its detaching was accepted. */
    vm_id: string | null;
    /** The machine that has it on its host, or may have it: from before it is given to one until it is known to be gone from there. */
    plugged_vm_id: string | null;
    /** What is made on it at the first attachment; null: nothing. */
    filesystem: 'ext4' | 'xfs' | 'btrfs' | null;
    /** Set when the deletion was accepted: invisible to the API until its host has let go of it. */
    deleted_at: Date | null;
  };
  images: {
    /** Set when the deletion was accepted: invisible to the API until its host has let go of it. */
    deleted_at: Date | null;
  };
  snapshots: {
    /** By which its host and the work on it know it. */
    uid: string;
    /** Null for one of a volume; that of a volume has no volume once that is deleted. */
    vm_id: string | null;
    /** GB of the disk that it was taken of: what it is counted with. */
    size: number;
    /** For all of it. */
    price_month_micros: number;
    /** From when on it is counted; null while it is being taken. */
    ready_at: Date | null;
    /** Set when the deletion was accepted: invisible to the API until its host has let go of it. */
    deleted_at: Date | null;
  };
  /** Of a machine, which may be gone. */
  backups: {
    /** The order in which they were asked for, and are taken. */
    sequence: number;
    /** What took it; null: on demand, or a schedule that is gone. */
    schedule_id: number | null;
    /** Null until it begins to be taken. */
    series: string | null;
    /** Of the whole disk. */
    size_bytes: number | null;
    /** What it is counted with: what it added, and what those added that it took the place of. */
    kept_bytes: number | null;
    /** What its machine's status was before it told of the backup; null where it does not. */
    shown_from: 'active' | 'passive' | null;
    /** When it goes by itself; null where its schedule says so, or where it stays. */
    expires_at: Date | null;
    ready_at: Date | null;
    /** Set when the deletion was accepted: invisible to the API until it is gone from where it is kept. */
    deleted_at: Date | null;
    /** There, and to be restored. */
    is_kept: boolean;
  };
  backup_schedules: {
    /** Its name has a part of it. */
    uid: string;
    day_of_week: Weekday | null;
    /** Of the next turn, by the server's clock. */
    due_at: Date;
  };
  schedules: {
    /** Of the operation that its turn brings. */
    kind: string;
    /** Of the next turn, by the server's clock. */
    due_at: Date;
  };
  operations: {
    /** Of what is numbered, its number. */
    resource_number: number | null;
    /** The order of work in a queue. */
    sequence: number;
    /** Null, as `project_id` and `created_by`: the cloud's own. */
    account_id: string | null;
    /** The first word of `kind`. */
    resource_kind: string;
    /** Operations of one queue are done one after the other, in order: mostly the resource's own id. */
    queue: string;
    /** The name of the step at hand, or of the one that failed; null before the first. */
    step: string | null;
    /** The name of the step to be undone next; null before the one that failed is. */
    undoing: string | null;
    input: Record<string, unknown>;
    /** Passwords of the machine, encrypted; erased when the operation ends. */
    sealed_input: Buffer | null;
    /** By the database's clock, as `lease_until`. */
    not_before: Date | null;
    /** New with each claim: only who knows it may write. */
    lease_token: string | null;
    /** Whether it takes one of the places for work at once; kept while its host is busy with it. */
    has_place: boolean;
    /** How long it has been worked on, waits between steps included, by a clock that nobody sets. */
    elapsed_ms: number;
    /** The steps that are done, and when each was. */
    finished_names: string[];
    /** What is amiss at its host, while it is tried again. */
    waiting_for: string | null;
  };
  balance_entries: {
    /** Null in entries of older versions, and where an operator or a person moved the money. */
    term_id: string | null;
  };
  /** A span of time in which something was billed at one price. */
  terms: {
    /** The same through all changes of the price; null: not paid ahead. */
    subscription_id: string | null;
    /** A month of one. */
    unit_price_micros: number;
    /** How long a term is, of 720 hours each, and how many of them it costs. */
    months: number;
    /** When the term that is under way began, and when what was paid ahead runs out. */
    started_at: Date;
    /** The span itself; without an end it is open. */
    from: Date;
    /** The span whose price it changed. */
    replaces: string | null;
    /** Whether the change is under way: it may still be taken back. */
    is_pending: boolean;
    /** What it brought the account so far: all its entries of the balance. */
    balance_micros: number;
  };
  audit_log: {
    details: Record<string, unknown>;
  };
  simulated_machines: {
    /** How long it was to take from the moment that `ready_at` was set. */
    wait_ms: number;
    nics: KnownNic[];
    /** The verb under way that does not change the power: it is applied at `ready_at`. */
    pending: string | null;
    /** What its guest wrote on its disk, as far as anybody looks. */
    contents: string | null;
  };
}

/** Whoever inserts a row says these, though the schema has a default: a forgotten one would pass for an empty one. */
type Said = 'accounts.balance_micros' | 'audit_log.details' | 'operations.input' | 'vm_tags.priority' | 'vms.ssh_keys';

/** A column whose values are known better. A JSON is written as text, and what the database alone writes is not written. */
type Narrowed<Column, Value, IsSaid> = ColumnType<
  Value,
  Exclude<Written<Column, InsertType<Column>, Value>, IsSaid extends true ? undefined : never>,
  Written<Column, UpdateType<Column>, Value>
>;
type Written<Column, Write, Value> = [SelectType<Column>] extends [Write] ? Value | Extract<Write, undefined> : Write;

/** Refuses what the schema has no column for, and a value that no such column has. */
type Known<Of> = {
  [Table in keyof Of]: Table extends keyof StoredTables
    ? { [C in keyof Of[Table]]: C extends keyof StoredTables[Table] ? SelectType<StoredTables[Table][C]> : never }
    : never;
};

type NameIn<Of> = { [Table in keyof Of & string]: `${Table}.${keyof Of[Table] & string}` }[keyof Of & string];

type Described<Of extends Known<Of>, AlwaysSaid extends NameIn<Of>> = {
  [Table in keyof StoredTables]: Table extends keyof Of
    ? Omit<StoredTables[Table], keyof Of[Table]> & {
        [C in keyof Of[Table] & string]: Narrowed<
          C extends keyof StoredTables[Table] ? StoredTables[Table][C] : never,
          Of[Table][C],
          `${Table}.${C}` extends AlwaysSaid ? true : false
        >;
      }
    : StoredTables[Table];
};

/**
 * The tables as the code sees them. Money is integer micro-dollars, sizes are GB, times are `Date`; addresses are text without a
 * prefix length.
 */
export type Tables = Described<Columns, Said>;

/** A row of a table, as it is read. */
export type Row<Table extends keyof Tables> = Selectable<Tables[Table]>;
