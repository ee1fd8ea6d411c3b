import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ajvCompiler from '@fastify/ajv-compiler';
import { type PlanType, planTypes } from '@raffia/contract/enums.ts';
import { parsePrice } from '@raffia/contract/money.ts';
import { type Static, Type } from '@raffia/contract/type.ts';
import { readYaml } from '../foundation/read-yaml.ts';

const price = Type.String({ pattern: '^\\d{1,9}(\\.\\d{1,6})?$' });
const positive = Type.Integer({ minimum: 1 });
const closed = { additionalProperties: false };

const Region = Type.Object(
  {
    id: Type.Integer(),
    code: Type.String({ pattern: '^[a-z0-9-]+$' }),
    name: Type.String({ minLength: 1 }),
    countryCode: Type.String({ pattern: '^[A-Z]{2}$' }),
    flag: Type.Optional(Type.String()),
    displayOrder: Type.Optional(Type.Integer()),
    isDefault: Type.Boolean(),
  },
  closed,
);

const Template = Type.Object(
  {
    id: Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' }),
    name: Type.String({ minLength: 1 }),
    version: Type.String({ minLength: 1 }),
    osType: Type.String({ minLength: 1 }),
    category: Type.Enum(['os', 'marketplace']),
    description: Type.Optional(Type.String()),
    region: Type.String(),
    cpu: Type.Optional(positive),
    ram: Type.Optional(positive),
    storage: Type.Optional(positive),
    image: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9/._:-]*$' })),
  },
  closed,
);

const PlanEntry = Type.Object(
  {
    id: positive,
    type: Type.Enum(planTypes),
    vcpu: positive,
    memoryGib: positive,
    ssdGib: positive,
    transferGib: Type.Integer({ minimum: 0 }),
    month: price,
    region: Type.String(),
  },
  closed,
);

const CatalogueFile = Type.Object(
  {
    regions: Type.Array(Region, { minItems: 1 }),
    templates: Type.Array(Template, { minItems: 1 }),
    plans: Type.Array(PlanEntry, { minItems: 1 }),
    storage: Type.Array(
      Type.Object(
        {
          region: Type.String(),
          volume: price,
          snapshot: price,
          backup: price,
          diskGrowth: price,
          diskDifference: price,
        },
        closed,
      ),
    ),
    addresses: Type.Optional(Type.Object({ ipv4: price, ipv6: price }, closed)),
  },
  closed,
);

export type CatalogueRegion = Static<typeof Region>;

/** A template; its minimums are filled in. Sizes in GB. */
export type CatalogueTemplate = Required<Omit<Static<typeof Template>, 'image'>> & {
  /** The alias or fingerprint of its image on the engine, where it is not the one that `raffia images import` makes. */
  readonly image?: string;
  readonly isWindows: boolean;
};

export interface Plan {
  readonly id: number;
  readonly vmType: PlanType;
  readonly vcpu: number;
  readonly memoryGib: number;
  readonly ssdGib: number;
  readonly transferGib: number;
  readonly monthMicros: number;
  readonly region: string;
}

/** Micro-dollars a GB and month. */
export interface StoragePrices {
  readonly region: string;
  readonly volume: number;
  readonly snapshot: number;
  readonly backup: number;
  readonly diskGrowth: number;
  readonly diskDifference: number;
}

/** What the cloud offers. Money is in micro-dollars a month. */
export class Catalogue {
  readonly regions: readonly CatalogueRegion[];
  readonly templates: readonly CatalogueTemplate[];
  readonly plans: readonly Plan[];
  readonly storage: readonly StoragePrices[];
  /** What a reserved address costs; without a price none can be reserved. */
  readonly addresses: { readonly ipv4: number; readonly ipv6: number } | undefined;
  readonly #templates: ReadonlyMap<string, CatalogueTemplate>;
  readonly #plans: ReadonlyMap<number, Plan>;

  constructor(file: Static<typeof CatalogueFile>) {
    const micros = (text: string) => parsePrice(text) as number;
    this.regions = file.regions;
    this.templates = file.templates.map((template) => ({
      cpu: 1,
      ram: 1,
      storage: 25,
      description: '',
      ...template,
      isWindows: template.osType === 'windows',
    }));
    this.plans = file.plans.map(({ type, month, ...plan }) => ({ ...plan, vmType: type, monthMicros: micros(month) }));
    this.storage = file.storage.map(({ region, ...prices }) => ({
      region,
      volume: micros(prices.volume),
      snapshot: micros(prices.snapshot),
      backup: micros(prices.backup),
      diskGrowth: micros(prices.diskGrowth),
      diskDifference: micros(prices.diskDifference),
    }));
    this.addresses =
      file.addresses === undefined
        ? undefined
        : { ipv4: micros(file.addresses.ipv4), ipv6: micros(file.addresses.ipv6) };
    this.#templates = new Map(this.templates.map((template) => [template.id, template]));
    this.#plans = new Map(this.plans.map((plan) => [plan.id, plan]));
  }

