import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ConfigurationError, loadConfiguration, printSettings, settingsInForce } from './configuration.ts';
import { settings } from './settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'raffia-configuration-'));
after(() => rmSync(folder, { recursive: true }));

let serial = 0;
function file(text: string): string {
  const path = join(folder, `${serial++}.yaml`);
  writeFileSync(path, text);
  return path;
}

function mistakes(env: Record<string, string | undefined>): string {
  try {
    loadConfiguration(env);
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error));
    return error.message;
  }
  return assert.fail('the configuration was accepted');
}

test('without a word everything has its default', () => {
  const configuration = loadConfiguration({});
  assert.deepEqual(configuration.listen, { host: '127.0.0.1', port: 8080 });
  assert.equal(configuration.databaseUrl, null);
  assert.equal(configuration.metrics, undefined);
  assert.equal(configuration.billing.balance, 1_000_000_000_000);
  assert.deepEqual(configuration.addressPools, [{ region: 'us-east', cidrs: ['198.18.0.0/15'] }]);
});

test('a region may have blocks of both families, which never overlap each other', () => {
  const { addressPools } = loadConfiguration({
    RAFFIA_ADDRESS_POOLS: 'us-east=0.0.0.0/8 2001:db8:1::/64 2001:db8:2::/64',
  });
  assert.deepEqual(addressPools, [{ region: 'us-east', cidrs: ['0.0.0.0/8', '2001:db8:1::/64', '2001:db8:2::/64'] }]);
});

test('the environment comes before the file, the file before the default', () => {
  const path = file('listen:\n  port: 9000\n  host: 0.0.0.0\nbilling: { balance: 12.5 }\n');
  const { listen, billing } = loadConfiguration({ RAFFIA_CONFIG: path, RAFFIA_PORT: '9001' });
  assert.deepEqual(listen, { host: '0.0.0.0', port: 9001 });
  assert.equal(billing.balance, 12_500_000);
});

for (const [name, value, sentence] of [
  ['RAFFIA_PORT', 'eighty', /RAFFIA_PORT must be a whole number from 0 to 65535 \(it is "eighty"\)/],
  ['RAFFIA_PORT', '70000', /RAFFIA_PORT must be a whole number/],
  ['RAFFIA_HOST', 'my.server', /RAFFIA_HOST must be an IP address/],
  ['DATABASE_URL', 'mysql://x', /DATABASE_URL must be a URL that begins with postgres/],
  ['RAFFIA_SECRET', 'abc', /RAFFIA_SECRET must be 64 hex digits/],
  ['RAFFIA_LOG_LEVEL', 'loud', /RAFFIA_LOG_LEVEL must be one of/],
  ['RAFFIA_SIMULATED_DELAY', '-1', /must be a number, 0 or more/],
  ['RAFFIA_ADDRESS_POOLS', 'us-east=10.0.0.0/33', /must be IPv4 blocks/],
  ['RAFFIA_ADDRESS_POOLS', 'us-east=10.0.0.0/16 10.0.1.0/24', /must not overlap/],
  ['RAFFIA_ADDRESS_POOLS', 'us-east=10.0.0.1/16', /must be IPv4 blocks/],
  ['RAFFIA_ADDRESS_POOLS', 'us-east=2001:db8::/20', /IPv6 blocks from \/32 to \/124/],
  ['RAFFIA_ADDRESS_POOLS', 'us-east=2001:db8::/125', /IPv6 blocks from \/32 to \/124/],
  ['RAFFIA_ADDRESS_POOLS', 'us-east=2001:db8::1/64', /IPv6 blocks from \/32 to \/124/],
  ['RAFFIA_ADDRESS_POOLS', 'us-east=2001:db8:1::/48 2001:db8:1:ffff::/64', /must not overlap/],
  ['RAFFIA_BILLING_BALANCE', 'lots', /must be an amount of dollars/],
  ['RAFFIA_BILLING_MODE', 'free', /must be one of: payg, subscription/],
  ['RAFFIA_TLS_CERTIFICATE', '/no/such.pem', /RAFFIA_TLS|tls/],
  ['RAFFIA_TRUSTED_PROXIES', 'everyone', /must be IP addresses or CIDR blocks/],
  ['RAFFIA_METRICS_ADDRESS', 'my.server:9464', /RAFFIA_METRICS_ADDRESS must be an IP address and a port, such as/],
  ['RAFFIA_METRICS_ADDRESS', '127.0.0.1', /must be an IP address and a port/],
  ['RAFFIA_METRICS_ADDRESS', '127.0.0.1:70000', /must be an IP address and a port/],
  ['RAFFIA_METRICS_ADDRESS', '::1:9464', /must be an IP address and a port/],
  ['RAFFIA_METRICS_ADDRESS', '8080', /metrics\.address must name another port than listen\.port/],
  ['RAFFIA_METRICS_TOKEN', 'short', /must be 16 to 256 letters, digits and signs without a space/],
  ['RAFFIA_METRICS_TOKEN', 'long-enough-for-a-token', /metrics\.address must be set too/],
] as const) {
  test(`${name}=${value} is refused with a sentence`, () => assert.match(mistakes({ [name]: value }), sentence));
}

