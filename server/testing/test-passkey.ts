import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** What of the ceremony is not as a browser and an honest device would have it. */
interface Odd {
  readonly origin?: string;
  readonly rpId?: string;
  /** Whether the device checked who holds it. */
  readonly isVerified?: boolean;
  readonly type?: string;
}

const userPresent = 0x01;
const userVerified = 0x04;
const hasCredential = 0x40;

const sha256 = (data: Buffer | string) => createHash('sha256').update(data).digest();
const encoded = (data: Buffer | string) => Buffer.from(data).toString('base64url');

/** The few kinds of CBOR that WebAuthn's messages have. */
function cbor(value: number | string | Buffer | ReadonlyMap<number | string, unknown>): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  return Buffer.concat([
    head(5, value.size),
    ...[...value].flatMap(([name, one]) => [cbor(name), cbor(one as Parameters<typeof cbor>[0])]),
  ]);
}

function head(major: number, size: number): Buffer {
  if (size < 24) return Buffer.from([(major << 5) | size]);
  if (size < 256) return Buffer.from([(major << 5) | 24, size]);
  return Buffer.from([(major << 5) | 25, size >> 8, size & 255]);
}

/** A passkey as a device keeps one: it makes itself for a challenge, and signs others. */
export class TestPasskey {
  readonly id = encoded(randomBytes(32));
  readonly #privateKey: KeyObject;
  readonly #publicKey: Buffer;
  readonly #origin: string;
  #counter = 0;

  constructor(origin: string) {
    this.#origin = origin;
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#privateKey = privateKey;
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    this.#publicKey = cbor(
      new Map<number, unknown>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, Buffer.from(x, 'base64url')],
        [-3, Buffer.from(y, 'base64url')],
      ]),
    );
  }

  /** What a browser answers to the options of a new passkey. */
  made({ challenge }: { challenge: string }, odd: Odd = {}) {
    const id = Buffer.from(this.id, 'base64url');
    const authData = Buffer.concat([
      this.#head(odd, hasCredential),
      Buffer.alloc(16),
      Buffer.from([id.length >> 8, id.length & 255]),
      id,
      this.#publicKey,
    ]);
    const attestationObject = cbor(
      new Map<string, unknown>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', authData],
      ]),
    );
    const clientDataJSON = this.#clientData('webauthn.create', challenge, odd);
    return this.#credential({
      clientDataJSON: encoded(clientDataJSON),
      attestationObject: encoded(attestationObject),
      transports: ['internal'],
    });
  }

  /** What a browser answers to the options of signing in. */
  signed({ challenge }: { challenge: string }, odd: Odd = {}) {
    this.#counter++;
    const clientDataJSON = this.#clientData('webauthn.get', challenge, odd);
    const authenticatorData = this.#head(odd, 0);
    const signature = sign('sha256', Buffer.concat([authenticatorData, sha256(clientDataJSON)]), this.#privateKey);
    return this.#credential({
      clientDataJSON: encoded(clientDataJSON),
      authenticatorData: encoded(authenticatorData),
      signature: encoded(signature),
    });
  }

  #credential<R extends object>(response: R) {
    return { id: this.id, rawId: this.id, type: 'public-key', response };
  }

  #clientData(type: string, challenge: string, odd: Odd): string {
    return JSON.stringify({
      type: odd.type ?? type,
      challenge,
      origin: odd.origin ?? this.#origin,
      crossOrigin: false,
    });
  }

  #head({ rpId = new URL(this.#origin).hostname, isVerified = true }: Odd, more: number): Buffer {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(this.#counter);
    return Buffer.concat([sha256(rpId), Buffer.from([userPresent | (isVerified ? userVerified : 0) | more]), counter]);
  }
}
