import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

const packages = [
  'busybox-static',
  'dropbear-bin',
  'libc6',
  'libcrypt1',
  'libtomcrypt1',
  'libtommath1',
  'libgmp10',
  'zlib1g',
];

const init = `#!/bin/sh
export PATH=/bin:/sbin:/usr/bin:/usr/sbin
trap 'kill -TERM -1 2>/dev/null; sleep 0.1; exit 0' PWR TERM
rm -rf /run/*
mkdir -p /run/network
hostname -F /etc/hostname
ifup -a
dropbear -R -p 22
while :; do sleep 86400 & wait $!; done
`;

/** What a DHCP client does with its lease: for machines that are launched without Raffia. */
const leased = `#!/bin/sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip addr flush dev $interface
ip addr add $ip/\${mask:-24} dev $interface
[ -z "$router" ] || ip route replace default via \${router%% *} dev $interface
`;

const metadata = `architecture: x86_64
creation_date: 1700000000
properties: { os: tiny, release: "1", description: busybox and dropbear }
templates:
  /etc/hostname: { when: [create, copy], template: hostname.tpl }
`;

/** Builds the smallest guest that one can ssh into, from Debian's packages: busybox as everything, dropbear as sshd. No cloud-init. */
export function buildTinyImage(target: string): void {
  const work = mkdtempSync(join(tmpdir(), 'raffia-image-'));
  try {
    const taken = join(work, 'packages');
    const root = join(work, 'image', 'rootfs');
    mkdirSync(taken);
    execFileSync('apt-get', ['download', '-qq', ...packages], { cwd: taken, stdio: ['ignore', 'ignore', 'pipe'] });
    for (const file of globSync('*.deb', { cwd: taken })) execFileSync('dpkg-deb', ['-x', file, 'x'], { cwd: taken });
    installPrograms(join(taken, 'x'), root);
    configure(root);
    const templates = join(work, 'image', 'templates');
    mkdirSync(templates);
    writeFileSync(join(templates, 'hostname.tpl'), '{{ instance.name }}\n');
    writeFileSync(join(work, 'image', 'metadata.yaml'), metadata);
    execFileSync('tar', [
      '--numeric-owner',
      '--owner=0',
      '--group=0',
      '-C',
      join(work, 'image'),
      '-czf',
      target,
      'metadata.yaml',
      'templates',
      'rootfs',
    ]);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function installPrograms(from: string, root: string): void {
  for (const folder of [
    'bin',
    'sbin',
    'usr/bin',
    'usr/sbin',
    'lib64',
    'dev',
    'proc',
    'sys',
    'tmp',
    'run',
    'root',
    'var',
  ]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  chmodSync(join(root, 'tmp'), 0o1777);
  symlinkSync('/run', join(root, 'var/run'));
  chmodSync(join(root, 'root'), 0o700);
  const busybox = join(from, 'bin/busybox');
  cpSync(busybox, join(root, 'bin/busybox'));
  for (const applet of execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n')) {
    if (applet !== 'busybox' && applet !== 'init') symlinkSync('/bin/busybox', join(root, 'bin', applet));
  }
  for (const program of ['usr/sbin/dropbear', 'usr/bin/dropbearkey']) {
    cpSync(join(from, program), join(root, program));
    copyLibraries(from, join(from, program), root);
  }
}

/** Copies the libraries that a program is linked with, theirs included, to where it looks for them. */
function copyLibraries(from: string, program: string, root: string): void {
  const folders = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu'].map((folder) => join(from, folder));
  const { stdout } = spawnSync('ldd', [program], {
    encoding: 'utf8',
    env: { ...process.env, LD_LIBRARY_PATH: folders.join(':') },
  });
  for (const [, name] of stdout.matchAll(/^\s*(?:\S*\/)?(lib\S+\.so\S*|ld-linux\S+)/gm)) {
    const found = folders.map((folder) => join(folder, name as string)).find((path) => existsSync(path));
    if (found === undefined) continue;
    const place = (name as string).startsWith('ld-') ? 'lib64' : 'lib/x86_64-linux-gnu';
    mkdirSync(join(root, place), { recursive: true });
    copyFileSync(found, join(root, place, basename(name as string)));
  }
}

function configure(root: string): void {
  const files: Record<string, [text: string, mode: number]> = {
    'sbin/init': [init, 0o755],
    'etc/udhcpc/default.script': [leased, 0o755],
    'etc/passwd': ['root:x:0:0:root:/root:/bin/sh\n', 0o644],
    'etc/shadow': ['root:*:19000:0:99999:7:::\n', 0o640],
    'etc/group': ['root:x:0:\n', 0o644],
    'etc/shells': ['/bin/sh\n', 0o644],
    'etc/hosts': ['127.0.0.1 localhost\n', 0o644],
    'etc/hostname': ['tiny\n', 0o644],
    'etc/machine-id': ['0123456789abcdef0123456789abcdef\n', 0o444],
    'etc/resolv.conf': ['', 0o644],
    'etc/nsswitch.conf': ['passwd: files\ngroup: files\nshadow: files\nhosts: files\n', 0o644],
    'etc/network/interfaces': ['auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet dhcp\n', 0o644],
    'etc/dropbear/README': ['Host keys are made at the first connection.\n', 0o644],
  };
  for (const [path, [text, mode]] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    chmodSync(join(root, path), mode);
  }
}