test('an authority gives a certificate for a public name, to who agrees to its terms', () => {
  const given = {
    RAFFIA_ACME_DIRECTORY: 'https://acme.example.com:14000/directory',
    RAFFIA_ACME_AGREED: 'true',
    RAFFIA_PUBLIC_URL: 'https://cloud.example.com/',
    RAFFIA_DATA: '/data',
  };
  assert.deepEqual(loadConfiguration(given).acme, {
    directory: 'https://acme.example.com:14000/directory',
    rootFile: null,
    email: null,
    name: 'cloud.example.com',
    listen: { host: '0.0.0.0', port: 80 },
    publicUrl: 'https://cloud.example.com',
    folder: '/data/acme/acme.example.com-14000',
  });
  assert.equal(loadConfiguration({}).acme, undefined);
  for (const [changed, sentence] of [
    [{ RAFFIA_ACME_AGREED: 'false' }, /tls\.acme\.agreed must be true/],
    [{ RAFFIA_PUBLIC_URL: undefined }, /publicUrl must be an https address with a public name/],
    [{ RAFFIA_PUBLIC_URL: 'http://cloud.example.com' }, /publicUrl must be an https address/],
    [{ RAFFIA_PUBLIC_URL: 'https://203.0.113.1' }, /publicUrl must be an https address/],
    [{ RAFFIA_PUBLIC_URL: 'https://[2001:db8::1]' }, /publicUrl must be an https address/],
    [{ RAFFIA_PUBLIC_URL: 'https://localhost' }, /publicUrl must be an https address/],
    [{ RAFFIA_ACME_LISTEN: '0.0.0.0:8080' }, /tls\.acme\.listen must name another port/],
    [
      { RAFFIA_ACME_DIRECTORY: 'http://acme.example.com' },
      /RAFFIA_ACME_DIRECTORY must be a URL that begins with https/,
    ],
    [{ RAFFIA_TLS_CERTIFICATE: import.meta.filename, RAFFIA_TLS_KEY: import.meta.filename }, /comes from one of them/],
    [{ RAFFIA_ACME_ROOT: '/nowhere.crt' }, /tls\.acme\.rootFile names \/nowhere\.crt, which does not exist/],
    [
      { REDIS_URL: 'redis://localhost', DATABASE_URL: 'postgres://localhost/raffia', RAFFIA_SECRET: 'ab'.repeat(32) },
      /^[^\n]*tls\.acme\.directory and redisUrl are both set.*end TLS at the proxy.*or give each tls\.certificateFile/m,
    ],
  ] as const) {
    assert.match(mistakes({ ...given, ...changed }), sentence);
  }
});

