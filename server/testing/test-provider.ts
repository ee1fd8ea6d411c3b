import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An OIDC provider that knows one person at a time, and asks nothing. */
export class TestProvider {
  email = 'sso@example.com';
  isVerified = true;
  /** Of the sign-in that is under way. */
  nonce: string | null = null;
  readonly #keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const base = `http://${request.headers.host}`;
      if (request.url?.startsWith('/authorize?')) {
        const back = new URL(request.url, base).searchParams.get('redirect_uri');
        response.writeHead(302, { location: `${back}${this.sendBack(`${base}${request.url}`)}` }).end();
        return;
      }
      const answers: Record<string, object> = {
        '/.well-known/openid-configuration': {
          issuer: base,
          authorization_endpoint: `${base}/authorize`,
          token_endpoint: `${base}/token`,
          userinfo_endpoint: `${base}/userinfo`,
          jwks_uri: `${base}/keys`,
        },
        '/keys': { keys: [{ ...this.#keys.publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }] },
        '/token': { access_token: 'granted', token_type: 'Bearer', expires_in: 60, id_token: this.#idToken(base) },
        '/userinfo': this.#claims,
      };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answers[request.url ?? ''] ?? {}));
    });
  }

  static async start(): Promise<TestProvider> {
    const provider = new TestProvider();
    await new Promise<void>((listening) => provider.#server.listen(0, '127.0.0.1', listening));
    return provider;
  }

  /** What makes a server use it. */
  get settings(): Record<string, string> {
    return {
      RAFFIA_PUBLIC_URL: 'http://cloud.example',
      RAFFIA_OIDC_ISSUER: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`,
      RAFFIA_OIDC_CLIENT_ID: 'raffia',
      RAFFIA_OIDC_CLIENT_SECRET: 'between us',
      RAFFIA_OIDC_NAME: 'Example login',
    };
  }

  /** Sends the browser back that was sent to `url`: the answer is the query of the way back. */
  sendBack(url: string): string {
    const asked = new URL(url).searchParams;
    this.nonce = asked.get('nonce');
    return `?code=c&state=${asked.get('state')}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  get #claims() {
    return {
      sub: `subject of ${this.email}`,
      email: this.email,
      email_verified: this.isVerified,
      name: 'From elsewhere',
    };
  }

  #idToken(issuer: string): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = { ...this.#claims, iss: issuer, aud: 'raffia', iat: now, exp: now + 60, nonce: this.nonce };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${part({ alg: 'RS256', kid: 'k' })}.${part(claims)}`;
    return `${signed}.${sign('sha256', Buffer.from(signed), this.#keys.privateKey).toString('base64url')}`;
  }
}
