import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pino } from 'pino';
import { TestAuthority, whyNoCertificates } from '../testing/test-authority.ts';
import { type ServedCertificate, TlsCertificate } from './tls-certificate.ts';

describe('a certificate and its key', { skip: whyNoCertificates() ?? false }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'raffia-certificate-'));
  const at = (name: string) => join(folder, name);
  const files = { certificateFile: at('tls.crt'), keyFile: at('tls.key') };
  const other = { certificateFile: at('other.crt'), keyFile: at('other.key') };
  const dayMs = 86_400_000;
  let authority: TestAuthority;
  let now = Date.now();
  let lines: { level: number; msg: string; reason?: string; serial?: string }[] = [];
  const log = pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const clock = { now: () => now };
  const open = () => new TlsCertificate(files, log, clock);

  before(() => {
    authority = new TestAuthority(at('authority'));
    authority.issue(other);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** What may be wrong with the files, and the sentence about it. */
  const broken: Record<string, [() => void, RegExp]> = {
    'a certificate that is not there': [() => rmSync(files.certificateFile), /^\S+tls\.crt cannot be read \(ENOENT/],
    'a key that is not there': [() => rmSync(files.keyFile), /^\S+tls\.key cannot be read \(ENOENT/],
    'an empty certificate': [() => writeFileSync(files.certificateFile, ''), /tls\.crt has no certificate in PEM/],
    'a certificate that was cut off': [
      () => writeFileSync(files.certificateFile, '-----BEGIN CERTIFICATE-----\nMIIB\n'),
      /tls\.crt has no certificate in PEM/,
    ],
    'a key that is none': [() => copyFileSync(files.certificateFile, files.keyFile), /tls\.key has no private key/],
    'the key of another certificate': [
      () => copyFileSync(other.keyFile, files.keyFile),
      /^The key in \S+tls\.key is not the one of the certificate in \S+tls\.crt$/,
    ],
    'a chain that is broken above it': [
      () => appendFileSync(files.certificateFile, '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'),
      /tls\.crt and \S+tls\.key cannot be used/,
    ],
  };

  for (const [what, [breaks, sentence]] of Object.entries(broken)) {
    test(`${what} ends a start with a sentence, and is refused later while the one before stays`, () => {
      const serial = authority.issue(files);
      const certificate = open();
      const before = certificate.served;
      certificate.onChange(() => assert.fail('nobody is given it'));
      lines = [];
      breaks();
      certificate.reload();
      assert.equal(lines.length, 1);
      assert.match(lines[0]?.reason ?? '', sentence);
      assert.deepEqual([lines[0]?.level, lines[0]?.serial], [50, serial]);
      assert.equal(certificate.served, before);
      assert.throws(open, ({ message }: Error) => sentence.test(message));
      certificate.stop();
    });
  }

  test('one whose time is over or has not come is refused later, and used by a start, which has no other', () => {
    authority.issue(files);
    const certificate = open();
    certificate.onChange(() => assert.fail('nobody is given it'));
    for (const [span, sentence] of [
      [{ from: -3, to: -1 }, /^The certificate in \S+tls\.crt ran out on 20\d\d-/],
      [{ from: 1, to: 3 }, /^The certificate in \S+tls\.crt is not valid before 20\d\d-/],
    ] as const) {
      authority.issue(files, span);
      lines = [];
      certificate.reload();
      assert.match(lines[0]?.reason ?? '', sentence);
    }
    certificate.stop();
    lines = [];
    const serial = authority.issue(files, { from: -3, to: -1 });
    open().stop();
    assert.deepEqual(
      lines.map(({ level, serial }) => [level, serial]),
      [[50, serial]],
    );
  });

  test('another that is good is given on, and its end is known', () => {
    authority.issue(files);
    const certificate = open();
    const given: ServedCertificate[] = [];
    certificate.onChange((served) => given.push(served));
    lines = [];
    const serial = authority.issue(files, { to: 40 });
    certificate.reload();
    assert.deepEqual(given, [certificate.served]);
    assert.deepEqual(
      lines.map(({ level, serial }) => [level, serial]),
      [[30, serial]],
    );
    const days = ((certificate.endsAt ?? 0) - Date.now()) / dayMs;
    assert.ok(days > 39.9 && days < 40.1, `${days} days`);
    certificate.stop();
  });

  for (const [life, span, daysFromNow] of [
    ['14 days before its end', { from: -100, to: 20 }, [5.9, 6.1, 19.9, 20.1]],
    ['in the last sixth of a short life', { from: -1, to: 5 }, [3.9, 4.1, 4.9, 5.1]],
  ] as const) {
    test(`${life} the log warns, and after it says that it is over`, () => {
      authority.issue(files, span);
      lines = [];
      const certificate = open();
      const began = now;
      const told = daysFromNow.map((days) => {
        now = began + days * dayMs;
        lines = [];
        certificate.warn();
        return lines.map(({ level, msg }) => `${level} ${msg}`);
      });
      now = began;
      certificate.stop();
      const soon = '40 the certificate runs out soon';
      assert.deepEqual(told, [[], [soon], [soon], ['50 the certificate has run out: clients refuse this server']]);
    });
  }

  test('it knows how often in a row another was refused, and none is once one was taken', () => {
    authority.issue(files);
    const certificate = open();
    const counted = [certificate.failures];
    for (const breaks of [() => rmSync(files.keyFile), () => {}, () => authority.issue(files)]) {
      breaks();
      certificate.reload();
      counted.push(certificate.failures);
    }
    certificate.stop();
    assert.deepEqual(counted, [0, 1, 2, 0]);
  });
});
