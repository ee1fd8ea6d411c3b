import type { Reply, TestServer } from './test-server.ts';

type Options = {
  body?: unknown;
  account?: string;
  project?: string;
  headers?: Record<string, string | undefined>;
};

/** Somebody with a browser: keeps cookies, names the origin on changes as browsers do. */
export class TestPerson {
  readonly #server: TestServer;
  readonly cookies = new Map<string, string>();
  account: string | undefined;

  constructor(server: TestServer) {
    this.#server = server;
  }

  /** What a browser sends with a change, for who asks as somebody without one. */
  get headers(): Record<string, string> {
    return {
      cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      origin: this.#server.server.url,
    };
  }

  /** The Owner of the first account, who follows the first link and is signed in. */
  static async owner(server: TestServer, password = 'owner password'): Promise<TestPerson> {
    const person = new TestPerson(server);
    const token = server.server.ownerLink?.split('#')[1];
    const set = await person.call('POST', '/api/raffia/v1/links/use', { body: { token, password } });
    if (set.status !== 200) throw new Error(set.text);
    await person.signIn(set.body.data.email, password);
    person.account = server.first.account_id;
    return person;
  }

  /** Somebody new who accepts an invitation and is signed in. */
  static async invited(server: TestServer, link: string, password = 'guest password'): Promise<TestPerson> {
    const person = new TestPerson(server);
    const token = link.split('#')[1];
    const accepted = await person.call('POST', '/api/raffia/v1/invitations/accept', { body: { token, password } });
    if (accepted.status !== 200) throw new Error(accepted.text);
    await person.signIn(accepted.body.data.email, password);
    person.account = accepted.body.data.account_id;
    return person;
  }

  async signIn(email: string, password: string): Promise<void> {
    const reply = await this.call('POST', '/api/raffia/v1/auth/sign-in/email', { body: { email, password } });
    if (reply.status !== 200) throw new Error(reply.text);
  }

  async call(method: string, path: string, { body, account, project, headers = {} }: Options = {}): Promise<Reply> {
    this.#server.time.offset += 100;
    const { address } = this.#server;
    // Each node's pages have its own address, where no name in public is given.
    const url = this.#server.nodes.length > 1 ? address : this.#server.server.url;
    const accountId = account ?? this.account;
    const sent: Record<string, string | undefined> = {
      cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') || undefined,
      origin: method === 'GET' ? undefined : url,
      'x-account-id': accountId,
      'x-project-id': project,
      'content-type': body === undefined ? undefined : 'application/json',
      ...headers,
    };
    const response = await fetch(`${address}${path}`, {
      method,
      headers: Object.fromEntries(
        Object.entries(sent).filter((entry): entry is [string, string] => entry[1] !== undefined),
      ),
      redirect: 'manual',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';');
      const [name = '', ...value] = pair.split('=');
      if (/max-age=0/i.test(cookie)) this.cookies.delete(name);
      else this.cookies.set(name, value.join('='));
    }
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true && text !== '';
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : undefined, text };
  }
}
