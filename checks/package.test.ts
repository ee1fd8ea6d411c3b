import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loadConfiguration } from '@raffia/server/configuration/configuration.ts';
import { DebianSystem, freshDebian, whyNoDebian } from '@raffia/server/testing/debian-system.ts';
import { TestAuthority } from '@raffia/server/testing/test-authority.ts';
import { until } from '@raffia/server/testing/until.ts';
import { buildPackage } from '../packaging/build-package.ts';

/** The Debian package: what is in it, and its life on a host that has systemd and what it depends on, nothing else. */
const root = join(import.meta.dirname, '..');
const debian = join(root, 'packaging/debian');
const epoch = 1_700_000_000;
/** The text of a licence, or a folder of them, by its name. */
const licence = /\/((un)?licen[cs]es?|copying|notice)([._-][^/]*)?$/i;
const skipAll = spawnSync('dpkg-deb', ['--version']).status === 0 ? false : 'needs dpkg-deb';
const skipSystem = whyNoDebian() ?? false;
const depends = /^Depends: (.*)$/m.exec(readFileSync(join(debian, 'control'), 'utf8'))?.[1] ?? '';

let folder: string;
let first: string;
let second: string;
let fresh: Promise<string> | undefined;

before(async () => {
  if (skipAll !== false) return;
  folder = mkdtempSync(join(tmpdir(), 'raffia-packages-'));
  if (skipSystem === false) fresh = freshDebian(depends.split(', ').map((one) => one.replace(/ \(.*\)$/, '')));
  first = await buildPackage({ into: folder, version: '1.0', epoch });
  second = await buildPackage({ into: folder, version: '1.1', epoch });
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** What is in a package: mode, owner, path, and where a link leads. */
function contents(file: string): { mode: string; owner: string; path: string; line: string }[] {
  const listed = execFileSync('dpkg-deb', ['--contents', file], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return listed
    .trim()
    .split('\n')
    .map((line) => {
      const [mode = '', owner = '', , , , path = ''] = line.split(/\s+/);
      return { mode, owner, path: path.replace(/^\./, ''), line };
    });
}

describe('what is in it', { skip: skipAll }, () => {
  test('all is root’s, with the modes of files and programs; the configuration, which may hold secrets, is for root alone', () => {
    const all = contents(first);
    assert.ok(all.length > 2000, `${all.length} entries`);
    assert.deepEqual([...new Set(all.map(({ owner }) => owner))], ['root/root']);
    const modes = new Map(['drwxr-xr-x', '-rw-r--r--', '-rwxr-xr-x', 'lrwxrwxrwx'].map((mode) => [mode, 0]));
    for (const { mode, path } of all) {
      if (path === '/etc/raffia/raffia.yaml') assert.equal(mode, '-rw-r-----');
      else assert.ok(modes.has(mode), `${mode} ${path}`);
      modes.set(mode, (modes.get(mode) ?? 0) + 1);
    }
    const programs = all.filter(({ mode }) => mode === '-rwxr-xr-x').map(({ path }) => path);
    for (const path of ['/usr/bin/raffia', '/usr/lib/raffia/bin/node']) assert.ok(programs.includes(path), path);
    assert.ok(programs.some((path) => path.endsWith('/native/bin/postgres')));
  });

  test('it has the server, its pages and what they need, in the places of a package', () => {
    const paths = contents(first).map(({ path }) => path);
    for (const path of paths.filter((one) => !one.endsWith('/'))) {
      assert.match(
        path,
        /^\/(usr\/lib\/raffia\/|usr\/share\/doc\/raffia\/|usr\/bin\/raffia$|etc\/raffia\/raffia\.yaml$|usr\/lib\/systemd\/system\/raffia\.service$)/,
      );
    }
    const there = new Set(paths);
    const sources = globSync('{server,contract}/**/*.ts', { cwd: root, exclude: ['**/node_modules/**'] });
    const [served, forTests] = [[] as string[], [] as string[]];
    for (const file of sources) (/\.test\.ts$|^server\/testing\//.test(file) ? forTests : served).push(file);
    assert.ok(served.length > 300 && forTests.length > 50, `${served.length} and ${forTests.length}`);
    assert.deepEqual(
      served.filter((file) => !there.has(`/usr/lib/raffia/${file}`)),
      [],
    );
    assert.deepEqual(
      forTests.filter((file) => there.has(`/usr/lib/raffia/${file}`)),
      [],
    );
    for (const file of ['dashboard/dist/index.html', 'dashboard/dist/.built-from', 'catalogue.yaml', 'LICENSE']) {
      assert.ok(there.has(`/usr/lib/raffia/${file}`), file);
    }
    const examples = globSync('deploy/*/*', { cwd: root }).filter((file) => !file.endsWith('.test.yaml'));
    assert.ok(examples.length >= 3, `${examples}`);
    for (const file of examples) {
      assert.ok(there.has(file.replace(/^deploy/, '/usr/share/doc/raffia/examples')), file);
    }
    assert.deepEqual(
      paths.filter((path) => path.endsWith('.test.yaml')),
      [],
    );
    // Of each of our sources, and of what they load, compiled code was kept.
    assert.ok(paths.filter((path) => path.startsWith('/usr/lib/raffia/cache/')).length > served.length);
  });

  test('it has nothing that only who develops needs', () => {
    const paths = contents(first).map(({ path }) => path.replace(/^\/usr\/lib\/raffia\//, ''));
    const packages = new Set(
      paths
        .map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\/[^/]/.exec(path)?.[1])
        .filter((name) => name !== undefined),
    );
    assert.ok(
      packages.size > 60 && packages.has('fastify') && packages.has('better-auth'),
      `${packages.size} packages`,
    );
    const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const { dependencies } = JSON.parse(readFileSync(join(root, 'dashboard/package.json'), 'utf8'));
    const forbidden = Object.keys({ ...devDependencies, ...dependencies });
    assert.ok(forbidden.length > 20, `${forbidden.length} packages that have no place in it`);
    assert.deepEqual(
      forbidden.filter((name) => packages.has(name)),
      [],
    );
    const ours = /^(checks|bench|conformance|client|packaging|raffia\.mjs|dashboard\/(?!dist))./;
    const left =
      /\.(map|tsx|md)$|\.d\.[cm]?ts$|\.test\.[cm]?[jt]s$|^[^:]*node_modules.*\.ts$|(^|\/)(__tests__|\.git)(\/|$)/;
    const found = paths.filter((path) => ours.test(path) || (left.test(path) && !path.startsWith('/usr/share/doc/')));
    assert.deepEqual(
      found.filter((path) => !licence.test(path)),
      [],
    );
  });

  test('whose program is in it, his licence is', () => {
    const there = new Set(contents(first).map(({ path }) => path.replace(/^\/usr\/lib\/raffia\//, '')));
    const packages = new Set(
      [...there].map((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/@]+(?=\/)/.exec(path)?.[0]),
    );
    const texts = [...packages].flatMap((folder) =>
      folder === undefined || folder.includes('node_modules/@raffia')
        ? []
        : globSync(`${folder}/*`, { cwd: root }).filter((path) => licence.test(path)),
    );
    assert.ok(texts.length > 60 && texts.some((path) => !/LICENSE(\.\w+)?$/.test(path)), `${texts.length} licences`);
    assert.deepEqual(
      texts.filter((path) => !there.has(path) && !there.has(`${path}/`)),
      [],
    );
  });

  test('who builds it twice has the same files, but for V8’s own; and nothing in it is newer than it says', () => {
    const files = (file: string) => {
      const sums = execFileSync('dpkg-deb', ['--info', file, 'md5sums'], { encoding: 'utf8', maxBuffer: 1 << 26 });
      return sums.split('\n').filter((line) => !line.includes('/cache/'));
    };
    assert.ok(files(first).length > 2000);
    assert.deepEqual(files(first), files(second));
    const order = (file: string) => contents(file).map(({ mode, path }) => `${mode} ${path}`);
    assert.deepEqual(order(first), order(second));
    const days = contents(first).map(({ line }) => line.split(/\s+/)[3]);
    assert.deepEqual([...new Set(days)], [new Date(epoch * 1000).toISOString().slice(0, 10)]);
  });

  test('it says what it is', () => {
    const control = execFileSync('dpkg-deb', ['--field', first], { encoding: 'utf8' });
    const architecture = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();
    assert.match(control, /^Package: raffia\nVersion: 1\.0\n/);
    assert.match(control, new RegExp(`^Architecture: ${architecture}$`, 'm'));
    assert.equal(basename(first), `raffia_1.0_${architecture}.deb`);
    assert.ok(Number(/^Installed-Size: (\d+)$/m.exec(control)?.[1]) > 100_000, control);
  });
});

describe('its configuration', () => {
  const example = readFileSync(join(debian, 'raffia.yaml'), 'utf8');
  const load = (text: string) => {
    const place = mkdtempSync(join(tmpdir(), 'raffia-example-'));
    try {
      const file = join(place, 'raffia.yaml');
      // The files that it names are there.
      for (const [, name] of text.matchAll(/\/etc\/raffia\/([\w-]+\.(?:crt|key))/g))
        writeFileSync(join(place, name as string), '');
      writeFileSync(file, text.replaceAll('/etc/raffia/', `${place}/`));
      return loadConfiguration({ RAFFIA_CONFIG: file });
    } finally {
      rmSync(place, { recursive: true });
    }
  };

  test('the example is a valid configuration, with its data where the unit lets them be', () => {
    const { dataDirectory, listen, engine } = load(example);
    assert.deepEqual(
      [dataDirectory, listen, engine],
      ['/var/lib/raffia', { host: '127.0.0.1', port: 8080 }, 'simulated'],
    );
  });

  test('so it is with all that it has in comments', () => {
    const settings = example.split('\n').filter((line) => /^#(?! \S)./.test(line));
    assert.ok(settings.length >= 20, `${settings.length} lines`);
    const { engine, mail, databaseUrl, tls } = load(example.replaceAll(/^#(?! \S)/gm, ''));
    assert.equal(engine, 'incus');
    assert.match(String(mail.url), /^smtp:/);
    assert.match(String(databaseUrl), /^postgres:/);
    assert.ok(tls !== undefined);
  });
});

describe('its life on a host', { skip: skipAll || skipSystem }, () => {
  let place: string;
  let system: DebianSystem;
  let machine: string;
  let bootstrap: { api_key: string; project_id: string };

  before(async () => {
    place = (await fresh) as string;
    for (const file of [first, second]) execFileSync('cp', [file, join(place, 'root')]);
  });
  after(async () => {
    await system?.end();
    rmSync(place, { recursive: true, force: true });
  });

  const install = (file: string) => system.run(`dpkg --install /root/${basename(file)} 2>&1`);
  const state = () => system.run('systemctl show --property ActiveState --value raffia');
  const show = (property: string) => system.run(`systemctl show --property ${property} --value raffia`);
  const machineNow = async () => {
    const { data } = await system.fetch(`/api/v1/vms/${machine}`, '-H', `X-API-Key: ${bootstrap.api_key}`);
    return data as { status: string };
  };
  const owners = (paths: string) => system.run(`stat --format='%n %U:%G %a' ${paths}`);

  test('where no systemd runs, it is installed and nothing is started', () => {
    const printed = execFileSync('chroot', [place, 'dpkg', '--install', `/root/${basename(first)}`], {
      encoding: 'utf8',
    });
    assert.match(printed, /Setting up raffia \(1\.0\)/);
    assert.equal(existsSync(join(place, 'var/lib/raffia/postgres')), false);
  });

  test('the unit stands up to systemd’s own checks', () => {
    const unit = join(place, 'usr/lib/systemd/system/raffia.service');
    const verified = spawnSync('systemd-analyze', [`--root=${place}`, 'verify', 'raffia.service'], {
      encoding: 'utf8',
    });
    assert.deepEqual([verified.status, verified.stderr.trim()], [0, '']);
    // Of 100, for a service with nothing; each of what it may do counts.
    const judged = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=20', unit], {
      encoding: 'utf8',
    });
    assert.equal(judged.status, 0, judged.stdout);
  });

  test('the server comes up with the host, as its own user, and may do nothing else', async () => {
    system = await DebianSystem.boot(place);
    assert.equal(await state(), 'active', await system.run('journalctl --no-pager --unit raffia'));
    assert.deepEqual(await system.fetch('/health'), { status: 'healthy' });
    const status = await system.run(`cat /proc/${await show('MainPID')}/status`);
    const uid = await system.run('id -u raffia');
    assert.match(status, new RegExp(`^Uid:\t${uid}\t`, 'm'));
    assert.match(status, /^CapBnd:\t0+$/m);
    assert.match(status, /^NoNewPrivs:\t1$/m);
    assert.match(status, /^Seccomp:\t2$/m);
    const files =
      '/var/lib/raffia /var/lib/raffia/secret.key /var/lib/raffia/bootstrap.json /var/backups/raffia /etc/raffia/raffia.yaml';
    assert.deepEqual((await owners(files)).split('\n'), [
      '/var/lib/raffia raffia:raffia 700',
      '/var/lib/raffia/secret.key raffia:raffia 600',
      '/var/lib/raffia/bootstrap.json raffia:raffia 600',
      '/var/backups/raffia raffia:raffia 700',
      '/etc/raffia/raffia.yaml root:raffia 640',
    ]);
  });

  test('it makes a machine, and shows its pages', async () => {
    bootstrap = JSON.parse(await system.run('cat /var/lib/raffia/bootstrap.json'));
    const said = await system.run('journalctl --no-pager --unit raffia --output cat');
    assert.ok(!said.includes(bootstrap.api_key), 'the log has the key');
    const body = /-d '(\{.*\})'/.exec(said)?.[1] as string;
    const made = await system.fetch(
      '/api/v1/vms',
      '-H',
      `X-API-Key: ${bootstrap.api_key}`,
      '-H',
      `X-Project-ID: ${bootstrap.project_id}`,
      '-H',
      'Content-Type: application/json',
      '-d',
      body,
    );
    machine = made.data.id as string;
    await until('the machine is active', async () => (await machineNow()).status === 'active', { everyMs: 200 });
    const page = execFileSync(
      'sh',
      ['-c', `nsenter -n -t ${system.pid} curl -s -H 'accept: text/html' http://127.0.0.1:8080/vms`],
      { encoding: 'utf8' },
    );
    assert.match(page, /<script type="module"[^>]* src="\/assets\//);
  });

  test('the operator’s commands reach it, and a backup lies where it may write', async () => {
    assert.match(await system.run('raffia operator account list'), /My cloud/);
    assert.match(await system.run('raffia config'), /dataDirectory = "\/var\/lib\/raffia" {3}\[file/);
    await system.run('raffia backup /var/backups/raffia/first.tar.gz');
    assert.match(await owners('/var/backups/raffia/first.tar.gz'), / raffia:raffia 600$/);
    await assert.rejects(system.run('raffia backup /var/first.tar.gz'), /read-only/);
  });

  test('root restores a backup, and systemd gives it to the user that it runs as', async () => {
    await system.run('systemctl stop raffia; mv /var/lib/raffia /var/lib/raffia.old');
    assert.match(await system.run('raffia restore /var/backups/raffia/first.tar.gz'), /Restored into/);
    await system.run('systemctl start raffia');
    assert.equal((await machineNow()).status, 'active');
    assert.match(
      await owners('/var/lib/raffia /var/lib/raffia/postgres'),
      /^\S+ raffia:raffia 700\n\S+ raffia:raffia 700$/,
    );
    assert.equal(await system.run('find /var/lib/raffia ! -user raffia'), '');
    await system.run('rm -r /var/lib/raffia.old');
  });

  test('it writes nothing where it was installed', async () => {
    assert.equal(await system.run('dpkg --verify raffia'), '');
    const strangers = await system.run(
      'find /usr/lib/raffia | sort >/tmp/there; dpkg --listfiles raffia | grep "^/usr/lib/raffia" | sort | comm -13 - /tmp/there',
    );
    assert.equal(strangers, '');
  });

  test('an upgrade starts the new version on the data and the configuration that are there', async () => {
    const pid = await show('MainPID');
    await system.run(`echo '# ours' >>/etc/raffia/raffia.yaml`);
    assert.match(await install(second), /Unpacking raffia \(1\.1\) over \(1\.0\)/);
    assert.equal(await state(), 'active');
    assert.notEqual(await show('MainPID'), pid);
    assert.equal((await machineNow()).status, 'active');
    assert.match(await system.run('tail -1 /etc/raffia/raffia.yaml'), /^# ours$/);
    assert.match(await owners('/etc/raffia/raffia.yaml'), / root:raffia 640$/);
    const journal = await system.run('journalctl --no-pager --unit raffia --output cat');
    assert.doesNotMatch(journal, /SIGKILL|timed out|Failed with result 'exit-code'/);
  });

  test('a reload has it read its certificate anew: the same process goes on, and new connections get the new one', async () => {
    const authority = new TestAuthority(join(place, 'root/authority'));
    const files = { certificateFile: join(place, 'etc/raffia/tls.crt'), keyFile: join(place, 'etc/raffia/tls.key') };
    const issue = async () => {
      const serial = authority.issue(files);
      await system.run('chown root:raffia /etc/raffia/tls.*; chmod 640 /etc/raffia/tls.*');
      return serial;
    };
    const shown = () => {
      const asked = `nsenter -n -t ${system.pid} openssl s_client -connect 127.0.0.1:8080 </dev/null | openssl x509 -noout -serial`;
      return execFileSync('sh', ['-c', asked], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    };
    const first = await issue();
    const dropIn = '/run/systemd/system/raffia.service.d/tls.conf';
    const variables = 'RAFFIA_TLS_CERTIFICATE=/etc/raffia/tls.crt RAFFIA_TLS_KEY=/etc/raffia/tls.key';
    await system.run(
      `mkdir -p ${dirname(dropIn)}; printf '[Service]\nEnvironment=${variables}\n' >${dropIn}; systemctl daemon-reload; systemctl restart raffia`,
    );
    try {
      const pid = await show('MainPID');
      assert.equal(shown(), `serial=${first}`);
      const second = await issue();
      await system.run('systemctl reload raffia');
      await until('the new one is in use', async () => shown() === `serial=${second}`);
      assert.deepEqual([await show('MainPID'), await state()], [pid, 'active']);
    } finally {
      await system.run(`rm ${dropIn} /etc/raffia/tls.*; systemctl daemon-reload; systemctl restart raffia`);
    }
  });

  test('with the drop-in for low ports it serves where TLS is looked for, with no other power and as its own user', async () => {
    const dropIns = '/run/systemd/system/raffia.service.d';
    const settings = [
      'RAFFIA_PORT=443',
      'RAFFIA_PUBLIC_URL=https://cloud.raffia.test',
      'RAFFIA_ACME_DIRECTORY=https://127.0.0.1:1/directory',
      'RAFFIA_ACME_AGREED=true',
    ];
    const dropIn = `mkdir -p ${dropIns}; printf '[Service]\\nEnvironment=${settings.join(' ')}\\n' >${dropIns}/acme.conf`;
    await system.run(`systemctl stop raffia; ${dropIn}; systemctl daemon-reload`);
    try {
      await assert.rejects(system.run('systemctl start raffia'));
      assert.match(
        await system.run('journalctl --no-pager --unit raffia --output cat --lines 20'),
        /EACCES|permission/i,
      );
      await system.run(
        `systemctl stop raffia; cp /usr/share/doc/raffia/examples/low-ports.conf ${dropIns}/; systemctl daemon-reload; systemctl start raffia`,
      );
      const status = await system.run(`cat /proc/${await show('MainPID')}/status`);
      assert.match(status, new RegExp(`^Uid:\t${await system.run('id -u raffia')}\t`, 'm'));
      // Of all powers the tenth, CAP_NET_BIND_SERVICE.
      for (const set of ['CapBnd', 'CapEff']) assert.match(status, new RegExp(`^${set}:\t0*400$`, 'm'));
      const plain = `nsenter -n -t ${system.pid} curl --silent --output /dev/null --write-out '%{http_code} %{redirect_url}' http://127.0.0.1/vms`;
      assert.equal(execFileSync('sh', ['-c', plain], { encoding: 'utf8' }), '308 https://cloud.raffia.test/vms');
      assert.match(await system.run('raffia operator status'), /^certificate +none yet$/m);
      assert.match(await owners('/var/lib/raffia/acme/*'), / raffia:raffia 700$/);
    } finally {
      await system.run(`rm -r ${dropIns}; systemctl daemon-reload; systemctl restart raffia`);
    }
  });

  test('systemd starts one anew that hangs, and leaves one alone that works', async () => {
    const dropIn = '/run/systemd/system/raffia.service.d/watchdog.conf';
    await system.run(
      `mkdir -p ${dirname(dropIn)}; printf '[Service]\nWatchdogSec=6s\n' >${dropIn}; systemctl daemon-reload; systemctl restart raffia`,
    );
    const pid = await show('MainPID');
    await until('it has told twice that it is well', async () => {
      const since =
        Number(await show('WatchdogTimestampMonotonic')) - Number(await show('ActiveEnterTimestampMonotonic'));
      return since > 6_500_000;
    });
    assert.deepEqual([await show('MainPID'), await show('NRestarts')], [pid, '0']);
    await system.run(`kill -STOP ${pid}`);
    await until('it was started anew', async () => (await show('NRestarts')) === '1' && (await state()) === 'active');
    assert.notEqual(await show('MainPID'), pid);
    assert.equal((await machineNow()).status, 'active');
    await system.run(`rm ${dropIn}; systemctl daemon-reload; systemctl restart raffia`);
  });

  test('with the drop-in for a local engine it is root in the host’s own namespaces, and its database is not', async () => {
    const mounts = (pid: string) => system.run(`readlink /proc/${pid}/ns/mnt`);
    assert.notEqual(await mounts(await show('MainPID')), await mounts('1'));
    await system.run(
      'mkdir -p /etc/systemd/system/raffia.service.d; cp /usr/share/doc/raffia/examples/local-engine.conf /etc/systemd/system/raffia.service.d/; systemctl daemon-reload; systemctl restart raffia',
    );
    const pid = await show('MainPID');
    assert.equal(await mounts(pid), await mounts('1'));
    assert.match(await system.run(`cat /proc/${pid}/status`), /^Uid:\t0\t0[\s\S]*^CapEff:\t[0-9a-f]*[1-9a-f]/m);
    assert.match(
      await system.run('stat --format=%U /proc/$(head -1 /var/lib/raffia/postgres/postmaster.pid)'),
      /^raffia$/,
    );
    assert.equal((await machineNow()).status, 'active');
    await system.run('rm -r /etc/systemd/system/raffia.service.d; systemctl daemon-reload; systemctl restart raffia');
    assert.equal((await machineNow()).status, 'active');
  });

  test('removed, it is gone from the host, and its data and configuration are still there', async () => {
    await system.run('dpkg --remove raffia');
    assert.equal(
      await system.run(
        'ls -d /usr/lib/raffia /usr/bin/raffia /usr/lib/systemd/system/raffia.service 2>/dev/null || true',
      ),
      '',
    );
    assert.equal(await system.run('ps -U raffia -o pid= || true').catch(() => ''), '');
    assert.match(
      await owners('/var/lib/raffia/postgres /etc/raffia/raffia.yaml'),
      / raffia:raffia 700\n.* root:raffia 640$/,
    );
    await install(second);
    assert.equal((await machineNow()).status, 'active');
  });

  test('purged, it leaves nothing but its backups, its user, and what others have there', async () => {
    await system.run('mkdir -p /var/lib/raffia/0123456789abcdef/postgres; dpkg --purge raffia');
    const left = await system.run(
      'find / -xdev -name "*raffia*" -not -path "/root/*" -not -path "/var/log/*" -not -path "/tmp/*" | sort',
    );
    assert.deepEqual(left.split('\n'), ['/var/backups/raffia', '/var/lib/raffia']);
    assert.equal(
      await system.run('find /var/lib/raffia /var/backups/raffia -type f; ls /var/lib/raffia'),
      '/var/backups/raffia/first.tar.gz\n0123456789abcdef',
    );
    assert.match(await system.run('getent passwd raffia'), /nologin$/);
    await system.run('rm -r /var/lib/raffia /var/backups/raffia');
    await install(first);
    await until('it is up again, with nothing', async () => (await state()) === 'active');
    await system.run('dpkg --purge raffia');
    assert.equal(await system.run('ls -d /var/lib/raffia /var/backups/raffia /etc/raffia 2>/dev/null || true'), '');
  });
});
