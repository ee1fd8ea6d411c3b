import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

/** Rules of the repository. */
const root = join(import.meta.dirname, '..');
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root })
  .toString()
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));
const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** Which parts each part may import (docs/architecture.md). */
const mayImport: Record<string, readonly string[]> = {
  contract: ['contract'],
  server: ['server', 'contract'],
  client: ['client'],
  dashboard: ['dashboard', 'client', 'contract'],
  packaging: ['packaging', 'dashboard', 'server'],
  checks: ['checks', 'conformance', 'packaging', 'dashboard', 'client', 'server', 'contract'],
  conformance: ['conformance', 'server', 'contract'],
  bench: ['bench', 'server', 'contract'],
};

function imports(file: string): string[] {
  return [...read(file).matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] as string);
}

function partOf(file: string, imported: string): string | undefined {
  const ours = /^@raffia\/(\w+)\//.exec(imported);
  if (ours) return ours[1];
  return imported.startsWith('.') ? normalize(join(dirname(file), imported)).split('/')[0] : undefined;
}

test('parts import only what stands below them', () => {
  const sources = tracked.filter((file) =>
    /^(contract|server|client|dashboard|packaging|checks|conformance|bench)\/.*\.tsx?$/.test(file),
  );
  assert.ok(sources.length > 100);
  for (const file of sources) {
    const part = file.split('/')[0] as string;
    for (const imported of imports(file)) {
      const target = partOf(file, imported);
      if (target !== undefined) assert.ok(mayImport[part]?.includes(target), `${file} imports ${imported}`);
    }
  }
});

/** The server's folders as the page draws them: each imports only those below it. */
const drawn = /## Folders of the server\n[\s\S]*?```\n([\s\S]*?)```/.exec(read('docs/architecture.md'))?.[1] ?? '';
const levels = [...drawn.matchAll(/^ ?([a-z-]+) {2,}\S/gm)].map((match) => match[1] as string);

test('folders of the server import only those that are drawn below them', () => {
  const sources = tracked.filter(
    (file) => /^server\/[a-z-]+\/.*\.ts$/.test(file) && !/\.test\.ts$|^server\/(testing|node_modules)\//.test(file),
  );
  assert.ok(sources.length >= 180, `${sources.length} files`);
  const folderOf = (file: string) => file.split('/')[1] as string;
  assert.deepEqual(
    [...levels].sort(),
    [...new Set(sources.map(folderOf))].sort(),
    'draw every folder once, under "Folders of the server" in docs/architecture.md',
  );
  for (const file of sources) {
    // What all share is known to all by its type alone; who makes it stands above them.
    const text = read(file).replaceAll(/^import type [^;]*'(?:\.\.\/)+services\.ts';$/gm, '');
    for (const [, imported = ''] of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
      const target = normalize(join(dirname(file), imported));
      if (!target.startsWith('server/') || folderOf(target) === folderOf(file)) continue;
      assert.ok(
        levels.indexOf(folderOf(target)) > levels.indexOf(folderOf(file)),
        `${file} imports ${imported}, which does not stand below it: move what both need down, or have it handed in`,
      );
    }
  }
});

test('the contract does no I/O', () => {
  const files = tracked.filter((name) => /^contract\/.*\.ts$/.test(name) && !name.endsWith('.test.ts'));
  assert.ok(files.length >= 25, `${files.length} files`);
  for (const file of files) {
    for (const imported of imports(file)) assert.ok(!imported.startsWith('node:'), `${file} imports ${imported}`);
  }
});

