import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { quotaAnswer, quotaNames } from '@raffia/contract/quotas.ts';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { TestMailServer } from '../../testing/test-mail-server.ts';
import { TestPerson } from '../../testing/test-person.ts';
import { TestServer, vmRequest } from '../../testing/test-server.ts';
import { until } from '../../testing/until.ts';

let server: TestServer;
const own = '/api/raffia/v1';
const roleId = (slug: string) => systemRoles.find((role) => role.slug === slug)?.id;

before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

test('the account shows quota and use, and its balance only to who may see billing', async () => {
  await server.vm('counted');
  const { data } = (await server.call(server.owner, 'GET', `${own}/account`)).body;
  assert.deepEqual([data.name, data.owner_email], ['My cloud', 'owner@example.com']);
  assert.deepEqual(data.quota.vms, { used: 1, limit: 10000 });
  assert.equal(data.quota.vcpus.used, 1);
  assert.deepEqual(Object.keys(data.quota).sort(), quotaNames.map(quotaAnswer).sort());
  assert.ok(quotaNames.length >= 14);
  assert.match(data.balance, /^\d+/);
  assert.equal(data.credits, '0');
  await server.operator('balance', server.first.account_id, '--credits', '12.5');
  assert.equal((await server.call(server.owner, 'GET', `${own}/account`)).body.data.credits, '12.5');
  const member = await server.key({ account: 'member' });
  const { balance, credits } = (await server.call(member, 'GET', `${own}/account`)).body.data;
  assert.deepEqual([balance, credits], [undefined, undefined]);
});

test('who manages settings renames the account, others do not', async () => {
  const member = await server.key({ account: 'member' });
  assert.equal((await server.call(member, 'PATCH', `${own}/account`, { body: { name: 'Mine' } })).status, 403);
  assert.equal((await server.call(server.owner, 'PATCH', `${own}/account`, { body: { name: '  ' } })).status, 400);
  const renamed = await server.call(server.owner, 'PATCH', `${own}/account`, { body: { name: 'Our cloud' } });
  assert.equal(renamed.body.data.name, 'Our cloud');
});

test('the audit log is filtered by verb, actor, resource and time, and is this account’s alone', async () => {
  const made = await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: 'audited' } });
  const list = async (query: string) => (await server.call(server.owner, 'GET', `${own}/audit?${query}`)).body;
  const [entry] = (await list('verb=project&limit=1')).data;
  assert.deepEqual(
    [entry.verb, entry.resource_id, entry.actor_name],
    ['project.create', made.body.data.id, 'First key'],
  );
  assert.equal((await list(`resource_id=${made.body.data.id}`)).total, 1);
  assert.equal((await list('actor=FIRST&verb=project.create')).total, 1);
  assert.equal((await list('verb=proj')).total, 0, 'a part of a word is no verb');
  assert.equal((await list(`since=${encodeURIComponent(new Date(Date.now() + 1e9).toISOString())}`)).total, 0);
  assert.equal((await server.call(server.owner, 'GET', `${own}/audit?since=yesterday`)).status, 400);
  const other = await server.account('Curious');
  assert.equal((await server.call({ key: other.api_key }, 'GET', `${own}/audit`)).body.total, 0);
});

