import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bootUnit, unitFile } from './boot-unit.ts';

/** Units of Debian's packages that start machines, or what starts them. */
const engines = globSync('/lib/systemd/system/{incus,lxd}*.service').filter((file) =>
  /^ExecStart=/m.test(readFileSync(file, 'utf8')),
);
const nftables = '/lib/systemd/system/nftables.service';
const isThere = existsSync('/usr/bin/systemd-analyze') && existsSync(nftables) && engines.length > 0;

describe('the boot unit', { skip: isThere ? false : 'needs systemd, nftables and an engine' }, () => {
  const unit = basename(unitFile);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'raffia-unit-'));
    const enable = (target: string, file: string) => {
      mkdirSync(join(folder, `${target}.wants`), { recursive: true });
      symlinkSync(file, join(folder, `${target}.wants`, basename(file)));
    };
    const [, wantedBy = ''] = /^WantedBy=(.*)$/m.exec(bootUnit) ?? [];
    enable(wantedBy, `../${unit}`);
    enable('sysinit.target', nftables);
    for (const engine of engines) enable('multi-user.target', engine);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** What systemd says of a boot with this unit, the engines and nftables. */
  const boot = (text: string) => {
    writeFileSync(join(folder, unit), text);
    return ['multi-user.target', unit]
      .map((name) => {
        const { stdout, stderr, error } = spawnSync('systemd-analyze', ['verify', '--man=no', name], {
          encoding: 'utf8',
          env: { ...process.env, SYSTEMD_UNIT_PATH: `${folder}:` },
        });
        assert.equal(error, undefined);
        return `${stdout}${stderr}`;
      })
      .join('')
      .split('\n')
      .filter((line) => line.includes('raffia'))
      .join('\n');
  };

  test('systemd finds nothing wrong with it, and no cycle in the order of a boot', () => {
    assert.equal(boot(bootUnit), '');
    // What this would say: a mistake, and a cycle.
    assert.match(boot(bootUnit.replace('ExecStart=', 'ExecStrat=')), /Unknown key.*ExecStrat/);
    assert.match(boot(bootUnit.replace('After=', 'After=incus.service lxd.service ')), /ordering cycle/);
  });

  test('it comes after nftables, which empties all tables, and before every unit that starts machines', () => {
    const named = (key: string) =>
      [...bootUnit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].flatMap(([, names]) => (names as string).split(' '));
    assert.ok(named('After').includes('nftables.service') && named('PartOf').includes('nftables.service'));
    for (const engine of engines.filter((file) => !/-(agent|user)\./.test(file)))
      assert.ok(named('Before').includes(basename(engine)), engine);
  });
});
