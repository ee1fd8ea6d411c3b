import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEitherBlock } from './cidr.ts';

test('a block of either family is its ends, however it is written', () => {
  const top = 1n << 112n;
  for (const [cidr, family, first, last] of [
    ['198.18.0.0/15', 4, 0xc612_0000n, 0xc613_ffffn],
    ['0.0.0.0/0', 4, 0n, 0xffff_ffffn],
    ['255.255.255.255/32', 4, 0xffff_ffffn, 0xffff_ffffn],
    ['::/0', 6, 0n, (1n << 128n) - 1n],
    ['::1/128', 6, 1n, 1n],
    ['1::/16', 6, top, 2n * top - 1n],
    ['0001:0000::0:0/16', 6, top, 2n * top - 1n],
    ['1:2:3:4:5:6:7:8/128', 6, 0x0001_0002_0003_0004_0005_0006_0007_0008n, 0x0001_0002_0003_0004_0005_0006_0007_0008n],
    ['1::8/128', 6, top + 8n, top + 8n],
    ['1:0:0:0:0:0:0:0/16', 6, top, 2n * top - 1n],
    ['::ffff:192.0.2.0/120', 6, 0xffff_c000_0200n, 0xffff_c000_02ffn],
  ] as const) {
    const block = parseEitherBlock(cidr);
    assert.deepEqual([block?.family, block?.first, block?.last], [family, first, last], cidr);
  }
});

test('what is no block, or has bits set behind its prefix, is none', () => {
  for (const text of [
    '',
    '/',
    '1.2.3.4',
    '1.2.3.4/33',
    '1.2.3.4/31/',
    '1.2.3.1/30',
    '1.2.3/24',
    '256.0.0.0/8',
    '::/129',
    '::1/127',
    '1::2::/64',
    'fe80::%eth0/64',
    '::/-1',
    '::/x',
    '::/1e1',
    ':::/64',
  ]) {
    assert.equal(parseEitherBlock(text), null, text);
  }
});
