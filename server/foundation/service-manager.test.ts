import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { until } from '../testing/until.ts';
import { keepWatchdogQuiet, tellServiceManager } from './service-manager.ts';

const folder = mkdtempSync(join(tmpdir(), 'raffia-notify-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const lacks = (program: string) => spawnSync(program, ['--version']).status !== 0;
const skip = ['systemd-notify', '/usr/bin/python3'].filter(lacks).map((program) => `needs ${program}`)[0] ?? false;

/** What a service manager reads from its socket: Node cannot. */
const manager = `import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].replace('@', chr(0), 1))
print('listening', flush=True)
while True: print(s.recv(4096).decode(), flush=True)`;

async function withManager(address: string, act: (told: () => string[]) => Promise<void>): Promise<void> {
  const child = spawn('/usr/bin/python3', ['-c', manager, address], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  // systemd-notify waits with a message of its own until what it sent was read.
  const told = () => said.split('\n').filter((line) => !['listening', 'BARRIER=1', ''].includes(line));
  try {
    await until('the manager listens', () => said.includes('listening'));
    process.env.NOTIFY_SOCKET = address;
    await act(told);
  } finally {
    delete process.env.NOTIFY_SOCKET;
    child.kill();
  }
}

for (const [kind, address] of [
  ['a path', join(folder, 'notify')],
  ['an abstract name', `@${folder}/notify`],
] as const) {
  test(`a service manager at ${kind} has read what it is told by the time that it was told`, { skip }, async () => {
    await withManager(address, async (told) => {
      await tellServiceManager('READY=1');
      await tellServiceManager('STOPPING=1');
      await until('both are printed', () => told().length === 2);
      assert.deepEqual(told(), ['READY=1', 'STOPPING=1']);
    });
  });
}

test('a manager that watches is told again and again, one that watches another process or none is not', {
  skip,
}, async () => {
  await withManager(join(folder, 'watch'), async (told) => {
    assert.equal(keepWatchdogQuiet({ WATCHDOG_USEC: '100000', WATCHDOG_PID: '1' }), undefined);
    assert.equal(keepWatchdogQuiet({}), undefined);
    const timer = keepWatchdogQuiet({ WATCHDOG_USEC: '100000', WATCHDOG_PID: String(process.pid) });
    try {
      await until('it is told three times', () => told().length >= 3);
    } finally {
      clearInterval(timer);
    }
    assert.deepEqual([...new Set(told())], ['WATCHDOG=1']);
  });
});

test('without a service manager nothing is started', async () => {
  const ran = join(folder, 'ran');
  writeFileSync(join(folder, 'systemd-notify'), `#!/bin/sh\ntouch ${ran}\n`, { mode: 0o755 });
  const { PATH } = process.env;
  process.env.PATH = `${folder}:${PATH}`;
  try {
    await tellServiceManager('READY=1');
    assert.equal(existsSync(ran), false);
    process.env.NOTIFY_SOCKET = join(folder, 'nobody');
    await tellServiceManager('READY=1');
    assert.equal(existsSync(ran), true);
  } finally {
    process.env.PATH = PATH;
    delete process.env.NOTIFY_SOCKET;
  }
});
