import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { getAccount } from '@raffia/contract/account.ts';
import { getSignInRules, signUp } from '@raffia/contract/people.ts';
import { createProject } from '@raffia/contract/projects.ts';
import { comeBackFromProvider, renamePerson, signOut } from '@raffia/contract/sign-in.ts';
import { open, openWrite, type Route, read, write } from '../calls/route.ts';
import { TestServer } from '../testing/test-server.ts';
import { httpServer } from './http-server.ts';

let server: TestServer;
before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

const app = (...routes: Route[]) => httpServer(server.server.services, routes);
// biome-ignore lint/suspicious/noExplicitAny: what a use case answers is not what is tried here
const nothing = async (): Promise<any> => ({ success: true });
const without = { audit: undefined, unaudited: undefined };

test('what would write without the pipeline does not boot, whatever its method', () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', ['GET', 'POST']]) {
    assert.throws(() => app().route({ method, url: '/beside', handler: nothing }), /would write without the pipeline/);
  }
  assert.doesNotThrow(() => app().route({ method: 'GET', url: '/beside', handler: nothing }));
});

test('an operation that writes is bound as a write, and says what the audit log has of it', () => {
  const refused: [Route, RegExp][] = [
    [read(createProject, nothing), /createProject is declared permission POST but routed as read/],
    [open(signUp, nothing), /signUp is declared open POST but routed as open/],
    [write(getAccount, nothing), /getAccount is declared key GET but routed as write/],
    [openWrite(getSignInRules, { handle: nothing }), /getSignInRules is declared open GET but routed as openWrite/],
    [write(signOut, nothing), /signOut is declared open POST but routed as write/],
    [read(comeBackFromProvider, nothing), /comeBackFromProvider is declared open GET but routed as read/],
    [write(renamePerson, nothing), /renamePerson is declared person POST but routed as write/],
    [write(signUp, nothing), /signUp is declared open POST but routed as write/],
    [
      openWrite(createProject, { handle: nothing }),
      /createProject is declared permission POST but routed as openWrite/,
    ],
    [
      write({ ...createProject, ...without }, nothing),
      /createProject declares neither an audit verb nor why it has none/,
    ],
    [openWrite({ ...signUp, ...without }, { handle: nothing }), /signUp declares neither/],
  ];
  for (const [route, sentence] of refused) assert.throws(() => app(route), sentence);
  for (const route of [write(createProject, nothing), openWrite(signUp, { handle: nothing })]) {
    assert.doesNotThrow(() => app(route));
  }
});

test('a write without a key that does not say who acts, or in whose log it is, changes nothing', async (t) => {
  const { pool } = server.server.services;
  const wrong = [{}, { actor: { id: null, email: 'a@example.com' } }];
  for (const audit of wrong) {
    const served = app(
      openWrite(signUp, {
        handle: async (call) => {
          await call.tx.db
            .insertInto('users')
            .values({ id: server.first.account_id, email: 'x@example.com', name: 'x' })
            .execute();
          Object.assign(call.audit, audit);
          return { success: true };
        },
      }),
    );
    t.after(() => served.close());
    const reply = await served.inject({
      method: 'POST',
      url: signUp.path,
      payload: { email: 'x@example.com', name: 'x', password: 'a password', account_name: 'x' },
    });
    assert.equal(reply.statusCode, 500, reply.body);
    const { rowCount } = await pool.query(`select 1 from users where email = 'x@example.com'`);
    assert.equal(rowCount, 0);
  }
});
