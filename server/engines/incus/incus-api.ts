import type { Readable } from 'node:stream';
import type { WebSocket } from 'ws';
import { EngineError } from '../engine.ts';
import { type IncusAddress, IncusConnection, type IncusReply, type IncusRequest } from './incus-connection.ts';
import { IncusError, isRefusal } from './incus-error.ts';
import { takeDownSnapshots } from './take-down-snapshots.ts';

/** What `GET /1.0` tells of a host. */
export interface IncusServer {
  readonly auth: 'trusted' | 'untrusted';
  readonly api_extensions: readonly string[];
  readonly config?: Readonly<Record<string, string>>;
  readonly environment: {
    readonly server: 'lxd' | 'incus';
    readonly server_version: string;
    readonly server_pid: number;
    readonly server_clustered: boolean;
    readonly server_name: string;
    /** `lxc`, `qemu`, or both with `|` between. */
    readonly driver: string;
    readonly architectures: readonly string[];
  };
}

/** The product and version, for people. */
export function productOf({ environment }: IncusServer): string {
  return `${environment.server === 'lxd' ? 'LXD' : 'Incus'} ${environment.server_version}`;
}

/** Whether the host has what virtual machines need. */
export function canRunVirtualMachines({ environment }: IncusServer): boolean {
  return environment.driver.includes('qemu');
}

/** What machines are on this host: as configured, else virtual machines where it can run them. */
export function machineType(server: IncusServer, wanted: 'auto' | MachineType): MachineType {
  if (wanted !== 'auto') return wanted;
  return canRunVirtualMachines(server) ? 'virtual-machine' : 'container';
}

/** The same, for people. */
export function machinesOf(type: MachineType): string {
  return type === 'container' ? 'containers' : 'virtual machines';
}

/** What volumes are in them, for people. */
export function volumesOf(type: MachineType): string {
  return type === 'container' ? 'volumes are directories' : 'volumes are block devices';
}

export type MachineType = 'container' | 'virtual-machine';

export interface IncusInstance {
  readonly name: string;
  readonly status: string;
  readonly status_code: number;
  readonly type: 'container' | 'virtual-machine';
  readonly location: string;
  readonly config: Readonly<Record<string, string>>;
  readonly devices: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface IncusOperation {
  readonly id: string;
  readonly status_code: number;
  readonly err: string;
  readonly metadata: Readonly<Record<string, unknown>> | null;
  readonly resources: Readonly<Record<string, readonly string[]>> | null;
}

/** A file of a guest, with octal mode and numeric owners, as the engine writes them. */
export interface GuestFile {
  readonly type: string;
  readonly content: string;
  readonly mode: string;
  readonly uid: string;
  readonly gid: string;
}

const root = { uid: '0', gid: '0' };

interface ChangeOptions {
  readonly headers?: Record<string, string>;
  readonly timeoutMs?: number;
  readonly onProgress?: (metadata: object) => void;
}

interface Envelope {
  readonly type: 'sync' | 'async' | 'error';
  readonly operation?: string;
  readonly error?: string;
  readonly metadata: unknown;
}

/** Bytes of the longest file of a guest that is read: guests decide what they write. */
const longestFile = 1 << 20;
const success = 200;
const waitSeconds = 20;
const longestBusyMs = 1600;

/**
 * The REST API of Incus and LXD. Every call is in one project; refusals come as `IncusError`, also those that the engine hides in an
 * operation that was accepted.
 */
export class IncusApi {
  readonly connection: IncusConnection;
  readonly project: string;
  /** `x-lxd-` or `x-incus-`: what the headers of the files API begin with. */
  #prefix: Promise<string> | undefined;

  constructor(address: IncusAddress, project: string) {
    this.connection = new IncusConnection(address);
    this.project = project;
  }

  /** @throws IncusError `untrusted` where the host answers, but not to us */
  async server(): Promise<IncusServer> {
    const server = await this.get<IncusServer>('/1.0');
    if (server.auth !== 'trusted')
      throw new IncusError('the host does not know our certificate', { refusal: 'untrusted' });
    return server;
  }