test('metrics are told on the loopback unless another address is named', () => {
  const addresses = ['9464', '0', '0.0.0.0:9464', '[::1]:9464', 'localhost:9464'].map((RAFFIA_METRICS_ADDRESS) => {
    const { metrics } = loadConfiguration({ RAFFIA_METRICS_ADDRESS });
    return [metrics?.host, metrics?.port];
  });
  assert.deepEqual(addresses, [
    ['127.0.0.1', 9464],
    ['127.0.0.1', 0],
    ['0.0.0.0', 9464],
    ['::1', 9464],
    ['localhost', 9464],
  ]);
  const path = file('metrics: { address: 9464, token: long-enough-for-a-token }\n');
  assert.deepEqual(loadConfiguration({ RAFFIA_CONFIG: path }).metrics, {
    host: '127.0.0.1',
    port: 9464,
    token: 'long-enough-for-a-token',
  });
});

test('all mistakes are told at once, and a secret’s value in none of them', () => {
  const text = mistakes({ RAFFIA_PORT: 'x', RAFFIA_QUOTA_VMS: 'y', RAFFIA_SECRET: 'hunter2' });
  assert.match(text, /RAFFIA_PORT/);
  assert.match(text, /RAFFIA_QUOTA_VMS/);
  assert.doesNotMatch(text, /hunter2/);
});

test('what a setting needs beside it is told', () => {
  assert.match(
    mistakes({ RAFFIA_MAIL_URL: 'smtp://mail.example.com' }),
    /mail\.url is set, so publicUrl must be set too/,
  );
  const told = mistakes({ RAFFIA_OIDC_ISSUER: 'https://login.example.com' });
  for (const path of ['oidc.clientId', 'oidc.clientSecret', 'publicUrl']) {
    assert.ok(told.includes(`oidc.issuer is set, so ${path} must be set too`), told);
  }
});

test('backups of machines are files of simulated machines and restic’s of others; a bucket needs restic, its name and a key', () => {
  const kindOf = (env: Record<string, string>) => loadConfiguration(env).backups.store;
  assert.equal(kindOf({}), 'files');
  assert.equal(kindOf({ RAFFIA_ENGINE: 'incus' }), 'restic');
  assert.equal(kindOf({ RAFFIA_BACKUPS_STORE: 'restic' }), 'restic');
  const bucket = { RAFFIA_BACKUPS_S3_ENDPOINT: 'https://s3.example.com/' };
  const told = mistakes(bucket);
  for (const path of ['bucket', 'keyId', 'secretKey']) {
    assert.ok(told.includes(`backups.s3.endpoint is set, so backups.s3.${path} must be set too`), told);
  }
  assert.match(told, /backups\.store must be restic/);
  const whole = {
    ...bucket,
    RAFFIA_ENGINE: 'incus',
    RAFFIA_BACKUPS_S3_BUCKET: 'backups',
    RAFFIA_BACKUPS_S3_KEY_ID: 'me',
    RAFFIA_BACKUPS_S3_SECRET_KEY: 'hunter2',
  };
  const { endpoint, secretKey } = loadConfiguration(whole).backups.bucket ?? {};
  assert.deepEqual([endpoint, secretKey], ['https://s3.example.com', 'hunter2']);
  assert.doesNotMatch(printSettings(settingsInForce(whole)), /hunter2/);
});

test('a name that is no setting is a mistake, and the likely one is told', () => {
  assert.match(mistakes({ RAFFIA_PROT: '80' }), /RAFFIA_PROT/);
  assert.match(mistakes({ RAFFIA_CONFIG: file('listen: { prot: 80 }') }), /listen\.prot/);
});

test('a file that is not there, no YAML, or no map is told by its path', () => {
  assert.match(mistakes({ RAFFIA_CONFIG: '/no/such/file.yaml' }), /\/no\/such\/file\.yaml/);
  assert.match(mistakes({ RAFFIA_CONFIG: file('a: [') }), /yaml/i);
  assert.match(mistakes({ RAFFIA_CONFIG: file('- a\n- b\n') }), /\.yaml/);
});

test('the print shows each setting with its source, and no secret', () => {
  const url = 'postgres://raffia:hunter2@db.example/raffia';
  const text = printSettings(settingsInForce({ DATABASE_URL: url, RAFFIA_SECRET: 'ab'.repeat(32) }));
  assert.equal(text.split('\n').length, settings.length);
  assert.match(text, /databaseUrl = \*+ {3}\[environment; DATABASE_URL\]/);
  assert.doesNotMatch(text, /hunter2|abab/);
});
