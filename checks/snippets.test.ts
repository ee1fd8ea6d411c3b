// timeout: 10m
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { matchesDigest } from '@raffia/server/engines/simulated/password-digest.ts';
import { buildPlainProgram, whyNoCompiler } from '@raffia/server/testing/go-client.ts';
import { goodPassword, sshPublicKey, TestServer, ubuntu } from '@raffia/server/testing/test-server.ts';
import { keySnippets, vmSnippets } from '../dashboard/parts/key-snippets.ts';
import { volumeCommands } from '../dashboard/parts/volume-commands.ts';

/**
 * The code that pages of the dashboard give to whoever would do the same elsewhere: made by the function that the page calls, written to
 * a file as it would be pasted, and run by its own tool. The provider of Terraform is in no registry that we may use: of its code it is
 * held what the language makes of it, and not that the provider takes it.
 */
const root = join(import.meta.dirname, '..');
/** More than a page of a list has. */
const machines = 103;
let server: TestServer;
let folder: string;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raffia-snippets-'));
  server = await TestServer.start();
  for (let i = 0; i < machines; i++) await server.vm(`listed-${i}`, {}, server.owner, false);
  await server.settled();
});
after(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const has = (command: string, ...args: string[]) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;
const noCurl = !has('curl', '--version') && 'needs curl';
const python = ['python3', '/usr/bin/python3'].find((command) => has(command, '-c', 'import requests'));
const noPython = python === undefined && 'needs python3 with requests (Debian: python3-requests)';

const keyCode = () => keySnippets(server.first.api_key, server.first.project_id, server.address);

/** Runs a program in a folder that has nothing but what was pasted. */
async function run(at: string, command: string, args: readonly string[], env: object = {}): Promise<string> {
  const clean = { PATH: process.env.PATH, HOME: folder, npm_config_offline: 'true', npm_config_audit: 'false' };
  return (await promisify(execFile)(command, args, { cwd: at, env: { ...clean, ...env } })).stdout;
}

/** A new folder with a file in it, as somebody pastes it. */
function pasted(file: string, text: string | undefined): string {
  const at = mkdtempSync(join(folder, 'pasted-'));
  writeFileSync(join(at, file), `${text}\n`);
  return at;
}

/** What has to be in the environment: the key, as the commands for a shell set it. */
async function environment(more: Record<string, string> = {}): Promise<Record<string, string>> {
  const at = pasted('set.sh', keyCode().Shell);
  const said = await run(at, 'sh', ['-euc', '. ./set.sh; env']);
  const set = said
    .split('\n')
    .flatMap((line) => (line.startsWith('RAFF_') ? [line.split('=', 2) as [string, string]] : []));
  assert.equal(set.length, 3);
  return { ...Object.fromEntries(set), ...more };
}

/** The names of machines in lines of `id name status`. */
const namesIn = (said: string) =>
  said
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[1]);
const allNames = async () => {
  const pages = await Promise.all(
    [0, 100].map((offset) => server.call(server.owner, 'GET', `/api/v1/vms?limit=100&offset=${offset}`)),
  );
  return pages.flatMap(({ body }) => body.data.map(({ name }: { name: string }) => name as string));
};

test('a key in a shell: what is set serves the next command', { skip: noCurl }, async () => {
  const env = await environment();
  const command =
    'curl -fsS "$RAFF_API_URL/api/v1/vms?limit=1" -H "X-API-Key: $RAFF_API_KEY" -H "X-Project-ID: $RAFF_PROJECT_ID"';
  const { total } = JSON.parse(await run(folder, 'sh', ['-c', command], env));
  assert.ok(total >= machines, `${total}`);
});

test('a key with curl lists VMs, and tells by its end and in words what was refused', { skip: noCurl }, async () => {
  const { data } = JSON.parse(await run(pasted('list.sh', keyCode().curl), 'sh', ['list.sh']));
  assert.ok(data.length > 1);
  const wrong = keySnippets('raff_wrong', server.first.project_id, server.address).curl;
  await assert.rejects(run(pasted('list.sh', wrong), 'sh', ['list.sh']), { code: 22, stdout: /"error"/ });
});

test('a key in Python prints every VM, of all pages', { skip: noPython }, async () => {
  const names = namesIn(await run(pasted('list.py', keyCode().Python), python as string, ['list.py']));
  assert.ok(names.length >= machines, `${names.length}`);
  assert.deepEqual(names.toSorted(), (await allNames()).toSorted());
});

