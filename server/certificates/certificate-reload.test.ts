import assert from 'node:assert/strict';

import { lookup } from 'node:dns/promises';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { freePort } from '../foundation/free-port.ts';
import { scrape } from '../testing/scrape.ts';
import { ServerProcess } from '../testing/server-process.ts';
import { TestAuthority, whyNoCertificates } from '../testing/test-authority.ts';
import { until } from '../testing/until.ts';

/** A running server that is told of a new certificate. */
describe('on SIGHUP', { skip: whyNoCertificates() ?? false }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'raffia-reload-'));
  const files = { certificateFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') };
  let authority: TestAuthority;
  let server: ServerProcess;
  let metrics: string;
  /** The number of the certificate that is in use. */
  let serial: string;

  before(async () => {
    authority = new TestAuthority(join(folder, 'authority'));
    authority.trust();
    serial = authority.issue(files);
    const port = await freePort();
    metrics = `http://127.0.0.1:${port}/metrics`;
    server = await ServerProcess.create({
      RAFFIA_TLS_CERTIFICATE: files.certificateFile,
      RAFFIA_TLS_KEY: files.keyFile,
      RAFFIA_LOG_LEVEL: 'info',
      RAFFIA_METRICS_ADDRESS: String(port),
      RAFFIA_HOST: 'localhost',
    });
    await server.start();
  });
  after(async () => {
    await server.end('SIGTERM');
    server.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const lines = () =>
    server.log
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { msg: string; serial?: string; reason?: string });
  const changed = () => lines().filter(({ msg }) => msg.startsWith('the certificate was read anew'));
  const refused = () => lines().filter(({ msg }) => msg.startsWith('the certificate is not changed'));

  /** Of the certificate that a new connection gets. */
  async function shown(host = '127.0.0.1'): Promise<string> {
    const socket = connect({ host, port: Number(new URL(server.url).port) });
    await new Promise((done, reject) => socket.once('secureConnect', done).once('error', reject));
    const { serialNumber } = socket.getPeerCertificate();
    socket.destroy();
    return serialNumber;
  }

  /** Asks over the connection of an agent that has one; the answer is that connection. */
  function ask(agent: Agent): Promise<TLSSocket> {
    return new Promise((done, reject) => {
      get(`${server.url}/health`, { agent }, (response) => {
        const socket = response.socket as TLSSocket;
        response.resume().once('end', () => (response.statusCode === 200 ? done(socket) : reject(response.statusCode)));
      }).once('error', reject);
    });
  }

  test('new connections get the new certificate, whichever address of localhost they come to; one that is there goes on', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const socket = await ask(agent);
    assert.equal(await shown(), serial);
    const before = serial;
    serial = authority.issue(files, { to: 60 });
    assert.notEqual(serial, before);
    server.signal('SIGHUP');
    await until('the log says so', () => changed().some((line) => line.serial === serial));
    for (const { address } of await lookup('localhost', { all: true }))
      assert.equal(await shown(address), serial, address);
    assert.ok((await ask(agent)) === socket, 'the same connection');
    assert.equal(socket.getPeerCertificate().serialNumber, before);
    agent.destroy();
    const end = (await scrape(metrics)).get('raffia_tls_certificate_end_timestamp_seconds') ?? 0;
    const days = (end - Date.now() / 1000) / 86_400;
    assert.ok(days > 59.9 && days < 60.1, `${days} days`);
  });

  test('a pair that nobody could use is refused with its reason, and the one before stays in use', async () => {
    const good = [files.certificateFile, files.keyFile].map((file) => readFileSync(file));
    const other = { certificateFile: join(folder, 'other.crt'), keyFile: join(folder, 'other.key') };
    authority.issue(other);
    const tries: [() => void, RegExp][] = [
      [() => writeFileSync(files.certificateFile, readFileSync(other.certificateFile)), /is not the one of the/],
      [() => writeFileSync(files.certificateFile, 'half of'), /has no certificate in PEM/],
      [() => rmSync(files.keyFile), /cannot be read/],
      [() => authority.issue(files, { from: -9, to: -2 }), /ran out on/],
    ];
    for (const [index, [breaks, reason]] of tries.entries()) {
      breaks();
      server.signal('SIGHUP');
      await until('the log says why', () => refused().length === index + 1);
      assert.match(refused().at(-1)?.reason ?? '', reason);
      assert.equal(await shown(), serial);
      writeFileSync(files.certificateFile, good[0] as Buffer);
      writeFileSync(files.keyFile, good[1] as Buffer);
    }
    assert.equal(refused().length, 4);
  });

  test('told twice at once, and again while it reads, it ends with what the files had last', async () => {
    const before = changed().length;
    for (let round = 0; round < 5; round++) {
      serial = authority.issue(files);
      server.signal('SIGHUP');
      server.signal('SIGHUP');
    }
    await until('the last is in use', async () => (await shown()) === serial);
    assert.ok(changed().length > before);
    assert.equal((await fetch(`${server.url}/ready`)).status, 200);
  });

  test('where TLS does not end in the server it says so, and goes on', async (t) => {
    const plain = await ServerProcess.create({ RAFFIA_LOG_LEVEL: 'info' });
    t.after(async () => {
      await plain.end('SIGTERM');
      plain.remove();
    });
    await plain.start();
    const { pid } = plain;
    plain.signal('SIGHUP');
    await until('the log says so', () => plain.log.includes('there is no certificate to be read anew'));
    assert.equal((await fetch(`${plain.url}/health`)).status, 200);
    assert.equal(plain.pid, pid);
  });
});
