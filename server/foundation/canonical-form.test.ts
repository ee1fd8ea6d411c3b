import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { sshPublicKey, TestServer, vmRequest } from '../testing/test-server.ts';

let server: TestServer;
before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

const roleId = (slug: string) => systemRoles.find((role) => role.slug === slug)?.id as string;
const owner = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  server.call(server.owner, method, path, { body, ...(headers === undefined ? {} : { headers }) });

test('a key that writes its own id in capitals is still itself, and cannot give itself a role', async () => {
  const key = await server.key({ account: 'admin' });
  const members = `/api/v1/projects/${server.first.project_id}/members`;
  for (const id of [key.id, key.id.toUpperCase()]) {
    const reply = await server.call(key, 'POST', members, {
      body: { api_key_id: id, role_id: roleId('project-admin') },
    });
    assert.equal(reply.status, 409, reply.text);
  }
});

test('an id in capitals is the same id: in paths, in headers, in bodies, in queries', async () => {
  const project = server.first.project_id;
  const big = { key: server.owner.key, project: project.toUpperCase() };
  assert.equal((await owner('GET', `/api/v1/projects/${project.toUpperCase()}`)).body.data.id, project);
  const body = { ...vmRequest('capitals'), template_id: vmRequest('x').template_id.toUpperCase() };
  const made = await server.call(big, 'POST', '/api/v1/vms', { body });
  assert.equal(made.status, 201, made.text);
  assert.equal(made.body.data.template_id, vmRequest('x').template_id);
  const id = made.body.data.id as string;
  const shown = await owner('GET', `/api/v1/vms/${id.toUpperCase()}`);
  assert.equal(shown.body.data.id, id);
  const listed = await server.call({ key: server.owner.key }, 'GET', `/api/v1/vms?project_id=${big.project}`);
  assert.deepEqual([listed.status, listed.body.total], [200, 1]);
  const renamed = await owner('PUT', `/api/v1/projects/${project.toUpperCase()}`, { name: 'Renamed' });
  assert.equal(renamed.status, 200, renamed.text);
});

test('the same request with its ids in capitals gets the remembered answer', async () => {
  const send = (template: string) =>
    owner(
      'POST',
      '/api/v1/vms',
      { ...vmRequest('once'), template_id: template },
      { 'idempotency-key': 'one-spelling' },
    );
  const first = await send(vmRequest('once').template_id);
  const again = await send(vmRequest('once').template_id.toUpperCase());
  assert.deepEqual([first.status, again.status], [201, 201], again.text);
  assert.equal(again.body.data.id, first.body.data.id);
});

test('names come to one form, or are refused with the character that must go', async () => {
  const named = (name: string) => owner('POST', '/api/v1/ssh-keys', { name, public_key: sshPublicKey() });
  for (const [sent, stored] of [
    ['  laptop \u00a0', 'laptop'],
    ['Zoe\u0308', 'Zo\u00eb'],
    ['\u2764\ufe0f', '\u2764\ufe0f'],
    ['東京 サーバー', '東京 サーバー'],
  ] as const) {
    const reply = await named(sent);
    assert.equal(reply.status, 201, reply.text);
    assert.equal(reply.body.data.name, stored);
  }
  const hidden = ['\u0007', '\n', '\u001b[2J', '\u0085', '\u00ad', '\u061c', '\u200b', '\u200d', '\u200f', '\u2028'];
  hidden.push('\u202e', '\u2060', '\u2066', '\u3164', '\ufeff', '\ufff9', '\uffff', '\u{e0041}');
  for (const character of hidden) {
    const reply = await named(`a${character}b`);
    const code = `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`;
    assert.equal(reply.status, 400, `${code} ${reply.text}`);
    assert.match(reply.body.message, new RegExp(`^name must not contain .*${code.replace('+', '\\+')}`));
  }
  for (const empty of [' ', '\u3000', '\t']) assert.equal((await named(empty)).status, 400);
});

