import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  globSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { buildDashboard } from '../dashboard/build.ts';
import { packKysely } from '../server/database/packed-kysely.ts';
import { postgresBinaries } from '../server/database/postgres-binaries.ts';
import { installedPackages } from './installed-packages.ts';

const root = join(import.meta.dirname, '..');
const debian = join(import.meta.dirname, 'debian');
const library = 'usr/lib/raffia';
const documents = 'usr/share/doc/raffia';

/** What Debian calls the processors that there is a pinned Node for. */
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** What packages from npm bring for those who develop with them, or read them. */
const forDevelopers =
  /\.(map|[cm]?tsx?|md|flow|tsbuildinfo)$|\.test\.[cm]?js$|\/lib\/(pkgconfig|postgresql\/pgxs)(\/|$)/;
const foldersForDevelopers = /^(test|tests|__tests__|docs|examples?|benchmarks?|\.github|\.vscode|scripts)$/;
/** Texts of licences, or folders of them, whatever their case and ending. */
const licences = /^(un)?licen[cs]es?([._-]|$)|^(copying|notice)([._-]|$)/i;

interface Options {
  /** The folder that gets it. */
  readonly into?: string;
  /** That of package.json, unless another is named. */
  readonly version?: string;
  /** Seconds since 1970 that nothing in it is newer than. */
  readonly epoch?: number;
}

/**
 * Builds the Debian package of an installed checkout, without network: the server as it runs from there, its pinned Node, PostgreSQL,
 * the packages that it needs to run, the built dashboard, and all of it compiled already. The answer is its path. Built twice, all files
 * are the same but those of the compiler, which are never.
 *
 * @throws Error where something is not installed, or on a system without `dpkg-deb`
 */