test('pages of a filter that means several verbs and actors, in whatever case, are one order, in which nothing is missing and nothing comes twice', async () => {
  const { account_id, api_key } = await server.account('Leafing');
  const { pool } = server.server.services;
  // Each is called by several names, and each name is that of several.
  const ids = ['a', 'b'].map((end) => `01900000-0000-7000-8000-00000000000${end}`);
  await pool.query(
    `insert into audit_log (account_id, verb, actor_kind, actor_id, actor_name, resource_id, created_at)
     select $1::uuid, (array['leaf.a','leaf.b','leaf','other.a'])[1 + n % 4], 'key', ($3::uuid[])[1 + n % 5], ($2::text[])[1 + n % 9],
            case when n % 2 = 0 then $1::uuid::text end, '2026-01-01'::timestamptz + (n / 3) * interval '1 second' from generate_series(1, 180) n`,
    [account_id, ['Ann', 'ANNA', 'anton', 'Bob', 'ännchen', 'Änne', 'ÄNNE II', 'Жанна', 'жанна-2'], ids],
  );
  const rows = (
    await pool.query('select * from audit_log where account_id = $1 order by created_at desc, id desc', [account_id])
  ).rows as { id: number; verb: string; actor_id: string | null; actor_name: string; resource_id: string | null }[];
  let compared = 0;
  for (const resource of [undefined, account_id]) {
    for (const verb of [undefined, 'leaf', 'leaf.a', 'other', 'none']) {
      for (const actor of [
        undefined,
        'an',
        'ann',
        'anna',
        'Än',
        'ännE',
        'жАнн',
        'zoe',
        ids[0],
        ids[1]?.toUpperCase(),
        account_id,
      ]) {
        const expected = rows
          .filter((row) => resource === undefined || row.resource_id === resource)
          .filter((row) => verb === undefined || row.verb === verb || row.verb.startsWith(`${verb}.`))
          .filter(
            (row) =>
              actor === undefined ||
              row.actor_id === actor.toLowerCase() ||
              row.actor_name.toLowerCase().startsWith(actor.toLowerCase()),
          )
          .map(({ id }) => id);
        const seen: number[] = [];
        for (let offset = 0; offset <= expected.length; offset += 7) {
          const query = new URLSearchParams({
            limit: '7',
            offset: String(offset),
            ...(resource === undefined ? {} : { resource_id: resource }),
            ...(verb === undefined ? {} : { verb }),
            ...(actor === undefined ? {} : { actor }),
          });
          const { body } = await server.call({ key: api_key }, 'GET', `${own}/audit?${query}`);
          assert.equal(body.total, expected.length, String(query));
          seen.push(...body.data.map(({ id }: { id: number }) => id));
        }
        assert.deepEqual(seen, expected, `${resource} ${verb} ${actor}`);
        compared += seen.length;
      }
    }
  }
  assert.ok(compared > 1000, `${compared} entries`);
  // Who it is in one account is nobody in another.
  const { body } = await server.call(server.owner, 'GET', `${own}/audit?actor=${ids[0]}`);
  assert.deepEqual([body.total, body.data], [0, []]);
});

test('operations show their steps and why they failed, in the projects that one sees', async () => {
  const id = await server.vm('stepped');
  await server.operator('fault', 'add', 'create', '--name', 'doomed', '--fail', 'no capacity');
  await server.call(server.owner, 'POST', '/api/v1/vms', { body: vmRequest('doomed') });
  await server.settled();
  const { data, total } = (await server.call(server.owner, 'GET', `${own}/operations?resource_id=${id}`)).body;
  assert.equal(total, 1);
  assert.equal(data[0].status, 'succeeded');
  assert.ok(data[0].steps.length > 1);
  for (const step of data[0].steps)
    assert.ok(step.status === 'done' && step.finished_at !== undefined, JSON.stringify(step));
  const failed = (await server.call(server.owner, 'GET', `${own}/operations?status=failed`)).body.data;
  assert.deepEqual([failed[0].resource_name, failed[0].error], ['doomed', 'no capacity']);
  assert.ok(failed[0].steps.some((step: { status: string }) => step.status === 'failed'));
  const nobody = await server.key({ account: 'admin' });
  assert.equal((await server.call(nobody, 'GET', `${own}/operations`)).status, 403);
  const other = await server.account('Elsewhere');
  assert.equal((await server.call({ key: other.api_key }, 'GET', `${own}/operations`)).body.total, 0);
});

test('saved images are listed where one may see machines, and make new ones', async () => {
  const id = await server.vm('original');
  await server.settled();
  const saved = await server.call(server.owner, 'POST', `/api/v1/vms/${id}/save-image`, { body: { name: 'golden' } });
  const images = async (caller: { key: string | undefined }) =>
    (await server.call(caller, 'GET', `${own}/images`)).body.data;
  assert.deepEqual(
    (await images(server.owner)).map((image: { name: string; status: string }) => [image.name, image.status]),
    [['golden', 'saving']],
  );
  await server.settled();
  const [image] = await images(await server.key({ project: 'viewer' }));
  assert.deepEqual([image.id, image.status, image.storage], [saved.body.data.id, 'ready', 25]);
  const made = await server.call(server.owner, 'POST', '/api/v1/vms', {
    body: { ...vmRequest('copy'), template_id: image.id },
  });
  assert.equal(made.status, 201, made.text);
  assert.equal((await server.call(await server.key({ account: 'admin' }), 'GET', `${own}/images`)).status, 403);
  const other = await server.account('Without');
  assert.deepEqual(await images({ key: other.api_key }), []);
});

