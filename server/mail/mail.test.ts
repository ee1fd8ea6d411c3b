import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { pino } from 'pino';
import { transact } from '../database/transaction.ts';
import { freePort } from '../foundation/free-port.ts';
import { ServerProcess } from '../testing/server-process.ts';
import { createTestDatabase } from '../testing/test-database.ts';
import { TestMailServer } from '../testing/test-mail-server.ts';
import { TestPerson } from '../testing/test-person.ts';
import { TestServer } from '../testing/test-server.ts';
import { until } from '../testing/until.ts';
import { MailSender, type Post } from './mail-sender.ts';
import { Outbox } from './outbox.ts';

let mail: TestMailServer;
let server: TestServer;
const member = systemRoles.find((role) => role.slug === 'member')?.id as string;
const settings = (url: string) => ({ RAFFIA_MAIL_URL: url, RAFFIA_PUBLIC_URL: 'http://cloud.example' });

before(async () => {
  mail = await TestMailServer.start();
  server = await TestServer.start({ ...settings(mail.url), RAFFIA_MAIL_INVITATIONS_PER_HOUR: '12' });
});
after(async () => {
  await server.stop();
  await mail.stop();
});

let strangers = 0;
const invite = (email = `stranger${++strangers}@example.com`) =>
  server.call(server.owner, 'POST', '/api/v1/invitations', { body: { email, role_id: member } });
const sql = async (text: string, values: unknown[] = []) =>
  (await server.server.services.pool.query(text, values)).rows;
const waiting = async () => (await sql('select count(*)::integer as n from mails'))[0].n as number;
const arrived = (what: string) => mail.mails.filter((text) => text.includes(what)).length;

/** A log that is looked into. */
function recorder() {
  const lines: string[] = [];
  return { lines, log: pino({ level: 'error' }, { write: (line: string) => void lines.push(line) }) };
}

/** An outbox on a database where nothing else sends. */
async function apart(t: { after: (act: () => unknown) => void }) {
  const quiet = await TestServer.start();
  t.after(() => quiet.stop());
  const { services } = quiet.server;
  const outbox = new Outbox(
    { ...services.configuration, mail: { ...services.configuration.mail, url: 'smtp://x' } },
    services.secrets,
  );
  const sender = (post: Post) => {
    const made = new MailSender({ ...services, outbox }, post);
    t.after(() => made.stop());
    return made;
  };
  const post = (to: string) =>
    transact(services.db, (tx) => outbox.post(tx, { about: to, to, subject: 'Hello', text: `for ${to}` }));
  const rows = async (where = 'true') => (await services.pool.query(`select * from mails where ${where}`)).rows;
  return { quiet, services, outbox, sender, post, rows };
}

test('what is rolled back sends nothing; what stands is sent, and its row goes', async () => {
  const { db, outbox } = server.server.services;
  const letter = (about: string) => ({ about, to: `${about}@example.com`, subject: about, text: about });
  const broken = transact(db, async (tx) => {
    await outbox.post(tx, letter('undone'));
    throw new Error('no');
  });
  await assert.rejects(broken, /no/);
  await transact(db, (tx) => outbox.post(tx, letter('stands')));
  await until('the mail arrives', () => arrived('stands@example.com') > 0);
  await until('its row goes', async () => (await waiting()) === 0);
  assert.equal(arrived('undone@example.com'), 0);
});

test('a request answers while the mail server is down, and its mail arrives once that is back, over a kill of the server', async (t) => {
  const database = await createTestDatabase();
  const port = await freePort();
  const cloud = await ServerProcess.create({ DATABASE_URL: database.url, ...settings(`smtp://127.0.0.1:${port}`) });
  t.after(async () => {
    await cloud.end('SIGKILL');
    await database.drop();
    cloud.remove();
  });
  await cloud.start();
  const send = async (email: string) => {
    const reply = await fetch(`${cloud.url}/api/v1/invitations`, {
      method: 'POST',
      headers: { 'x-api-key': cloud.first.api_key, 'content-type': 'application/json' },
      body: JSON.stringify({ email, role_id: member }),
    });
    assert.equal(reply.status, 201, await reply.text());
  };
  await send('first@example.com');
  const ready = async () =>
    (await (await fetch(`${cloud.url}/ready`)).json()) as { parts: { mail: { status: string } } };
  await until('the failure is told', async () => (await ready()).parts.mail.status === 'degraded');
  await send('second@example.com');
  await cloud.end('SIGKILL');
  await cloud.start();
  await send('third@example.com');
  const back = await TestMailServer.start(port);
  t.after(() => back.stop());
  await until('all three arrive', () => back.mails.length === 3, { withinMs: 150_000 });
  await until('all is well', async () => (await ready()).parts.mail.status === 'ready');
  const to = back.mails.map((text) => /^To: (\S+)/m.exec(text)?.[1]).sort();
  assert.deepEqual(to, ['first@example.com', 'second@example.com', 'third@example.com']);
});