/** A folder beside Raffia's sources, where what the code says of its installation was done, with the code in a file. */
async function withClient(text: string | undefined): Promise<string> {
  const code = text ?? '';
  const at = pasted('main.ts', code);
  const commands = [...code.matchAll(/^\/\/ {3}(\S.*)$/gm)].map(([, command]) => command as string);
  assert.equal(commands.length, 1, 'it says how to install what it imports');
  symlinkSync(root, join(at, 'raffia'));
  for (const command of commands) await run(at, 'sh', ['-euc', command]);
  return at;
}

function typeCheck(at: string): void {
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'es2022',
    lib: ['es2022', 'dom', 'dom.iterable'],
    module: 'nodenext',
    moduleResolution: 'nodenext',
    typeRoots: [join(root, 'node_modules/@types')],
    types: ['node'],
    skipLibCheck: true,
  };
  const packageFile = join(at, 'package.json');
  writeFileSync(packageFile, JSON.stringify({ ...JSON.parse(readFileSync(packageFile, 'utf8')), type: 'module' }));
  writeFileSync(join(at, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', at], { encoding: 'utf8' });
  assert.equal(status, 0, stdout);
}

test('a key in TypeScript: the client is installed as it says, and every VM is listed', async () => {
  const at = await withClient(keyCode().TypeScript);
  const names = namesIn(await run(at, process.execPath, ['main.ts']));
  assert.deepEqual(names.toSorted(), (await allNames()).toSorted());
  typeCheck(at);
});

interface Block {
  readonly type: string;
  readonly labels: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly blocks: readonly Block[];
}

let reader: Promise<string> | undefined;

/** What Terraform's language makes of a file, with values for its variables. */
async function terraform(text: string | undefined, ...values: string[]): Promise<readonly Block[]> {
  reader ??= (async () => {
    const file = join(folder, 'terraform-reader');
    await buildPlainProgram('./terraform', file);
    return file;
  })();
  const at = pasted('main.tf', text);
  const { blocks, isFormatted } = JSON.parse(await run(at, await reader, ['main.tf', ...values]));
  assert.ok(isFormatted, 'as terraform fmt writes it');
  return blocks;
}

const named = (blocks: readonly Block[], ...path: string[]) =>
  blocks.filter(({ type, labels }) => [type, ...labels].join(' ') === path.join(' '));
/** What the provider takes beside what is in its environment. */
const providerTakes = ['api_key', 'api_url', 'project_id'];

function hasProvider(blocks: readonly Block[]): Readonly<Record<string, unknown>> {
  const [required] = named(blocks, 'terraform').flatMap((one) => named(one.blocks, 'required_providers'));
  assert.deepEqual(required?.attributes, { raff: { source: 'RaffTechnologies/raff', version: '~> 0.1' } });
  const [provider, ...others] = named(blocks, 'provider', 'raff');
  assert.deepEqual(others, []);
  const { attributes = {} } = provider ?? {};
  assert.deepEqual(
    Object.keys(attributes).filter((name) => !providerTakes.includes(name)),
    [],
  );
  return attributes;
}

test('a key in Terraform, as far as its language goes: the provider has a source, the address of this server, and the key', {
  skip: whyNoCompiler,
}, async () => {
  const { api_key, project_id } = server.first;
  const { Terraform = '' } = keyCode();
  const provider = hasProvider(await terraform(Terraform));
  const address = /api_url += "(.*)"/.exec(Terraform)?.[1];
  assert.match(address ?? '', /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.deepEqual(provider, { api_url: address, api_key, project_id });
});

test('the reader refuses what Terraform would: no HCL, and a variable that is not declared', {
  skip: whyNoCompiler,
}, async () => {
  await assert.rejects(terraform('provider "raff" {\n  api_url = \n}'), /Invalid expression/);
  await assert.rejects(terraform('provider "raff" {\n  api_key = var.key\n}', 'key=x'), /Unsupported attribute/);
  await assert.rejects(terraform('provider "raff" {\n api_url="x"\n}'), /as terraform fmt writes it/);
});

test('the page on clients has a Terraform file that is one', { skip: whyNoCompiler }, async () => {
  const page = readFileSync(join(root, 'docs/clients.md'), 'utf8');
  const blocks = await terraform(/^```hcl\n([\s\S]*?)\n```$/m.exec(page)?.[1]);
  assert.deepEqual(Object.keys(hasProvider(blocks)).toSorted(), ['api_url', 'project_id']);
  assert.deepEqual(named(blocks, 'resource', 'raff_vm', 'web').length, 1);
});

/** What somebody chose on the page, with whatever is special to one of the languages. */
const publicKey = sshPublicKey(`it's "true": $\{true} %{if} $(false) \`x\` \\n: false`);
const orders = {
  'with a key': { ssh_keys: [publicKey, sshPublicKey('two')], tags: ['web', 'blue'], skip_public_ip: true },
  'with a password': { password: '…', backup_type: 'daily', extra_storage: 10, skip_vpc: true },
};

for (const [how, order] of Object.entries(orders)) {
  const bodyOf = (name: string) => ({ name, template_id: ubuntu, pricing_id: 1, region: 'us-east', ...order });
  const code = (name: string) => vmSnippets(bodyOf(name), server.first.project_id, server.address);

  /** The machine that the code made is the one that was chosen. */
  const isMade = async (name: string) => {
    await server.settled();
    const { body } = await server.call(server.owner, 'GET', '/api/v1/vms?limit=100');
    const vm = body.data.find((one: { name: string }) => one.name === name);
    assert.ok(vm !== undefined, `${name} is made`);
    assert.equal(vm.status, 'active');
    const row = await server.server.services.db
      .selectFrom('simulated_machines')
      .select(['ssh_keys', 'password_digest'])
      .where('id', '=', vm.id)
      .executeTakeFirstOrThrow();
    const hasKeys = 'ssh_keys' in order;
    assert.deepEqual(row.ssh_keys, hasKeys ? order.ssh_keys : []);
    if (!hasKeys) assert.ok(await matchesDigest(goodPassword, row.password_digest ?? ''), 'it has the password');
    assert.deepEqual(
      vm.tags.map((tag: { name: string }) => tag.name),
      hasKeys ? order.tags : [],
    );
    assert.equal(vm.added_storage, hasKeys ? 0 : order.extra_storage);
    assert.equal(vm.public_ipv4_address === undefined, hasKeys);
    assert.equal(vm.private_ipv4_address === undefined, !hasKeys);
  };
  const withPassword = () => environment({ VM_PASSWORD: goodPassword });

  test(`a VM ${how}, with curl`, { skip: noCurl }, async () => {
    const name = `curl-${how.replaceAll(' ', '-')}`;
    const at = pasted('make.sh', code(name).curl);
    await assert.rejects(run(at, 'sh', ['make.sh']), /has to be an API key/);
    await run(at, 'sh', ['make.sh'], await withPassword());
    await isMade(name);
  });

  test(`a VM ${how}, in Python`, { skip: noPython }, async () => {
    const name = `python-${how.replaceAll(' ', '-')}`;
    const at = pasted('make.py', code(name).Python);
    const said = await run(at, python as string, ['make.py'], await withPassword());
    assert.match(said, /^[0-9a-f-]{36}\n$/);
    await isMade(name);
    await assert.rejects(run(at, python as string, ['make.py'], await withPassword()), /already/);
  });

  test(`a VM ${how}, in TypeScript`, async () => {
    const name = `typescript-${how.replaceAll(' ', '-')}`;
    const at = await withClient(code(name).TypeScript);
    assert.match(await run(at, process.execPath, ['main.ts'], await withPassword()), / is active\n$/);
    await isMade(name);
    typeCheck(at);
  });

  test(`a VM ${how}, in Terraform as far as its language goes`, { skip: whyNoCompiler }, async () => {
    const { Terraform } = code('9-web.1');
    const blocks = await terraform(Terraform, `vm_password=${goodPassword}`);
    assert.deepEqual(Object.keys(hasProvider(blocks)), ['api_url', 'project_id']);
    const [vm] = named(blocks, 'resource', 'raff_vm', '_9-web_1');
    const body = bodyOf('9-web.1');
    assert.deepEqual(vm?.attributes, 'password' in body ? { ...body, password: goodPassword } : body);
  });
}

/** A system of its own around a disk: its own /dev with the disk in it, /etc and /mnt. What it is given it runs as it was pasted. */
const guest = `set -e
img=$1 loop=$2; shift 2
mkdir dev etc mnt
mount -t tmpfs none dev
cp -a /dev/null /dev/zero /dev/urandom $loop dev
cp -a $loop dev/vdb
cp -a /etc/. etc; : >etc/fstab
mount --bind etc /etc; mount --bind mnt /mnt; mount --move dev /dev
for step; do
  case $step in
    may-fail:*) sh -e "\${step#may-fail:}" >>said 2>&1 || : ;;
    *) sh -e "$step" >>said 2>&1 || { echo "$step failed:"; cat said; exit 1; } ;;
  esac
done`;

/** Without CAP_SYS_RESOURCE, as in many containers, the kernel lets nobody grow an ext4 that is mounted. */
const capabilities = /^CapEff:\t(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
const growsExt4 = ((BigInt(`0x${capabilities}`) >> 24n) & 1n) === 1n;

const filesystems = { ext4: ['mkfs.ext4', '-q'], btrfs: ['mkfs.btrfs', '-q'] };
const noDisks =
  process.getuid?.() !== 0
    ? 'needs root'
    : ['losetup', 'blkid', 'findmnt', 'resize2fs', 'mkfs.ext4', 'mkfs.btrfs'].some(
        (tool) => !['/usr/sbin', '/usr/bin'].some((at) => existsSync(join(at, tool))),
      ) && 'needs Debian’s e2fsprogs, btrfs-progs, mount and util-linux';

for (const [kind, make] of Object.entries(filesystems)) {
  test(`the commands for a volume inside a VM, with ${kind}: mounted, at every start, grown, and detached`, {
    skip: noDisks,
  }, async () => {
    const at = mkdtempSync(join(folder, 'disk-'));
    const image = join(at, 'image');
    const file = (name: string, text: string) => writeFileSync(join(at, name), `${text}\n`);
    // Who pastes is root here, and the tiny system has no sudo.
    mkdirSync(join(at, 'bin'));
    writeFileSync(join(at, 'bin/sudo'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
    const env = { PATH: `${join(at, 'bin')}:${process.env.PATH}:/usr/sbin:/usr/bin` };
    await run(at, 'truncate', ['-s', '256M', image]);
    const [program = '', ...options] = make;
    await run(at, 'env', [program, ...options, image], env);
    const loop = (await run(at, 'env', ['losetup', '-f', '--show', image], env)).trim();
    const size = 'df -B 1M --output=size /mnt/data | tail -1';
    try {
      for (const [name, text] of Object.entries(volumeCommands)) file(name, text);
      file('is-mounted', 'findmnt -n -o FSTYPE /mnt/data | tee filesystem; echo kept >/mnt/data/file');
      file('starts-again', 'umount /mnt/data; mount --all; cat /mnt/data/file | tee after-start');
      file('grow', `${size} >before; truncate -s 512M image; losetup -c ${loop}`);
      file('has-grown', `${size} >after; cat /mnt/data/file`);
      file('is-gone', '! findmnt /mnt/data');
      const grows = kind !== 'ext4' || growsExt4;
      const first = ['Mount', 'is-mounted', 'At every boot', 'starts-again', 'grow'];
      const all = [...first, 'After growing', 'has-grown', 'Before detaching', 'is-gone'];
      assert.deepEqual(
        Object.keys(volumeCommands).filter((name) => !all.includes(name)),
        [],
      );
      if (!grows) all[first.length] = 'may-fail:After growing';
      const args = ['-m', '--propagation', 'private', 'sh', '-c', guest, 'guest', image, loop, ...all];
      await run(at, 'unshare', args, env);
      const read = (name: string) => readFileSync(join(at, name), 'utf8').trim();
      assert.deepEqual([read('filesystem'), read('after-start')], [kind, 'kept']);
      if (grows)
        assert.ok(Number(read('after')) > 1.5 * Number(read('before')), `${read('before')} and ${read('after')} MB`);
      else assert.match(read('said'), /\/dev\/vdb is mounted on \/mnt\/data; on-line resizing required/);
    } finally {
      await run(at, 'env', ['losetup', '-d', loop], env);
    }
  });
}

test('every language that a page offers is run here', () => {
  assert.deepEqual(Object.keys(keyCode()), ['Shell', 'curl', 'Terraform', 'Python', 'TypeScript']);
  assert.deepEqual(Object.keys(vmSnippets({ name: 'x' }, 'p', 'u')), ['curl', 'Terraform', 'TypeScript', 'Python']);
});