test('nothing but a test loads TypeBox: schemas are made by contract/type.ts', () => {
  const files = tracked.filter((name) => /^(contract|server|client|dashboard)\/.*\.tsx?$/.test(name));
  const loads = (text: string) => [...text.matchAll(/^(?:import|export) (?!type )[^;]*?'typebox[^']*'/gm)].length > 0;
  const loading = files.filter((file) => loads(read(file)));
  assert.deepEqual(loading, ['contract/type.test.ts'], "import { Type } from './type.ts', or add a kind to it");
});

test('a test that starts a server of its own stops it also when it fails', () => {
  const files = tracked.filter((file) => file.endsWith('.test.ts'));
  let found = 0;
  for (const file of files) {
    for (const [, name, next] of read(file).matchAll(/const (\w+) = await TestServer\.start\([^;]*\);\s*([^;]*;)/g)) {
      found++;
      assert.match(next as string, /^(t\.after\(|try \{|await \w+\.stop\(\))/, `${file}: ${name}`);
    }
  }
  assert.ok(found >= 10, `${found} servers`);
});

/** `RateLimiter`, `listVMs` and `rate-limiters` as words, in the singular. */
const wordsOf = (name: string) =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .toLowerCase()
    .split('-')
    .map((word) => word.replace(/ies$/, 'y').replace(/(?<=[^s])s$/, ''));

/** Where the name says more than what is exported, and why. */
const namedOtherwise: Record<string, string> = {
  'contract/contract.ts': 'is the contract',
  'server/resources/people/sign-in.ts': 'binds the operations of contract/sign-in.ts',
};

test('a file that exports one thing is named after it', () => {
  const files = tracked.filter(
    (file) =>
      /^(server|contract|client|dashboard|packaging|checks|bench)\/.*\.tsx?$/.test(file) &&
      !/\.test\.|\/migrations\//.test(file),
  );
  let alone = 0;
  const exported = /^export (?:default )?(?:async )?(?:abstract )?(?:function\*?|class|const|let) (\w+)/gm;
  for (const file of files) {
    const [only = '', ...more] = [...read(file).matchAll(exported)].map(([, name]) => name as string);
    if (only === '' || more.length > 0) continue;
    alone++;
    if (namedOtherwise[file] !== undefined) continue;
    const types = [...read(file).matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name]) => name as string);
    const name = wordsOf((file.split('/').at(-1) as string).replace(/\.tsx?$/, ''));
    assert.ok(
      [only, ...types].some((one) => name.every((word) => wordsOf(one).includes(word))),
      `${file} exports ${only}: name one after the other`,
    );
  }
  assert.ok(alone >= 150, `${alone} files`);
});

test('only tests import what is there for tests', () => {
  const served = tracked.filter(
    (file) => /^server\/.*\.ts$/.test(file) && !file.endsWith('.test.ts') && !file.startsWith('server/testing/'),
  );
  assert.ok(served.length >= 150, `${served.length} files`);
  for (const file of served) {
    for (const imported of imports(file)) assert.doesNotMatch(imported, /testing\/|oracle/, file);
  }
});

test('what a change makes stale is known in one place: nothing else drops what is kept, or tells open pages', () => {
  const sources = tracked.filter((file) => /^server\/.*\.ts$/.test(file) && !/\.test\.ts$/.test(file));
  const dropping = /\.(dropAccount|dropKey|dropGroup)\(|(projectAccounts|vmPages|cache)\.drop\(|[eE]vents\.tell\(/;
  const who = sources.filter((file) => dropping.test(read(file))).sort();
  const known = [
    'server/access/principals.ts',
    'server/access/projects.ts',
    'server/changes/changes.ts',
    // What other nodes have changed.
    'server/cluster/announcer.ts',
    'server/cluster/cluster.ts',
  ];
  assert.deepEqual(
    who,
    known,
    'say the change with services.changes.said, and enter what it makes stale in server/changes/changes.ts',
  );
});

/** Lists over projects that narrow by hand, and why. All others take their rows from `visible.from`, which narrows. */
const byHand: Record<string, string> = {
  'server/resources/account/list-work.ts': 'is no kind of resource: shows work on several, each where that is seen',
  'server/resources/vms/list-vms.ts':
    'is served from memory, and finds a page of a hundred thousand by what is counted',
  'server/resources/vpcs/suggest-blocks.ts': 'shows no VPC, and must overlap none of the account, seen or not',
};

test('a list over projects takes its rows from what is narrowed for it; who narrows by hand is named here', () => {
  const sources = tracked.filter((file) => /^server\/.*\.ts$/.test(file) && !/\.test\.ts$/.test(file));
  const who = (pattern: RegExp) => sources.filter((file) => pattern.test(read(file))).sort();
  assert.deepEqual(
    who(/\bbyHand\b/),
    ['server/access/visible.ts', ...Object.keys(byHand)],
    'select from visible.from(kind), or say in checks/repository.test.ts why not',
  );
  assert.deepEqual(who(/new Visible\(/), ['server/http/gate.ts'], 'the gate hands it to a list');
});

test('what waits no longer than a time does so where the timer ends with the wait', () => {
  const sources = tracked.filter(
    (file) => /^server\/.*\.ts$/.test(file) && !/\.test\.ts$|^server\/testing\//.test(file),
  );
  const who = sources.filter((file) => /Promise\.race\(/.test(read(file)));
  assert.deepEqual(who, ['server/foundation/in-time.ts'], 'wait with inTime of server/foundation/in-time.ts');
});

test('requests of a page that a test holds are let go where what is under way is waited for', () => {
  const who = tracked.filter((file) => /^checks\/.*\.ts$/.test(file) && /[.]unroute\w*\(/.test(read(file)));
  assert.deepEqual(who, ['checks/browser.ts'], 'hold them with intercept of checks/browser.ts');
});

test('the texts of many elements are read when there are any', () => {
  const who = tracked.filter(
    (file) => /^checks\/.*\.ts$/.test(file) && /[.]all(InnerTexts|TextContents)\(/.test(read(file)),
  );
  assert.deepEqual(who, ['checks/browser.ts'], 'read them with textsOf of checks/browser.ts');
});

test('a field for a name is found by just that word: the search of a list, which may still be there, has it too', () => {
  const who = tracked.filter(
    (file) => /^checks\/.*\.ts$/.test(file) && /'textbox', \{ name: 'Name' \}/.test(read(file)),
  );
  assert.deepEqual(who, [], 'exact: true');
});

test('amounts and counts are put into words in one place each', () => {
  const pages = tracked.filter((file) => /^dashboard\/.*\.tsx?$/.test(file));
  const saying = (words: RegExp) => pages.filter((file) => words.test(read(file)));
  assert.deepEqual(saying(/style: 'currency'/), ['dashboard/parts/price.ts']);
  assert.deepEqual(saying(/=== 1 \? '' : 's'/), ['dashboard/parts/plural.ts']);
});

test('how the schemas of the contract stand within each other is known in one place', () => {
  const sources = tracked.filter((file) => /^(contract|server|checks)\/.*\.ts$/.test(file));
  const who = sources.filter((file) => /\b(interface|type) \w*Schema\w* (=|\{|extends)/.test(read(file))).sort();
  assert.deepEqual(who, ['contract/schema-shape.ts'], 'walk with placesIn or shapeOf of contract/schema-shape.ts');
});

test('what a call brings has the types of its operation: no cast makes them', () => {
  const sources = tracked.filter(
    (file) => /^server\/.*\.ts$/.test(file) && !/\.test\.ts$|^server\/testing\//.test(file),
  );
  assert.ok(sources.length >= 150, `${sources.length} files`);
  const casting = (pattern: RegExp) => sources.filter((file) => pattern.test(read(file)));
  assert.deepEqual(casting(/\bas never\b/), [], 'say what it is');
  assert.deepEqual(
    casting(/\b(projectId|project_id|params(\.\w+)?) as \w/).filter((file) => file.includes('/resources/')),
    [],
    'the declaration in contract/ says which project and which fields a call has',
  );
});

/** Who opens a connection to the database by itself, and why. All others have the pool, or one that is held. */
const connecting: Record<string, string> = {
  'server/database/embedded-postgres.ts': 'asks a cluster on its way up once',
  'server/database/fair-pool.ts': 'is the pool',
  'server/database/held-connection.ts': 'is one that is held',
  'server/database/preparing-client.ts': 'is what the pool is made of',
  'server/metrics/stored-state.ts': 'has one that goes when nobody looks',
  'server/operator/backup.ts': 'is a command, and ends with it',
};

test('what a process holds of the database it holds over one kind of connection: who opens one is named here', () => {
  const sources = tracked.filter(
    (file) => /^server\/.*\.ts$/.test(file) && !/\.test\.ts$|^server\/testing\//.test(file),
  );
  const who = (pattern: RegExp) => sources.filter((file) => pattern.test(read(file))).sort();
  assert.deepEqual(
    who(/\b(?:new|extends) (?:pg\.)?(?:Client|Pool)\b/),
    Object.keys(connecting),
    'open a HeldConnection',
  );
  assert.deepEqual(who(/HeldConnection\.open\(/), [
    'server/cluster/leader.ts',
    'server/cluster/locks-across.ts',
    'server/cluster/nodes.ts',
    'server/database/sole-owner.ts',
    'server/operations/work-listener.ts',
  ]);
});

test('the audit log has one writer', () => {
  const sources = tracked.filter((file) => /^server\/.*\.ts$/.test(file) && !/\.test\.ts$/.test(file));
  const who = sources.filter((file) => /(insertInto\('|insert into )audit_log/.test(read(file))).sort();
  assert.deepEqual(who, ['server/changes/audit.ts']);
});

test('mail leaves through the outbox alone: nothing else has the mail server, its sender or its table', () => {
  const sources = tracked.filter(
    (file) => /^server\/.*\.ts$/.test(file) && !/\.test\.ts$|^server\/testing\//.test(file),
  );
  const whoHas = (pattern: RegExp) => sources.filter((file) => pattern.test(read(file))).sort();
  assert.deepEqual(whoHas(/'nodemailer'|createTransport/), ['server/mail/smtp.ts']);
  assert.deepEqual(whoHas(/'[./\w-]*\/smtp\.ts'/), ['server/leading.ts', 'server/mail/mail-sender.ts']);
  assert.deepEqual(whoHas(/'[./\w-]*\/mail-sender\.ts'/), ['server/leading.ts']);
  assert.deepEqual(whoHas(/(insertInto|into|update|updateTable|deleteFrom|from)\(?\s*'?mails\b/), [
    'server/mail/mail-sender.ts',
    'server/mail/outbox.ts',
  ]);
  assert.deepEqual(whoHas(/^\s*subject: (?!string;)/m), ['server/mail/mails.ts']);
});

test('every file and folder that a page names is there', () => {
  const pages = tracked.filter((file) => file.endsWith('.md'));
  assert.ok(pages.length > 5);
  let files = 0;
  for (const page of pages) {
    const text = read(page);
    const links = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map((match) => match[1] as string);
    for (const link of links.filter((target) => !/^[a-z]+:/.test(target))) {
      assert.ok(existsSync(join(root, dirname(page), link)), `${page} links to ${link}`);
    }
    const named = [
      ...text.matchAll(/`((?:contract|server|client|dashboard|packaging|checks|conformance|bench|docs)\/[\w./-]*)`/g),
    ];
    for (const [, path] of named) assert.ok(existsSync(join(root, path as string)), `${page} names ${path}`);
    // What is said of the server leaves its folder out.
    for (const [, path] of text.matchAll(/`([a-z-]+(?:\/[a-z-]+)*\/[a-z-]+\.(?:ts|tsx|mjs|sql|md|yaml))`/g)) {
      const places = [root, join(root, 'server'), join(root, dirname(page))];
      assert.ok(
        places.some((place) => existsSync(join(place, path as string))),
        `${page} names ${path}`,
      );
      files++;
    }
  }
  assert.ok(files > 40, `${files} names of files`);
});

test('every dependency has its line of reason, and an exact version', () => {
  const reasons = read('docs/dependencies.md');
  let looked = 0;
  for (const file of tracked.filter((name) => name.endsWith('package.json'))) {
    const { dependencies = {}, devDependencies = {}, optionalDependencies = {} } = JSON.parse(read(file));
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
      assert.match(String(version), /^\d+\.\d+\.\d+(-[\w.]+)?$/, `${file}: ${name} ${version}`);
      if (!name.startsWith('@raffia/'))
        assert.ok(reasons.includes(`\`${name}\``), `${name} has no line in docs/dependencies.md`);
      looked++;
    }
  }
  assert.ok(looked >= 20, `${looked} dependencies`);
});

test('every script that a page tells to run is there', () => {
  const { scripts } = JSON.parse(read('package.json'));
  let told = 0;
  for (const page of tracked.filter((file) => file.endsWith('.md'))) {
    for (const [, name] of read(page).matchAll(/(?:^|`)npm (?:run )?([a-z]+)/gm)) {
      if (['install', 'ci', 'registry'].includes(name as string)) continue;
      assert.ok(scripts[name as string] !== undefined, `${page}: npm ${name}`);
      told++;
    }
  }
  assert.ok(told >= 8, `${told} scripts are told of`);
});