test('two senders at once send nothing twice', async (t) => {
  const { sender, post, rows } = await apart(t);
  for (let i = 0; i < 60; i++) await post(`to${i}@example.com`);
  const sent: string[] = [];
  const slow = {
    send: async ({ to }: { to: string }) => {
      sent.push(to);
      await new Promise((later) => setTimeout(later, 5));
    },
  };
  for (const one of [sender(slow), sender(slow)]) one.start();
  await until('all are sent', async () => (await rows()).length === 0);
  assert.deepEqual([sent.length, new Set(sent).size], [60, 60]);
});

test('a mail that a killed sender had in hand is taken up when its lease has run out, and not before', async (t) => {
  const { sender, post, services } = await apart(t);
  await post('held@example.com');
  await post('free@example.com');
  const lease = (interval: string) =>
    services.pool.query(
      `update mails set lease_token = gen_random_uuid(), lease_until = now() + interval '${interval}' where about = 'held@example.com'`,
    );
  await lease('1 minute');
  const sent: string[] = [];
  const one = sender({ send: async ({ to }) => void sent.push(to) });
  one.start();
  await until('the free one is sent', () => sent.length === 1);
  assert.deepEqual(sent, ['free@example.com']);
  await lease('-1 second');
  one.wake();
  await until('the held one is sent', () => sent.length === 2);
});

test('a mail that was sent is not sent again where the database could not be told at once', async (t) => {
  const { outbox, post, rows, services } = await apart(t);
  await post('once@example.com');
  const { log, lines } = recorder();
  const sent: string[] = [];
  const send = async ({ to }: { to: string }) => {
    sent.push(to);
    await services.pool.query('alter table mails rename to mails_away');
  };
  const one = new MailSender({ ...services, log, outbox }, { send });
  t.after(() => one.stop());
  one.start();
  await until('the deletion fails', () => /mail cannot be taken up/.test(lines.join('')));
  await services.pool.query('alter table mails_away rename to mails');
  await services.pool.query('update mails set lease_until = now()');
  await until('the row goes', async () => {
    one.wake();
    return (await rows()).length === 0;
  });
  assert.deepEqual(sent, ['once@example.com']);
});

