import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { BackupDamaged } from './backup-store.ts';

/**
 * A sealed file: a salt of 32 bytes, the contents under AES-256-CTR, and an HMAC-SHA256 of its name, salt and all that is encrypted. Both
 * keys are made for this file alone, of the salt. A tag at the end, and not GCM, which has an end at 64 GiB.
 */
const saltSize = 32;
const tagSize = 32;

function keysOf(key: Buffer, salt: Buffer) {
  const derive = (purpose: string, size: number) => Buffer.from(hkdfSync('sha256', key, salt, purpose, size));
  return { cipher: [derive('contents', 32), derive('counter', 16)], mac: derive('tag', 32) } as const;
}

function tagOf(mac: Buffer, name: string, salt: Buffer) {
  return createHmac('sha256', mac).update(`${name}\n`).update(salt);
}

/** Contents sealed under a key of 32 bytes; what has another name is not what it opens as. */
export async function* seal(contents: AsyncIterable<Buffer>, key: Buffer, name: string): AsyncGenerator<Buffer> {
  const salt = randomBytes(saltSize);
  const keys = keysOf(key, salt);
  const cipher = createCipheriv('aes-256-ctr', ...keys.cipher);
  const tag = tagOf(keys.mac, name, salt);
  yield salt;
  for await (const chunk of contents) {
    const encrypted = cipher.update(chunk);
    tag.update(encrypted);
    yield encrypted;
  }
  yield tag.digest();
}

/**
 * The contents of a sealed file, which it closes at the end.
 *
 * @throws BackupDamaged after the last byte, where they are not what was sealed under this key and name
 */
export async function* unseal(file: FileHandle, key: Buffer, name: string): AsyncGenerator<Buffer> {
  try {
    const { size } = await file.stat();
    const end = size - tagSize;
    if (end < saltSize) throw new BackupDamaged();
    const salt = await read(file, 0, saltSize);
    const keys = keysOf(key, salt);
    const cipher = createDecipheriv('aes-256-ctr', ...keys.cipher);
    const tag = tagOf(keys.mac, name, salt);
    if (end > saltSize) {
      for await (const chunk of file.createReadStream({ start: saltSize, end: end - 1, autoClose: false })) {
        tag.update(chunk as Buffer);
        yield cipher.update(chunk as Buffer);
      }
    }
    if (!timingSafeEqual(tag.digest(), await read(file, end, tagSize))) throw new BackupDamaged();
  } finally {
    await file.close();
  }
}

async function read(file: FileHandle, at: number, size: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(size), 0, size, at);
  if (bytesRead < size) throw new BackupDamaged();
  return buffer;
}