test('a key’s use is counted by the minute, refusals and burst included', async (t) => {
  const key = await server.key({ project: 'viewer' });
  // However long they take, they come at once.
  server.time.stopped = performance.now();
  t.after(() => {
    delete server.time.stopped;
  });
  const answers = await Promise.all(
    Array.from({ length: 120 }, () => server.send({ key: key.key, project: key.project }, 'GET', '/api/v1/vms')),
  );
  const refused = answers.filter(({ status }) => status === 429).length;
  assert.ok(refused > 0);
  const { data } = (await server.call(server.owner, 'GET', `${own}/api-keys/${key.id}/usage`)).body;
  const sum = (name: string) =>
    data.minutes.reduce((total: number, row: Record<string, number>) => total + (row[name] ?? 0), 0);
  assert.deepEqual([sum('requests'), sum('refused')], [120 - refused, refused]);
  assert.deepEqual([data.limit, data.burst, data.burst_remaining], [30, 60, 0]);
  assert.equal(data.last_used_from, '127.0.0.1');
  const unused = await server.key();
  assert.deepEqual(
    (await server.call(server.owner, 'GET', `${own}/api-keys/${unused.id}/usage`)).body.data.minutes,
    [],
  );
});

test('the high tier is asked for once, and the operator’s answer moves the key at once', async () => {
  const key = await server.key({ account: 'owner' });
  const ask = () =>
    server.call(server.owner, 'POST', `${own}/api-keys/${key.id}/tier-requests`, {
      body: { workload: 'a migration', peak_rps: 90 },
    });
  const asked = await ask();
  assert.deepEqual([asked.status, asked.body.data.status], [201, 'pending']);
  assert.match((await ask()).body.message, /asked for this key already/);
  assert.match(await server.operator('tier-request', 'list'), /pending .* a migration/);
  await server.operator('tier-request', 'answer', asked.body.data.id, 'approved', '--text', 'Until Friday');
  const used = await server.call(key, 'GET', '/api/v1/projects');
  assert.equal(used.headers.get('x-ratelimit-limit'), '100');
  const [shown] = (await server.call(server.owner, 'GET', `${own}/tier-requests?api_key_id=${key.id}`)).body.data;
  assert.deepEqual([shown.status, shown.answer], ['approved', 'Until Friday']);
  assert.match((await ask()).body.message, /has the tier high already/);
  await assert.rejects(server.operator('tier-request', 'answer', asked.body.data.id, 'declined'), /no request/);
});

test('a generated password is shown once, and only to who manages the machine', async () => {
  const id = await server.vm('sealed');
  await server.call(server.owner, 'POST', `/api/v1/vms/${id}/reset-password`);
  await server.settled();
  const show = (caller: { key: string | undefined }) => server.call(caller, 'POST', `${own}/vms/${id}/password`);
  assert.equal((await show(await server.key({ project: 'viewer' }))).status, 403);
  const first = await show(server.owner);
  assert.equal(first.status, 200, first.text);
  assert.ok(first.body.data.password.length >= 12);
  assert.match((await show(server.owner)).body.message, /shown already/);
  const other = await server.account('Peeping');
  assert.equal((await show({ key: other.api_key })).status, 404);
});

