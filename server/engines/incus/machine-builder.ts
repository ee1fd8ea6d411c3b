import type { Logger } from 'pino';
import { EngineError, type MachineSpec, PassingFault } from '../engine.ts';
import { writeGuestFiles } from './guest-files.ts';
import { nameServersOf } from './guest-nics.ts';
import { lacksUsers } from './identity-of-instance.ts';
import type { IncusApi } from './incus-api.ts';
import { isRefusal } from './incus-error.ts';
import type { HostFacts } from './incus-host.ts';
import type { IncusSettings } from './incus-settings.ts';
import { instanceDefinition, marks } from './instance-definition.ts';
import type { Instances } from './instances.ts';
import { instanceName, savedImageAlias } from './names.ts';
import type { Networks } from './networks.ts';
import { Slots } from './slots.ts';

/** Which image a template means: an alias or fingerprint of the engine; undefined where the catalogue has no such template. */
export type ImageOf = (templateId: string) => string | undefined;

/** Builds machines, and clears away what earlier attempts left of them. */
export class MachineBuilder {
  readonly #api: IncusApi;
  readonly #instances: Instances;
  readonly #networks: Networks;
  readonly #settings: IncusSettings;
  readonly #imageOf: ImageOf;
  readonly #log: Logger;
  /** One by one: LXD gives two that are made at the same moment the same range of users, or one that it may not use. */
  readonly #creations = new Slots(1);
  /** Whether a creation may have ended before its instance had a range of users. */
  #mayLackUsers = true;

  constructor(
    api: IncusApi,
    instances: Instances,
    networks: Networks,
    settings: IncusSettings,
    imageOf: ImageOf,
    log: Logger,
  ) {
    this.#api = api;
    this.#instances = instances;
    this.#networks = networks;
    this.#settings = settings;
    this.#imageOf = imageOf;
    this.#log = log;
  }

  /** The daemon was away, and may have been killed in the middle of a creation. */
  hostReturned(): void {
    this.#mayLackUsers = true;
  }

  /** Builds a machine. What is there of it is removed and begun anew: nobody can tell how far it came. */
  async build(host: HostFacts, spec: MachineSpec): Promise<void> {
    const name = instanceName(spec.id);
    if ((await this.#instances.find(name)) !== undefined) {
      if (await this.#api.isBusy(name)) throw new PassingFault('The host is still busy with this VM');
      await this.#instances.remove(name);
    }
    const { dns } = this.#settings;
    const definition = this.#define(host, spec, this.#imageFor(spec));
    await this.#networks.with(spec.nics, { ...this.#settings, clustered: host.clustered }, () =>
      this.#create(spec, definition),
    );
    if (host.type === 'container') await writeGuestFiles(this.#api, spec, nameServersOf(spec.nameServers, { dns }));
    await this.#api.change('PATCH', `/1.0/instances/${name}`, { config: marks(spec, 'ready') });
  }

  /** Makes an instance of a machine's image under another name, without interfaces and volumes. */
  async buildAside(host: HostFacts, spec: MachineSpec, name: string, fingerprint: string): Promise<void> {
    const bare = { ...spec, nics: [], volumes: [] };
    await this.#create(bare, { ...this.#define(host, bare, fingerprint), name });
  }

  #define({ type }: HostFacts, spec: MachineSpec, image: string) {
    const { project, pool, dns, networkLimit, diskLimit, ovnUplink } = this.#settings;
    const isOvn = ovnUplink !== null;
    return {
      ...instanceDefinition(spec, { project, pool, dns, isOvn, networkLimit, diskLimit, type, image }),
      name: instanceName(spec.id),
    };
  }

  async #create(spec: MachineSpec, definition: { readonly name: string }): Promise<void> {
    try {
      await this.#creations.run(async () => {
        await this.#removeWithoutUsers();
        await this.#api.change('POST', '/1.0/instances', definition);
      });
    } catch (error) {
      this.#mayLackUsers = true;
      if (isRefusal(error, 'not-found') && /image|alias|fingerprint/i.test((error as Error).message)) {
        throw new EngineError(
          spec.image.startsWith('image:')
            ? 'The saved image is gone from its host; save it again'
            : 'The image of this template is not on the host; ask the operator of this cloud to import it',
          { cause: error },
        );
      }
      // A creation that failed may leave its record.
      if (!isRefusal(error, 'unreachable', 'exists', 'busy'))
        await this.#instances.remove(definition.name).catch(() => {});
      throw error;
    }
  }

  /**
   * Removes what a killed engine left of a creation before it had a range of users; its operation begins it anew. The engine takes such a
   * range for one that begins with the host's first user, and gives all that follow ranges that it may not use: none of them could start.
   */
  async #removeWithoutUsers(): Promise<void> {
    if (!this.#mayLackUsers) return;
    this.#mayLackUsers = false;
    try {
      const { told, lost } = await this.#instances.all();
      // Of those nobody knows it until their member is back.
      if (lost.length > 0) this.#mayLackUsers = true;
      for (const { name } of told.filter(lacksUsers)) {
        if (await this.#api.isBusy(name)) throw new PassingFault('The host is still busy with another VM');
        this.#log.info({ instance: name }, 'what an interrupted creation left is removed');
        await this.#instances.remove(name);
      }
    } catch (error) {
      this.#mayLackUsers = true;
      throw error;
    }
  }

  #imageFor({ image }: MachineSpec): string {
    if (image.startsWith('image:')) return savedImageAlias(image.slice('image:'.length));
    const alias = this.#imageOf(image);
    if (alias === undefined) throw new EngineError('This cloud no longer offers the template; choose another one');
    return alias;
  }
}
