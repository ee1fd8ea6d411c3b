import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { loadConfiguration } from '@raffia/server/configuration/configuration.ts';
import { parse } from 'yaml';

/** The container's files, as far as they can be judged without building one: whether what they name is there. */
const packaging = join(import.meta.dirname, '..', 'packaging');
const containerfile = readFileSync(join(packaging, 'Containerfile'), 'utf8');
const compose = readFileSync(join(packaging, 'compose.yaml'), 'utf8');
/** The instructions, each with its lines as one. */
const instructions = containerfile
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => /^([A-Z]+) (.*)$/.exec(line)?.slice(1) as [string, string]);
const all = (name: string) => instructions.filter(([first]) => first === name).map(([, rest]) => rest);

/** What the package puts there, or its scripts make. */
const installed = ['/usr/bin/raffia', '/usr/lib/raffia/bin/node', '/var/lib/raffia'];
/** What Debian's packages that the image installs have. */
const ofDebian = ['/usr/bin/tini', '/var/lib/apt/lists'];

test('every instruction of the Containerfile is one, and every path in it is there', () => {
  const known = ['FROM', 'COPY', 'RUN', 'USER', 'WORKDIR', 'VOLUME', 'ENV', 'EXPOSE', 'STOPSIGNAL', 'HEALTHCHECK'];
  assert.deepEqual(
    instructions.map(([name]) => name),
    [...known, 'ENTRYPOINT', 'CMD'],
  );
  const paths = [
    ...containerfile.replaceAll(/^#.*$/gm, '').matchAll(/(?<![\w.:/])\/(?:usr|var|etc)\/[\w./-]*[\w]/g),
  ].map(([path]) => path);
  assert.ok(paths.length >= 6, `${paths}`);
  assert.deepEqual(
    paths.filter((path) => ![...installed, ...ofDebian].includes(path)),
    [],
  );
  const [copied] = all('COPY');
  assert.equal(copied, 'raffia_*.deb /tmp/');
  assert.match(
    readFileSync(join(packaging, 'build-package.ts'), 'utf8'),
    /`raffia_\$\{version\}_\$\{architecture\}\.deb`/,
  );
  const scripts = readFileSync(join(packaging, 'debian/postinst'), 'utf8');
  assert.match(scripts, new RegExp(`useradd .* ${all('USER')}\n`));
  assert.match(scripts, new RegExp(`install --directory .* ${all('VOLUME')} `));
  assert.match(all('RUN').join(), /apt-get install .*\btini\b/);
});

test('what starts and what looks after it are lists of words, and the settings are settings', () => {
  assert.deepEqual(JSON.parse(all('ENTRYPOINT').join()), ['/usr/bin/tini', '--', '/usr/bin/raffia']);
  assert.deepEqual(JSON.parse(all('CMD').join()), ['start']);
  const [, words] = /CMD (.*)$/.exec(all('HEALTHCHECK').join()) ?? [];
  // `help` is answered by the server, not by the command.
  assert.deepEqual(JSON.parse(words as string), ['/usr/bin/raffia', 'operator', 'help']);
  const { listen } = loadConfiguration(Object.fromEntries(all('ENV').map((line) => line.split('='))));
  assert.deepEqual(listen, { host: '0.0.0.0', port: Number(all('EXPOSE')) });
});

test('the compose file names what is there, and sets what is a setting', () => {
  const { services, volumes } = parse(compose);
  assert.deepEqual(Object.keys(services), ['raffia', 'database']);
  const { build, environment, depends_on, read_only, ports } = services.raffia;
  const context = resolve(packaging, build.context);
  assert.equal(context, join(dirname(packaging), 'dist'));
  assert.ok(existsSync(resolve(context, build.dockerfile)), build.dockerfile);
  assert.deepEqual([read_only, ports], [true, [`127.0.0.1:${all('EXPOSE')}:${all('EXPOSE')}`]]);
  const url = String(environment.DATABASE_URL).replace(/\$\{POSTGRES_PASSWORD:\?\}/, 'secret');
  const { databaseUrl } = loadConfiguration({ ...environment, DATABASE_URL: url });
  const { hostname, username, password } = new URL(String(databaseUrl));
  assert.deepEqual([hostname, username, password], ['database', services.database.environment.POSTGRES_USER, 'secret']);
  assert.deepEqual(Object.keys(depends_on), ['database']);
  const mounted = Object.values<{ volumes: string[] }>(services).flatMap((service) => service.volumes);
  assert.deepEqual(
    mounted.map((volume) => volume.split(':')[0]),
    Object.keys(volumes),
  );
  assert.ok(mounted.some((volume) => volume.endsWith(`:${all('VOLUME')}`)));
});