  async get<T>(path: string): Promise<T> {
    return (await this.#send({ method: 'GET', path })).metadata as T;
  }

  /** What is at a path that answers no JSON. */
  async text(path: string): Promise<string> {
    const reply = await this.#raw({ method: 'GET', path });
    if (reply.status >= 400) throw errorOf(reply);
    return reply.body.toString('utf8');
  }

  /** What is at a path, with the tag by which a change can be made only to what it still is. */
  async getWithTag<T>(path: string): Promise<{ value: T; etag: string }> {
    const reply = await this.#raw({ method: 'GET', path });
    return { value: this.#read(reply).metadata as T, etag: String(reply.headers.etag) };
  }

  /** The same, or undefined where there is no such thing. */
  async find<T>(path: string): Promise<T | undefined> {
    return this.get<T>(path).catch((error) => {
      if (isRefusal(error, 'not-found')) return undefined;
      throw error;
    });
  }

  /**
   * Sends a change and waits for its end, however the engine does it: at once, or in an operation.
   *
   * @param onProgress is given the operation's progress whenever the engine is asked for it
   * @returns the metadata of the answer, or of the operation
   */
  async change<T = unknown>(
    method: 'POST' | 'PUT' | 'PATCH',
    path: string,
    body?: IncusRequest['body'],
    options: ChangeOptions = {},
  ): Promise<T> {
    return this.#change(method, path, body, options);
  }

  async #change<T>(
    method: string,
    path: string,
    body: IncusRequest['body'] | undefined,
    options: ChangeOptions,
  ): Promise<T> {
    for (let waitMs = 50; ; waitMs *= 2) {
      try {
        return await this.#changeOnce<T>(method, path, body, options);
      } catch (error) {
        // The engine says so for some moments after an operation has ended.
        // A stream has been read by then, and cannot be sent again.
        const isSpent = typeof body === 'object' && 'pipe' in body;
        if (isSpent || !isRefusal(error, 'busy') || waitMs > longestBusyMs) throw error;
        await new Promise((again) => setTimeout(again, waitMs));
      }
    }
  }

  /**
   * Begins an operation that goes on for as long as somebody is connected to it.
   *
   * @param body what it is to be; the answer names a secret for each of its websockets
   * @returns opens one of its websockets
   */
  async attach(path: string, body: object): Promise<(name: string) => WebSocket> {
    const { metadata } = await this.#send({ method: 'POST', path, body });
    const { id, metadata: told } = metadata as IncusOperation;
    const { fds } = told as { readonly fds: Readonly<Record<string, string>> };
    return (name) =>
      this.connection.webSocket(`/1.0/operations/${id}/websocket?secret=${fds[name]}&project=${this.project}`);
  }

  /** Deletes what is at a path; what is gone already is gone. */
  async remove(path: string, options: { timeoutMs?: number } = {}): Promise<void> {
    await this.#remove(path, options).catch(async (error) => {
      if (!isRefusal(error, 'left-mounted')) throw error;
      await takeDownSnapshots(this, path);
      await this.#remove(path, options);
    });
  }