test('prose keeps its lines as they were sent, and has nothing that moves a terminal or turns the writing', async () => {
  const described = (description: string) =>
    owner('PUT', `/api/v1/projects/${server.first.project_id}`, { description });
  const kept = ' two\r\n\tlines, a family 👨‍👩‍👧 ';
  assert.equal((await described(kept)).body.data.description, kept);
  for (const character of ['\u001b', '\u0000', '\u0085', '\u202e', '\u2067']) {
    assert.equal((await described(`a${character}b`)).status, 400, JSON.stringify(character));
  }
});

test('an expiry is a time of the years that every client can read, and whole', async () => {
  const made = (expires_at: string) => owner('POST', '/api/v1/api-keys', { name: 'ends', expires_at });
  for (const wrong of [
    '9999-12-31T23:59:59-01:00',
    '+010000-01-01T00:00:00Z',
    '10000-01-01T00:00:00Z',
    '2099-02-30T00:00:00Z',
    '2099-01-01T24:00:00Z',
    '2099-01-01T00:00:00',
    '2099-01-01',
    '4070908800000',
  ]) {
    const reply = await made(wrong);
    assert.equal(reply.status, 400, `${wrong} ${reply.text}`);
    assert.match(reply.body.message, /expires_at must be a time such as/);
  }
  for (const [sent, shown] of [
    ['2099-01-01T00:00:00Z', '2099-01-01T00:00:00.000Z'],
    ['2099-01-01T02:00:00.750+02:00', '2099-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
  ] as const) {
    const reply = await made(sent);
    assert.equal(reply.status, 201, reply.text);
    assert.equal(reply.body.data.expires_at, shown);
  }
});

test('a regenerated key lives exactly as long as it was made for, whatever the moment’s milliseconds', async () => {
  const length = 30 * 86_400_000;
  const first = Math.floor((Date.now() + server.time.offset + 5000) / 1000) * 1000;
  const made = await owner('POST', '/api/v1/api-keys', {
    name: 'long',
    expires_at: new Date(first + length).toISOString(),
  });
  const stored = async () => {
    const { issued_at, expires_at } = await server.server.services.db
      .selectFrom('api_keys')
      .select(['issued_at', 'expires_at'])
      .where('id', '=', made.body.data.id)
      .executeTakeFirstOrThrow();
    // Of the moment of issue the second counts; its milliseconds tell uses of the old secret from those of the new one.
    return (expires_at?.getTime() ?? 0) - Math.floor(issued_at.getTime() / 1000) * 1000;
  };
  const before = await stored();
  for (const milliseconds of [1, 337, 998]) {
    server.time.offset += 10_000 + milliseconds;
    const again = await owner('POST', `/api/v1/api-keys/${made.body.data.id}/regenerate`);
    assert.equal(again.status, 200, again.text);
    assert.equal(await stored(), before);
    assert.equal(Date.parse(again.body.data.expires_at) % 1000, 0, again.body.data.expires_at);
  }
});

test('a Host that is none is 400 in every operation that needs its own address', async () => {
  for (const path of ['/api/raffia/v1/links', '/api/raffia/v1/auth/sign-in/email', '/api/v1/projects']) {
    const answer = await hostless(path);
    assert.match(answer, /^HTTP\/1\.1 400 /, `${path} ${answer}`);
    assert.match(answer, /"message":"[^"]*Host/, answer);
  }
});

function hostless(path: string): Promise<string> {
  const body = JSON.stringify({ name: 'host', email: 'a@example.com', password: 'a password of ten' });
  return new Promise((done, reject) => {
    const socket = connect(Number(new URL(server.address).port), '127.0.0.1', () =>
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: [\r\nX-API-Key: ${server.owner.key}\r\nConnection: close\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      ),
    );
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('close', () => done(text));
    socket.on('error', reject);
  });
}