  template(id: string): CatalogueTemplate | undefined {
    return this.#templates.get(id);
  }

  plan(id: number): Plan | undefined {
    return this.#plans.get(id);
  }

  region(code: string): CatalogueRegion | undefined {
    return this.regions.find((region) => region.code === code);
  }

  get defaultRegion(): string {
    return (this.regions.find((region) => region.isDefault) ?? (this.regions[0] as CatalogueRegion)).code;
  }

  volumeMonthMicros(region: string): number {
    return this.#storageOf(region).volume;
  }

  snapshotMonthMicros(region: string): number {
    return this.#storageOf(region).snapshot;
  }

  backupMonthMicros(region: string): number {
    return this.#storageOf(region).backup;
  }

  diskGrowthMonthMicros(region: string): number {
    return this.#storageOf(region).diskGrowth;
  }

  diskMonthMicros(region: string): number {
    return this.#storageOf(region).diskDifference;
  }

  #storageOf(region: string): StoragePrices {
    return this.storage.find((prices) => prices.region === region) as StoragePrices;
  }
}

/**
 * Reads and checks a catalogue.
 *
 * @throws Error whose message has a sentence a line for every mistake
 */
export function loadCatalogue(path: string): Catalogue {
  return new Catalogue(judgedBefore(path) ?? judged(path));
}

function judged(path: string): Static<typeof CatalogueFile> {
  const file = parsed(path);
  const mistakes = mistakesOf(file);
  if (mistakes.length === 0) mistakes.push(...contradictions(file as Static<typeof CatalogueFile>));
  if (mistakes.length > 0) throw new Error(`The catalogue ${path} cannot be used:\n${mistakes.join('\n')}`);
  return file as Static<typeof CatalogueFile>;
}

function parsed(path: string): unknown {
  try {
    return readYaml(readFileSync(path, 'utf8'));
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0];
    throw new Error(`The catalogue ${path} cannot be read: ${reason}`, { cause: error });
  }
}

const modules = join(import.meta.dirname, '../../node_modules');
const kept = '.cache/catalogue.json';

/** What a catalogue says and what judges it: whatever was found of one holds as long as neither changes. */
function digestOf(path: string): string {
  return createHash('sha256')
    .update(readFileSync(path))
    .update(readFileSync(import.meta.filename))
    .digest('hex');
}

/** Reading and judging a catalogue is a tenth of a start: done once, and kept. */
function judgedBefore(path: string): Static<typeof CatalogueFile> | undefined {
  try {
    const { digest, file } = JSON.parse(readFileSync(join(modules, kept), 'utf8')) as Record<string, unknown>;
    return digest === digestOf(path) ? (file as Static<typeof CatalogueFile>) : undefined;
  } catch {
    return undefined;
  }
}

/** For `raffia.mjs` and packages: keeps what a catalogue says, once it was judged. */
export function keepJudged(path: string): void {
  const place = join(modules, kept);
  mkdirSync(dirname(place), { recursive: true });
  const made = `${place}.${process.pid}`;
  writeFileSync(made, JSON.stringify({ digest: digestOf(path), file: judged(path) }));
  renameSync(made, place);
}

interface Mistake {
  readonly instancePath: string;
  readonly message: string;
  readonly params: { readonly additionalProperty?: string };
}

/** Judged by what judges the bodies of requests, which is there anyway. */
function mistakesOf(file: unknown): string[] {
  const customOptions = { allErrors: true, coerceTypes: false, useDefaults: false, removeAdditional: false } as const;
  const check = ajvCompiler()({}, { customOptions })({ schema: CatalogueFile, method: '', url: '' });
  if (check(file)) return [];
  return ((check as { errors?: Mistake[] | null }).errors ?? []).map(({ instancePath, message, params }) => {
    const place = instancePath.slice(1).replaceAll('/', '.') || 'The catalogue';
    return `${place} ${message}${params.additionalProperty === undefined ? '' : `: ${params.additionalProperty}`}`;
  });
}

function contradictions(file: Static<typeof CatalogueFile>): string[] {
  const codes = new Set(file.regions.map((region) => region.code));
  const twice = (what: string, ids: readonly (string | number)[]) =>
    ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => `${what} ${id} is there twice`);
  const unknown = [...file.templates, ...file.plans, ...file.storage]
    .filter((entry) => !codes.has(entry.region))
    .map((entry) => `${'id' in entry ? entry.id : 'storage'} names region ${entry.region}, which is not there`);
  const unpriced = [...codes]
    .filter((code) => !file.storage.some((entry) => entry.region === code))
    .map((code) => `storage has no prices for region ${code}`);
  return [
    ...twice(
      'region',
      file.regions.map((region) => region.code),
    ),
    ...twice(
      'template',
      file.templates.map((template) => template.id),
    ),
    ...twice(
      'plan',
      file.plans.map((plan) => plan.id),
    ),
    ...unknown,
    ...unpriced,
  ];
}