  async #remove(path: string, options: { timeoutMs?: number }): Promise<void> {
    await this.#change('DELETE', path, undefined, options).catch(async (error) => {
      // Something else may be what was not found.
      if (!isRefusal(error, 'not-found') || (await this.find(path)) !== undefined) throw error;
    });
  }

  async #changeOnce<T>(
    method: string,
    path: string,
    body: IncusRequest['body'] | undefined,
    options: ChangeOptions,
  ): Promise<T> {
    const { onProgress, ...request } = options;
    const envelope = await this.#send({ method, path, ...(body === undefined ? {} : { body }), ...request });
    if (envelope.type !== 'async') return envelope.metadata as T;
    // Forwarded by a member of a cluster, it comes with a query.
    const [operation = ''] = (envelope.operation ?? '').split('?');
    return (await this.#ended(operation, onProgress)).metadata as T;
  }

  /** What is at a path, as it is read. The stream ends with an error where the engine breaks off. */
  async download(path: string): Promise<Readable> {
    const answer = await this.connection.open(`${path}?project=${this.project}`);
    const { statusCode: status = 0, headers } = answer;
    if (status < 400) return answer;
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    throw errorOf({ status, headers, body: Buffer.concat(chunks) });
  }

  /** Whether operations are under way on an instance or a volume; engines name it in paths of many shapes. */
  async isBusy(name: string): Promise<boolean> {
    const all = await this.get<Record<string, IncusOperation[]>>('/1.0/operations?recursion=1');
    return Object.values(all)
      .flat()
      .some(
        ({ status_code, resources }) =>
          status_code < success &&
          Object.values(resources ?? {}).some((paths) =>
            (paths ?? []).some((path) => path.split('?')[0]?.split('/').includes(name)),
          ),
      );
  }

  /**
   * Reads a file of a guest; undefined where it is not there. A folder reads as the engine's JSON with its entries.
   *
   * @throws EngineError where it is longer than 1 MiB
   */
  async readFile(instance: string, path: string): Promise<GuestFile | undefined> {
    const request = { method: 'GET', path: filePath(instance, path), answerAtMost: longestFile };
    const reply = await this.#raw(request).catch((error) => {
      if (!isRefusal(error, 'too-long')) throw error;
      throw new EngineError(`${path} of this VM is longer than 1 MiB; make it shorter, or reinstall the VM`, {
        cause: error,
      });
    });
    if (reply.status === 404) return undefined;
    if (reply.status >= 400) throw errorOf(reply);
    const header = (name: string) => String(reply.headers[`x-lxd-${name}`] ?? reply.headers[`x-incus-${name}`]);
    return {
      type: header('type'),
      content: reply.body.toString('utf8'),
      mode: header('mode'),
      uid: header('uid'),
      gid: header('gid'),
    };
  }

  /** Writes a file of a guest; root's own, unless told otherwise. */
  async writeFile(instance: string, path: string, content: string, mode: string, owner = root): Promise<void> {
    await this.#write(instance, path, { type: 'file', mode, ...owner }, content);
  }

  /** Removes a file of a guest; one that is not there is gone already. */
  async removeFile(instance: string, path: string): Promise<void> {
    await this.#send({ method: 'DELETE', path: filePath(instance, path) }).catch((error) => {
      if (!isRefusal(error, 'not-found')) throw error;
    });
  }

  /** Makes a folder, or leaves the one that is there. */
  async makeFolder(instance: string, path: string, mode: string): Promise<void> {
    await this.#write(instance, path, { type: 'directory', mode, ...root });
  }

  async #write(
    instance: string,
    path: string,
    { type, mode, uid, gid }: { type: string; mode: string; uid: string; gid: string },
    body?: string,
  ): Promise<void> {
    this.#prefix ??= this.server().then(({ environment }) => `x-${environment.server}-`);
    const prefix = await this.#prefix.catch((error) => {
      this.#prefix = undefined;
      throw error;
    });
    const headers = { type, mode, uid, gid, write: 'overwrite' };
    await this.#send({
      method: 'POST',
      path: filePath(instance, path),
      headers: {
        'content-type': 'application/octet-stream',
        ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [`${prefix}${name}`, value])),
      },
      ...(body === undefined ? {} : { body }),
    });
  }

  /** Waits for an operation; finished ones are forgotten after five seconds, so the wait is always pending. */
  async #ended(path: string, onProgress?: (metadata: object) => void): Promise<IncusOperation> {
    const seconds = onProgress === undefined ? waitSeconds : 1;
    for (;;) {
      const operation = await this.get<IncusOperation>(`${path}/wait?timeout=${seconds}`);
      if (operation.status_code === success) return operation;
      if (operation.status_code > success) throw new IncusError(operation.err || 'the operation was cancelled');
      if (operation.metadata !== null) onProgress?.(operation.metadata);
    }
  }

  async #send(request: IncusRequest): Promise<Envelope> {
    return this.#read(await this.#raw(request));
  }

  #read(reply: IncusReply): Envelope {
    if (reply.status >= 400) throw errorOf(reply);
    const envelope = JSON.parse(reply.body.toString('utf8')) as Envelope;
    // Incus answers so to the wait for an operation that failed.
    if (envelope.type === 'error') throw new IncusError(envelope.error ?? 'the engine gave no reason');
    return envelope;
  }

  #raw(request: IncusRequest): Promise<IncusReply> {
    if (request.path.includes('all-projects=')) return this.connection.send(request);
    const joint = request.path.includes('?') ? '&' : '?';
    return this.connection.send({ ...request, path: `${request.path}${joint}project=${this.project}` });
  }
}

function filePath(instance: string, path: string): string {
  return `/1.0/instances/${instance}/files?path=${encodeURIComponent(path)}`;
}

function errorOf({ status, body }: IncusReply): IncusError {
  const text = body.toString('utf8');
  let message = text;
  try {
    message = (JSON.parse(text) as Envelope).error ?? text;
  } catch {
    // Not the engine's own answer.
  }
  return new IncusError(message.slice(0, 2000) || `HTTP ${status}`, { status });
}