test('with a mail server, invitations and links go out by mail and are shown to nobody', async (t) => {
  const mail = await TestMailServer.start();
  const mailing = await TestServer.start({
    RAFFIA_MAIL_URL: mail.url,
    RAFFIA_MAIL_FROM: 'Cloud <cloud@example.com>',
    RAFFIA_PUBLIC_URL: 'http://cloud.example',
  });
  t.after(async () => {
    await mailing.stop();
    await mail.stop();
  });
  const read = (text: string) => text.replace(/=\r\n/g, '').replaceAll('=3D', '=');
  const invited = await mailing.call(mailing.owner, 'POST', '/api/v1/invitations', {
    body: { email: 'post@example.com', role_id: roleId('member') },
  });
  assert.equal(invited.status, 201, invited.text);
  assert.equal(invited.body.data.accept_url, undefined);
  await until('the invitation arrives', async () => mail.mails.length === 1);
  const invitation = read(mail.mails[0] ?? '');
  assert.match(invitation, /Subject: An invitation to the cloud at cloud\.example/);
  assert.match(invitation, /From: Cloud <cloud@example\.com>/);
  const link = /http\S+\/invitation#\S+/.exec(invitation)?.[0] ?? '';
  const person = await TestPerson.invited(mailing, link);
  const ask = (email: string) => person.call('POST', `${own}/links`, { body: { email } });
  const [known, unknown] = [await ask('post@example.com'), await ask('nobody@example.com')];
  assert.deepEqual([known.status, known.text], [200, unknown.text], 'who has an address is not told');
  await until('the link arrives', async () => mail.mails.length === 2);
  const token = /http:\/\/cloud\.example\/link#(\S+)/.exec(read(mail.mails[1] ?? ''))?.[1];
  const set = await person.call('POST', `${own}/links/use`, { body: { token, password: 'a newer password' } });
  assert.equal(set.status, 200, set.text);
  await person.signIn('post@example.com', 'a newer password');
  const vm = await mailing.vm('mailed');
  const reset = await mailing.call(mailing.owner, 'POST', `/api/v1/vms/${vm}/reset-password`);
  assert.match(reset.body.message, /goes to owner@example\.com/);
  await until('the password arrives', async () => mail.mails.length === 3);
  assert.match(mail.mails[2] ?? '', /^To: owner@example\.com\r$/m);
  assert.match(mail.mails[2] ?? '', /^Subject: A new password for your VM\r$/m);
  const sealed = await mailing.call(mailing.owner, 'POST', `${own}/vms/${vm}/password`);
  assert.equal(sealed.status, 400, 'what was mailed is not kept');
});

test('who asks for a link to somebody’s address ends no link of the operator’s, and learns nothing from the time it takes', async (t) => {
  const mail = await TestMailServer.start();
  const mailing = await TestServer.start({ RAFFIA_MAIL_URL: mail.url, RAFFIA_PUBLIC_URL: 'https://cloud.example' });
  t.after(async () => {
    await mailing.stop();
    await mail.stop();
  });
  const { pool } = mailing.server.services;
  await TestPerson.owner(mailing);
  const made = (await mailing.operator('sign-in-link', 'owner@example.com')).trim().split('#')[1];
  const stranger = new TestPerson(mailing);
  const count = async () => (await pool.query('select * from one_time_links')).rows.length;
  // The answer waits for nothing that a known address needs more.
  const blocker = await pool.connect();
  await blocker.query('begin');
  await blocker.query('lock table one_time_links in access exclusive mode');
  for (const email of ['owner@example.com', 'nobody@example.com']) {
    const asked = await stranger.call('POST', `${own}/links`, { body: { email } });
    assert.deepEqual(
      [asked.status, asked.body.message],
      [200, 'If this address is known here, a link has been sent to it'],
    );
  }
  await blocker.query('commit');
  blocker.release();
  await until('the link is made', async () => (await count()) === 2);
  const seen = await stranger.call('POST', `${own}/links/look`, { body: { token: made } });
  assert.equal(seen.body.data?.email, 'owner@example.com', seen.text);
  const used = await stranger.call('POST', `${own}/links/use`, { body: { token: made, password: 'another password' } });
  assert.equal(used.status, 200, used.text);
  assert.equal(await count(), 0, 'with a new password the other links are over');
});

test('without a mail server a forgotten password is the operator’s to help with', async () => {
  const stranger = new TestPerson(server);
  const asked = await stranger.call('POST', `${own}/links`, { body: { email: 'owner@example.com' } });
  assert.match(asked.body.message, /sends no mail; ask its operator/);
});