export async function buildPackage(options: Options = {}): Promise<string> {
  const architecture = architectures[process.arch];
  if (process.platform !== 'linux' || architecture === undefined) throw new Error('Packages are built on Linux only.');
  const version = options.version ?? (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version as string);
  const into = options.into ?? join(root, 'dist');
  const stage = mkdtempSync(join(tmpdir(), 'raffia-package-'));
  try {
    await buildDashboard();
    putServer(join(stage, library));
    putSystem(stage);
    await packKysely(join(stage, library, 'node_modules'));
    compile(join(stage, library));
    const bytes = tidy(stage, options.epoch ?? epoch());
    putControl(stage, { version, architecture, kilobytes: Math.ceil(bytes / 1024) });
    const file = join(into, `raffia_${version}_${architecture}.deb`);
    mkdirSync(into, { recursive: true });
    // A container is built from what lies there, so nothing older does.
    if (options.into === undefined) for (const old of globSync(join(into, 'raffia_*.deb'))) rmSync(old);
    execFileSync('dpkg-deb', ['--root-owner-group', '-Zzstd', '-z9', '--build', stage, file], {
      env: { ...process.env, SOURCE_DATE_EPOCH: String(options.epoch ?? epoch()) },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return file;
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/** The time of the last commit, unless the environment names one; a checkout without its history has that of package.json. */
function epoch(): number {
  if (process.env.SOURCE_DATE_EPOCH !== undefined) return Number(process.env.SOURCE_DATE_EPOCH);
  try {
    return Number(
      execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] }),
    );
  } catch {
    return Math.floor(lstatSync(join(root, 'package.json')).mtimeMs / 1000);
  }
}

function putServer(target: string): void {
  const sources = globSync('{server,contract}/**/*.ts', {
    cwd: root,
    exclude: ['**/node_modules/**', 'server/testing/**', '**/*.test.ts'],
  });
  const pages = globSync('dashboard/dist/**/{*,.built-from}', { cwd: root, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
  const alone = ['server/package.json', 'contract/package.json', 'catalogue.yaml', 'LICENSE'];
  for (const file of [...sources, ...pages, ...alone]) put(join(root, file), join(target, file));
  // The links between its libraries are made in the checkout.
  postgresBinaries(null);
  for (const path of installedPackages(root, 'server')) {
    cpSync(join(root, path), join(target, path), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (from) => isNeeded(relative(join(root, path), from)),
    });
  }
  mkdirSync(join(target, 'node_modules/@raffia'), { recursive: true });
  for (const part of ['server', 'contract']) {
    symlinkSync(`../../${part}`, join(target, 'node_modules/@raffia', part));
  }
  const node = dirname(dirname(process.execPath));
  put(process.execPath, join(target, 'bin/node'));
  put(join(node, 'LICENSE'), join(target, 'bin/LICENSE'));
}

/** @param path within its package */
function isNeeded(path: string): boolean {
  const [folder = ''] = path.split('/');
  if (licences.test(folder) || licences.test(basename(path))) return true;
  return !forDevelopers.test(path) && !foldersForDevelopers.test(folder) && folder !== 'node_modules';
}

/** The command, the unit, the example of a configuration, the pages about them, and what others than the server read. */
function putSystem(stage: string): void {
  const places = {
    raffia: 'usr/bin/raffia',
    'raffia.service': 'usr/lib/systemd/system/raffia.service',
    'raffia.yaml': 'etc/raffia/raffia.yaml',
    'local-engine.conf': `${documents}/examples/local-engine.conf`,
    'low-ports.conf': `${documents}/examples/low-ports.conf`,
    copyright: `${documents}/copyright`,
  };
  for (const [file, place] of Object.entries(places)) put(join(debian, file), join(stage, place));
  for (const page of globSync('docs/**/*.md', { cwd: root })) {
    put(join(root, page), join(stage, documents, relative('docs', page)));
  }
  for (const file of globSync('deploy/*/*', { cwd: root, exclude: ['**/*.test.yaml'] })) {
    put(join(root, file), join(stage, documents, 'examples', relative('deploy', file)));
  }
}

/** Has all that a server may load compiled by the Node that comes with it, under names that count from the cache's own folder. */
function compile(target: string): void {
  execFileSync(join(target, 'bin/node'), [join(target, 'server/main.ts'), 'read'], {
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: join(target, 'cache'), NODE_COMPILE_CACHE_PORTABLE: '1' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Gives everything the modes that it has on a host, and a time. The answer is how many bytes there are. */
function tidy(stage: string, seconds: number): number {
  let bytes = 0;
  for (const name of ['', ...readdirSync(stage, { recursive: true }).map(String)]) {
    const path = join(stage, name);
    const is = lstatSync(path);
    if (is.isDirectory()) chmodSync(path, 0o755);
    else if (is.isFile()) chmodSync(path, name.startsWith('etc/') ? 0o640 : is.mode & 0o100 ? 0o755 : 0o644);
    bytes += is.isFile() ? is.size : 0;
  }
  for (const name of readdirSync(stage, { recursive: true }).map(String))
    lutimesSync(join(stage, name), seconds, seconds);
  return bytes;
}

function putControl(
  stage: string,
  { version, architecture, kilobytes }: { version: string; architecture: string; kilobytes: number },
): void {
  const control = join(stage, 'DEBIAN');
  mkdirSync(control, { mode: 0o755 });
  const text = readFileSync(join(debian, 'control'), 'utf8')
    .replace('@VERSION@', version)
    .replace('@ARCHITECTURE@', architecture)
    .replace('@KILOBYTES@', String(kilobytes));
  writeFileSync(join(control, 'control'), text, { mode: 0o644 });
  const files = readdirSync(stage, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.parentPath !== control)
    .map((entry) => relative(stage, join(entry.parentPath, entry.name)))
    .sort();
  const settings = files.filter((file) => file.startsWith('etc/'));
  writeFileSync(join(control, 'conffiles'), settings.map((file) => `/${file}\n`).join(''), { mode: 0o644 });
  const sums = files.filter((file) => !settings.includes(file)).map((file) => `${md5(join(stage, file))}  ${file}\n`);
  writeFileSync(join(control, 'md5sums'), sums.join(''), { mode: 0o644 });
  for (const script of ['postinst', 'prerm', 'postrm']) put(join(debian, script), join(control, script));
}

function md5(file: string): string {
  return createHash('md5').update(readFileSync(file)).digest('hex');
}

function put(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

if (process.argv[1] === import.meta.filename) {
  const [version] = process.argv.slice(2);
  process.stdout.write(`${await buildPackage({ ...(version === undefined ? {} : { version }) })}\n`);
}
