import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { IncusApi } from './incus-api.ts';
import { isRefusal } from './incus-error.ts';

/** Where an image comes from: files (one tarball, or metadata and root file system), an alias of the engine, or an image server. */
export type ImageSource =
  | { readonly files: readonly string[] }
  | { readonly alias: string }
  | { readonly server: string; readonly image: string };

/** Told while an import goes on: a percentage where it is known, and the speed as text. */
export type OnProgress = (percent: number, speed: string) => void;

/** Gives an image of the engine an alias, bringing the image there first where it is not; doing it again replaces the alias. */
export async function importImage(
  api: IncusApi,
  source: ImageSource,
  alias: string,
  type: 'container' | 'virtual-machine',
  onProgress: OnProgress,
): Promise<string> {
  const fingerprint = await fingerprintOf(api, source, type, onProgress);
  const path = `/1.0/images/aliases/${encodeURIComponent(alias)}`;
  const existing = await api.find<{ target: string }>(path);
  if (existing === undefined) await api.change('POST', '/1.0/images/aliases', { name: alias, target: fingerprint });
  else if (existing.target !== fingerprint) await api.change('PUT', path, { target: fingerprint });
  return fingerprint;
}

async function fingerprintOf(
  api: IncusApi,
  source: ImageSource,
  type: 'container' | 'virtual-machine',
  onProgress: OnProgress,
): Promise<string> {
  if ('alias' in source) {
    const found = await api.find<{ target: string }>(`/1.0/images/aliases/${encodeURIComponent(source.alias)}`);
    if (found === undefined) throw new Error(`The engine has no image with the alias ${source.alias}`);
    return found.target;
  }
  if ('files' in source) return upload(api, source.files, onProgress);
  const pull = {
    source: {
      type: 'image',
      mode: 'pull',
      protocol: 'simplestreams',
      server: source.server,
      alias: source.image,
      image_type: type,
    },
    auto_update: false,
  };
  const { fingerprint } = await api.change<{ fingerprint: string }>('POST', '/1.0/images', pull, {
    onProgress: (metadata) => {
      const match = /(\d+)% \(([^)]+)\)/.exec(String((metadata as { download_progress?: string }).download_progress));
      if (match !== null) onProgress(Number(match[1]), match[2] as string);
    },
  });
  return fingerprint;
}

/** The fingerprint is that of the files' bytes, one after the other, so that an image that is there already need not travel. */
async function upload(api: IncusApi, files: readonly string[], onProgress: OnProgress): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files)
    await pipeline(createReadStream(file), async (chunks) => {
      for await (const chunk of chunks) hash.update(chunk as Buffer);
    });
  const fingerprint = hash.digest('hex');
  if ((await api.find(`/1.0/images/${fingerprint}`)) !== undefined) return fingerprint;
  const { body, headers } = files.length === 1 ? tarball(files[0] as string) : parts(files, fingerprint);
  const total = Number(headers['content-length']);
  const started = performance.now();
  let sent = 0;
  const counted = Readable.from(
    (async function* () {
      for await (const chunk of body) {
        sent += (chunk as Buffer).length;
        const speed = sent / 1e3 / (performance.now() - started);
        onProgress(Math.floor((sent / total) * 100), `${speed.toFixed(1)} MB/s`);
        yield chunk;
      }
    })(),
  );
  await api.change('POST', '/1.0/images', counted, { headers, timeoutMs: 600_000 }).catch((error) => {
    if (!isRefusal(error, 'exists')) throw error;
  });
  return fingerprint;
}

function tarball(file: string): { body: Readable; headers: Record<string, string> } {
  return {
    body: createReadStream(file),
    headers: { 'content-type': 'application/octet-stream', 'content-length': String(statSync(file).size) },
  };
}

/** Metadata and root file system, as `multipart/form-data` with the names that the engine knows. */
function parts(files: readonly string[], boundary: string): { body: Readable; headers: Record<string, string> } {
  const heads = ['metadata', 'rootfs'].map(
    (name) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${name}"\r\nContent-Type: application/octet-stream\r\n\r\n`,
  );
  const end = `--${boundary}--\r\n`;
  const size = files.reduce((sum, file) => sum + statSync(file).size + 2, 0) + heads.join('').length + end.length;
  async function* all() {
    for (const [i, file] of files.entries()) {
      yield Buffer.from(heads[i] as string);
      yield* createReadStream(file);
      yield Buffer.from('\r\n');
    }
    yield Buffer.from(end);
  }
  return {
    body: Readable.from(all()),
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}`, 'content-length': String(size) },
  };
}
