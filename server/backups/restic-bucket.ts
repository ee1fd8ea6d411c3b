import { createHash, createHmac } from 'node:crypto';
import { request as httpsRequest } from 'node:https';
import { EngineError } from '../engines/engine.ts';
import { http } from '../foundation/http.ts';
import type { BucketSettings } from './backup-settings.ts';
import { BackupStoreAway } from './backup-store.ts';
import type { ResticPlace } from './restic-place.ts';

const answerMs = 2500;
const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** A bucket of an S3-compatible store. */
export class ResticBucket implements ResticPlace {
  readonly about: string;
  readonly options: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly #settings: BucketSettings;

  /** @param cacheDirectory where restic keeps what it would fetch again and again; nothing but restic reads it */
  constructor(settings: BucketSettings, cacheDirectory: string) {
    this.#settings = settings;
    this.about = `bucket ${settings.bucket} of ${settings.endpoint}`;
    this.options = ['-o', `s3.region=${settings.region}`];
    this.environment = {
      AWS_ACCESS_KEY_ID: settings.keyId,
      AWS_SECRET_ACCESS_KEY: settings.secretKey,
      RESTIC_CACHE_DIR: cacheDirectory,
    };
  }

  repositoryOf(accountId: string): string {
    return `s3:${this.#settings.endpoint}/${this.#settings.bucket}/${accountId}`;
  }

  async has(accountId: string): Promise<boolean> {
    const status = await this.#ask('HEAD', `/${accountId}/config`);
    if (status === 200) return true;
    if (status === 404) {
      // A bucket that is gone answers alike.
      await this.check();
      return false;
    }
    throw new BackupStoreAway({ cause: new Error(`HTTP ${status}`) });
  }

  async addKey(accountId: string, name: string, content: Buffer): Promise<void> {
    const status = await this.#ask('PUT', `/${accountId}/keys/${name}`, content);
    if (status !== 200) throw new BackupStoreAway({ cause: new Error(`HTTP ${status}`) });
  }

  async check(): Promise<void> {
    const status = await this.#ask('HEAD', '');
    if (status === 200) return;
    const sentences: Record<number, string> = {
      403: 'The store of backups does not accept its key; the operator of this cloud has to mend that',
      404: 'The bucket of backups is not there; the operator of this cloud has to mend that',
    };
    const sentence = sentences[status];
    throw sentence === undefined
      ? new BackupStoreAway({ cause: new Error(`HTTP ${status}`) })
      : new BackupStoreAway({ cause: new EngineError(sentence) });
  }

  /** The status of an answer about an object, or about the bucket; signed as AWS's signature of version 4. */
  #ask(method: 'HEAD' | 'PUT', object: string, content: Buffer = Buffer.alloc(0)): Promise<number> {
    const { endpoint, bucket, region, keyId, secretKey } = this.#settings;
    const url = new URL(`${endpoint.replace(/\/$/, '')}/${bucket}${object}`);
    const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
    const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`;
    const headers = { host: url.host, 'x-amz-content-sha256': sha256(content), 'x-amz-date': time };
    const names = Object.keys(headers).join(';');
    const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
    const canonical = [method, url.pathname, '', lines.join(''), names, sha256(content)].join('\n');
    const key = [...scope.split('/')].reduce<string | Buffer>((one, part) => hmac(one, part), `AWS4${secretKey}`);
    const signature = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`).toString('hex');
    const authorization = `AWS4-HMAC-SHA256 Credential=${keyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
    const send = url.protocol === 'https:' ? httpsRequest : http.request;
    return new Promise((done, reject) => {
      const fail = (cause: Error) => reject(new BackupStoreAway({ cause }));
      const all = { ...headers, authorization, 'content-length': content.length };
      const asking = send(url, { method, agent: false, headers: all }, (answer) => {
        answer.resume();
        done(answer.statusCode ?? 0);
      });
      asking.setTimeout(answerMs, () => asking.destroy(new Error(`no answer within ${answerMs} ms`)));
      asking.on('error', fail).end(content);
    });
  }
}