test('a refused recipient holds nobody up, and is given up after a day, which the operator sees', async () => {
  mail.refused.add('refused@example.com');
  assert.equal((await invite('refused@example.com')).status, 201);
  await until('it was refused', async () => (await sql('select 1 from mails where attempts > 0')).length === 1);
  assert.equal((await invite('fine@example.com')).status, 201);
  await until('the other arrives', () => arrived('To: fine@example.com') === 1);
  const { parts } = (await server.call(server.owner, 'GET', '/ready')).body;
  assert.equal(parts.mail.status, 'ready', 'whoever invites a wrong address does not make the cloud unwell');
  await until(
    'it goes back to wait',
    async () => (await sql('select 1 from mails where lease_until is null')).length === 1,
  );
  const listed = await server.operator('mail');
  assert.match(listed, /to refused@example\.com .* waits, .*: .*nobody of that name/);
  assert.doesNotMatch(listed, /invitation#/);
  await sql('update mails set give_up_at = now(), not_before = now()');
  await until('it is given up', async () => /GIVEN UP/.test(await server.operator('mail')));
  mail.refused.clear();
  assert.match(await server.operator('mail', 'retry'), /^1 given up before is tried/);
  await until('it arrives at last', () => arrived('To: refused@example.com') === 1);
  await until('nothing waits', async () => (await server.operator('mail')) === 'No mail waits.\n');
});

test('giving up is a line in the log, without the text', async (t) => {
  const { post, services, outbox, rows } = await apart(t);
  await post('gone@example.com');
  await services.pool.query('update mails set give_up_at = now()');
  const { log, lines } = recorder();
  const down = { send: async () => Promise.reject(new Error('down\nagain\u001b[31m')) };
  const one = new MailSender({ ...services, log, outbox }, down);
  one.start();
  await until('it is given up', async () => (await rows('given_up_at is not null')).length === 1);
  await one.stop();
  assert.match(lines.join(''), /a mail was given up; raffia operator mail lists it/);
  assert.doesNotMatch(lines.join(''), /for gone@/);
  const [row] = await rows();
  assert.equal(row.last_error, 'down again [31m');
});

test('texts are sealed, and opened by this server’s secret alone', async (t) => {
  const { post, rows, services } = await apart(t);
  await post('sealed@example.com');
  const [row] = await rows();
  assert.doesNotMatch(row.sealed.toString('latin1'), /for sealed/);
  assert.equal(services.secrets.open(`mail ${row.id}`, row.sealed), 'for sealed@example.com');
  assert.throws(() => services.secrets.open('mail another', row.sealed));
});

test('a newer mail about the same takes the place of one that waits, and a cancelled invitation does not leave', async (t) => {
  const { post, rows } = await apart(t);
  await post('same@example.com');
  const [first] = await rows();
  await post('same@example.com');
  const [second, ...others] = await rows();
  assert.equal(others.length, 0);
  assert.notEqual(second.id, first.id);
  mail.refused.add('cancelled@example.com');
  const made = await invite('cancelled@example.com');
  assert.equal((await server.call(server.owner, 'DELETE', `/api/v1/invitations/${made.body.data.id}`)).status, 200);
  assert.equal(await waiting(), 0);
});

test('only who has a proven address sends invitations', async () => {
  const open = await TestServer.start({ ...settings(mail.url), RAFFIA_SIGN_UP: 'open' });
  try {
    const person = new TestPerson(open);
    const email = 'comer@example.com';
    await person.call('POST', '/api/raffia/v1/sign-up', {
      body: { email, name: 'Comer', password: 'comer password', account_name: 'Comer' },
    });
    await person.signIn(email, 'comer password');
    person.account = (await person.call('GET', '/api/raffia/v1/session')).body.data.accounts[0].id;
    const call = () =>
      person.call('POST', '/api/v1/invitations', { body: { email: 'victim@example.com', role_id: member } });
    const refused = await call();
    assert.equal(refused.status, 403);
    assert.match(refused.body.message, /ask for a new password on the sign-in page/);
    const key = await person.call('POST', '/api/v1/api-keys', {
      body: { name: 'k', role_id: systemRoles.find((role) => role.slug === 'admin')?.id },
    });
    const byKey = await open.call({ key: key.body.data.secret }, 'POST', '/api/v1/invitations', {
      body: { email: 'victim@example.com', role_id: member },
    });
    assert.equal(byKey.status, 403, byKey.text);
    await person.call('POST', '/api/raffia/v1/links', { body: { email } });
    const token = await until('the link arrives', () => {
      const text = mail.mails.find((one) => one.includes(`To: ${email}`))?.replace(/=\r\n/g, '');
      return /link#(\S+)/.exec(text ?? '')?.[1];
    });
    await person.call('POST', '/api/raffia/v1/links/use', { body: { token, password: 'comer password' } });
    await person.signIn(email, 'comer password');
    const now = await call();
    assert.equal(now.status, 201, now.text);
    await until('the invitation leaves', () => arrived('To: victim@example.com') === 1);
  } finally {
    await open.stop();
  }
});

test('an account mails so many invitations an hour, one after the other or all at once, and then is told when to go on', async () => {
  await sql('delete from mailed_invitations');
  const replies = await Promise.all(Array.from({ length: 20 }, () => invite()));
  const refused = replies.filter(({ status }) => status === 429);
  assert.deepEqual([replies.filter(({ status }) => status === 201).length, refused.length], [12, 8]);
  assert.match(refused[0]?.body.message, /an account sends 12 an hour; wait 60 minutes and invite again/);
  const seconds = Number(refused[0]?.headers.get('retry-after'));
  assert.ok(seconds > 3500 && seconds <= 3600, `${seconds}`);
  const other = await server.account('Others');
  const elsewhere = await server.call({ key: other.api_key }, 'POST', '/api/v1/invitations', {
    body: { email: 'elsewhere@example.com', role_id: member },
  });
  assert.equal(elsewhere.status, 201, 'another account is not held up');
  await sql(`update mailed_invitations set created_at = created_at - interval '1 hour'`);
  assert.equal((await invite()).status, 201, 'and an hour later there is room again');
});

test('nobody gets more than so many invitations a day, by whatever accounts and under whatever spelling', async () => {
  await sql('delete from mailed_invitations');
  const spellings = ['target@example.com', 'Target@example.com', 'target+a@example.com', 'target+b+c@example.com'];
  const statuses: number[] = [];
  for (const [index, email] of spellings.entries()) {
    const account = await server.account(`Inviter ${index}`);
    const reply = await server.call({ key: account.api_key }, 'POST', '/api/v1/invitations', {
      body: { email, role_id: member },
    });
    statuses.push(reply.status);
    if (reply.status === 429) {
      assert.match(reply.body.message, /nobody gets more than 3 a day; wait 14\d\d minutes/);
      assert.ok(Number(reply.headers.get('retry-after')) > 86_000);
    }
  }
  assert.deepEqual(statuses, [201, 201, 201, 429]);
  assert.equal(
    (await sql(`select 1 from invitations where email like 'target+b%'`)).length,
    0,
    'what is refused is not made',
  );
});
