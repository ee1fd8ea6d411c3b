import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Catalogue, CatalogueTemplate } from '../catalogue/catalogue.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { type ImageSource, importImage } from '../engines/incus/import-image.ts';
import { IncusApi } from '../engines/incus/incus-api.ts';
import { isFingerprint, templateAlias } from '../engines/incus/names.ts';
import { type EngineContext, engineContext } from './engine-context.ts';

const usage = `raffia images list
      Lists the templates and whether the engine has their images
raffia images import TEMPLATE FILE [ROOTFS]
      Uploads an image: one tarball, or its metadata and its root file system
raffia images import TEMPLATE --alias NAME
      Uses an image that the engine has
raffia images import TEMPLATE --server URL --image NAME
      Fetches an image from an image server, such as https://images.linuxcontainers.org and debian/12/cloud
TEMPLATE is an id of the catalogue, or a name and version such as "Debian 12x64".
`;

/** `raffia images …`: brings the catalogue's images to the engine; needs no running server. */
export async function imageCommand(args: readonly string[]): Promise<string> {
  const [verb, ...rest] = args;
  if (verb !== 'list' && verb !== 'import') {
    if (verb === undefined || verb === 'help') return usage;
    throw new Error(`There is no command images ${verb}.\n${usage}`);
  }
  const context = await engineContext();
  return verb === 'list' ? listImages(context) : runImport(context, rest);
}

async function listImages({ api, catalogue }: EngineContext): Promise<string> {
  const lines = await Promise.all(
    catalogue.templates.map(async (template) => {
      const alias = aliasOf(template);
      const isThere = await hasImage(api, alias);
      return `${isThere ? 'ready  ' : 'missing'}  ${template.id}  ${nameOf(template)}  (${alias})\n`;
    }),
  );
  return lines.join('');
}

/** Whether the engine has an image under an alias or fingerprint. */
export async function hasImage(api: IncusApi, name: string): Promise<boolean> {
  if ((await api.find(`/1.0/images/aliases/${encodeURIComponent(name)}`)) !== undefined) return true;
  return isFingerprint(name) && (await api.find(`/1.0/images/${name}`)) !== undefined;
}

/** The id of the first template whose image the engine has. */
export async function firstWithImage({ incus }: Configuration, { templates }: Catalogue): Promise<string | undefined> {
  const api = new IncusApi(incus, 'default');
  for (const template of templates) if (await hasImage(api, aliasOf(template))) return template.id;
  return undefined;
}

export function aliasOf(template: CatalogueTemplate): string {
  return template.image ?? templateAlias(template.id);
}

function nameOf({ name, version }: CatalogueTemplate): string {
  return `${name} ${version}`;
}

async function runImport({ api, catalogue, type }: EngineContext, args: string[]): Promise<string> {
  const { wanted, source } = readArguments(args);
  const templates = catalogue.templates.filter(
    (template) => template.id === wanted.toLowerCase() || nameOf(template).toLowerCase() === wanted.toLowerCase(),
  );
  const template = templates[0];
  if (template === undefined || templates.length > 1) {
    const what = template === undefined ? 'no template' : 'several templates';
    throw new Error(`The catalogue has ${what} ${wanted}; raffia images list shows the ids`);
  }
  const alias = aliasOf(template);
  if (/^[0-9a-f]{64}$/.test(alias)) {
    throw new Error(`The catalogue binds ${nameOf(template)} to one fingerprint; nothing else can be imported for it`);
  }
  const bar = new ProgressBar(nameOf(template));
  const fingerprint = await importImage(api, source, alias, type, (percent, speed) => bar.show(percent, speed)).catch(
    (error) => {
      throw importFailure(error, source, nameOf(template));
    },
  );
  bar.end();
  return `${nameOf(template)} is ready: image ${fingerprint.slice(0, 12)} as ${alias}\n`;
}

/** What an image server, or the way to it, did not give, in words that say what to do. */
function importFailure(error: Error, source: ImageSource, template: string): Error {
  if (!('server' in source)) return error;
  const { server, image } = source;
  if (/couldn't be found|not found/i.test(error.message) && !/lookup|no such host/i.test(error.message))
    return new Error(`${server} has no image ${image} for this kind of machine and processor`, { cause: error });
  return new Error(
    `The engine's host could not fetch ${image} from ${server}: it has no way there, or that server does not answer. ` +
      `Where it has no internet, bring the image as a file: raffia images import "${template}" FILE [ROOTFS]`,
    { cause: error },
  );
}

function readArguments(args: string[]): { wanted: string; source: ImageSource } {
  let parsed: { values: { alias?: string; server?: string; image?: string }; positionals: string[] };
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: { alias: { type: 'string' }, server: { type: 'string' }, image: { type: 'string' } },
    });
  } catch {
    throw new Error(usage);
  }
  const [wanted, ...files] = parsed.positionals;
  const { alias, server, image } = parsed.values;
  if (wanted === undefined) throw new Error(usage);
  if (alias !== undefined && files.length === 0 && server === undefined) return { wanted, source: { alias } };
  if (server !== undefined && image !== undefined && files.length === 0 && alias === undefined) {
    if (!/^https:\/\//.test(server)) throw new Error('--server must be a URL that begins with https://');
    return { wanted, source: { server, image } };
  }
  if (files.length < 1 || files.length > 2 || alias !== undefined || server !== undefined) throw new Error(usage);
  for (const file of files) if (!existsSync(file)) throw new Error(`There is no file ${file}`);
  return { wanted, source: { files } };
}

/** A bar on a terminal; in a log a line for each tenth. */
class ProgressBar {
  readonly #what: string;
  #last = -1;

  constructor(what: string) {
    this.#what = what;
  }

  show(percent: number, speed: string): void {
    if (percent === this.#last) return;
    const width = 30;
    if (process.stderr.isTTY) {
      const full = Math.round((percent / 100) * width);
      process.stderr.write(`\r${this.#what} [${'#'.repeat(full)}${'.'.repeat(width - full)}] ${percent}% ${speed}   `);
    } else if (Math.floor(percent / 10) > Math.floor(this.#last / 10)) {
      process.stderr.write(`${this.#what}: ${percent}% ${speed}\n`);
    }
    this.#last = percent;
  }

  end(): void {
    if (process.stderr.isTTY && this.#last >= 0) process.stderr.write('\n');
  }
}
