import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import type { FilterRule } from '@raffia/contract/nic-filter.ts';
import { pino } from 'pino';
import { type FilteredNic, filterTablesOf } from './filter-tables.ts';
import { HostGuard } from './host-guard.ts';
import { listedParts, type NftTable, tableText } from './nft-table.ts';

const skip = process.getuid?.() === 0 && existsSync('/usr/sbin/nft') ? false : 'needs root and nft (package nftables)';

/** The guard of a host that is a network namespace, and what it tells nft. */
describe('the guard of a host', { skip }, () => {
  const namespace = `rfg${randomBytes(4).toString('hex')}`;
  let folder: string;
  let told: string;
  let warnings: string[] = [];

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'raffia-guard-'));
    told = join(folder, 'told');
    writeFileSync(join(folder, 'nft'), `tee -a ${told} | ip netns exec ${namespace} nft -f -\n`);
    execFileSync('ip', ['netns', 'add', namespace]);
  });
  afterEach(() => {
    warnings = [];
    writeFileSync(told, '');
  });
  after(() => {
    execFileSync('ip', ['netns', 'del', namespace]);
    rmSync(folder, { recursive: true, force: true });
  });

  const nft = (...words: string[]) =>
    execFileSync('ip', ['netns', 'exec', namespace, 'nft', ...words], { encoding: 'utf8' });
  const log = pino(
    { level: 'warn' },
    { write: (line) => void warnings.push((JSON.parse(line) as { msg: string }).msg) },
  );

  /** What interfaces let through, as the guard asks for it. */
  class Filters {
    version = 0;
    #nics: readonly FilteredNic[] = [];
    readonly areNone = false;

    set nics(nics: readonly FilteredNic[]) {
      this.#nics = nics;
      this.version++;
    }

    tables(): NftTable[] {
      const bridges = [...new Set(this.#nics.map(({ bridge }) => bridge))];
      return filterTablesOf(this.#nics, new Map(bridges.map((bridge, i) => [bridge, i + 1])));
    }
  }

  const guardOf = (filters: Filters, others: readonly string[] = [], isAway = async (_: string) => false) => {
    const firewallCommands = [`sh ${join(folder, 'nft')}`, ...others];
    const settings = {
      firewallCommands,
      gatewayCommand: 'sh -s',
      blockedRanges: [],
      url: 'https://host',
      raiseSysctls: false,
    };
    return new HostGuard(settings, filters, isAway, log);
  };

  const rule = (port: number): FilterRule => ({
    protocol: 'TCP',
    ports: [{ first: port, last: port }],
    cidr: null,
    icmpType: null,
  });
  const nic = (n: number, ports: readonly number[], more: Partial<FilteredNic> = {}): FilteredNic => ({
    port: `rf${n % 2 === 0 ? 'p' : 'v'}${n.toString(16).padStart(10, '0')}`,
    bridge: `rfb${String(n % 5).padStart(10, '0')}`,
    publicAddress: n % 2 === 0 ? (n % 4 === 0 ? `203.0.113.${n}` : `2001:db8::${n}`) : null,
    filter: { inbound: { families: [4, 6], rules: ports.map(rule) }, outbound: { families: [4, 6], rules: [rule(1)] } },
    ...more,
  });

  const tables = ['inet raffia_filters', 'bridge raffia_filters'];
  const there = () => listedParts(tables.map((table) => nft('list', 'table', ...table.split(' '))).join(''));
  /** What a host lists that was given all of the filters at once. */
  function asAWhole(filters: Filters) {
    const before = nft('list', 'ruleset');
    writeFileSync(join(folder, 'whole'), filters.tables().map(tableText).join(''));
    const script = `nft -f ${join(folder, 'whole')} && for of in inet bridge; do nft list table $of raffia_filters; done`;
    const listed = execFileSync('unshare', ['-n', 'sh', '-c', script], { encoding: 'utf8' });
    assert.equal(nft('list', 'ruleset'), before);
    return listedParts(listed);
  }

  test('whatever changes, the host has what it would have of all at once, and is told of little', async () => {
    const seed = Number(process.env.RAFFIA_SEED ?? Math.floor(Math.random() * 2 ** 31));
    console.log(`RAFFIA_SEED=${seed}`);
    let state = seed;
    const random = (below: number) => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((state / 2 ** 31) * below);
    };
    const filters = new Filters();
    const guard = guardOf(filters);
    let nics = Array.from({ length: 60 }, (_, n) => nic(n + 2, [80, n % 7]));
    filters.nics = nics;
    await guard.enforce();
    const all = statSync(told).size;
    let changes = 0;
    for (let round = 0; round < 30; round++) {
      writeFileSync(told, '');
      const at = random(nics.length);
      const of = nics[at] as FilteredNic;
      const what = random(5);
      // One gets other rules, all of a group do, one comes, one goes; and some come back to what they were.
      if (what === 0) nics = nics.with(at, { ...of, filter: nic(2, [random(9)]).filter });
      if (what === 1)
        nics = nics.map((one) =>
          one.filter.inbound === of.filter.inbound || random(4) === 0 ? { ...one, filter: of.filter } : one,
        );
      if (what === 2) nics = [...nics, nic(100 + round, [random(9), 443])];
      if (what === 3 && nics.length > 3) nics = nics.toSpliced(at, 1);
      if (what === 4) nics = nics.toReversed();
      filters.nics = nics;
      await guard.enforce();
      assert.deepEqual(there(), asAWhole(filters), `round ${round}, change ${what}`);
      assert.ok(!readFileSync(told, 'utf8').includes('delete table'), 'only what is other was loaded');
      changes++;
      if (round % 3 === 0) await guard.verify();
    }
    assert.equal(changes, 30);
    assert.deepEqual(warnings, [], 'a look after changes finds what was loaded');
    assert.ok(all > 10_000, `${all} bytes at first`);
    filters.nics = [];
    await guard.enforce();
    assert.deepEqual(there(), asAWhole(filters));
  });

  test('a host that is away keeps nobody from the others, is not tried until it is back, and then has all rules before anything else', async () => {
    const filters = new Filters();
    let [isAway, asked] = [true, 0];
    const tries = join(folder, 'tries');
    const other = `sh ${join(folder, 'other')}`;
    writeFileSync(tries, '');
    const reach = (script: string) => writeFileSync(join(folder, 'other'), `echo >> ${tries}; ${script}\n`);
    reach('exit 255');
    const guard = guardOf(filters, [other], async (command) => {
      assert.equal(command, other, 'nobody asks of hosts that answer');
      asked++;
      return isAway;
    });
    const tried = () => readFileSync(tries, 'utf8').length;
    filters.nics = [nic(2, [22])];
    await guard.verify();
    assert.deepEqual(there(), asAWhole(filters));
    const [triedFirst, askedFirst] = [tried(), asked];
    filters.nics = [nic(2, [22]), nic(4, [80])];
    await guard.enforce();
    await guard.verify();
    assert.deepEqual(there(), asAWhole(filters));
    assert.equal(tried(), triedFirst, 'it is not waited for again and again');
    assert.ok(asked > askedFirst);
    // Whoever makes something asks first: it is back, and does not take them yet.
    isAway = false;
    await assert.rejects(guard.verify(), /firewall rules could not be loaded/);
    reach(`cat >> ${told}`);
    writeFileSync(told, '');
    await guard.verify();
    assert.match(readFileSync(told, 'utf8'), /table inet raffia \{[\s\S]*203\.0\.113\.4 : jump in_/);
    assert.equal(warnings.filter((warning) => /a host is away/.test(warning)).length, 1);
  });

  test('what somebody takes from the rules is put back by the next look, right after a change as well', async () => {
    const filters = new Filters();
    const guard = guardOf(filters);
    const nics = [nic(2, [22]), nic(3, [80]), nic(4, [443])];
    filters.nics = nics;
    await guard.enforce();
    // A look counts for a second.
    const look = () => new Promise<void>((later) => setTimeout(later, 1100)).then(() => guard.verify());
    const harms: Record<string, () => unknown> = {
      everything: () => nft('flush', 'ruleset'),
      'an element': () => nft('flush', 'map', 'bridge', 'raffia_filters', 'inbound'),
      'the rules of a hook': () => nft('flush', 'chain', 'bridge', 'raffia_filters', 'forward'),
      'what was loaded last': () => {
        const [chain] = /in_\w+/.exec(readFileSync(told, 'utf8')) ?? [];
        nft('flush', 'chain', 'bridge', 'raffia_filters', chain as string);
      },
      'another chain': () => nft('add', 'chain', 'bridge', 'raffia_filters', 'theirs'),
    };
    let mended = 0;
    for (const [what, harm] of Object.entries(harms)) {
      for (const changes of [false, true]) {
        await look();
        writeFileSync(told, '');
        filters.nics = changes ? nics.with(0, nic(2, [5000 + mended])) : nics;
        await guard.enforce();
        if (what === 'what was loaded last' && !changes) continue;
        harm();
        assert.notDeepEqual(
          await Promise.resolve()
            .then(there)
            .catch(() => 'nothing'),
          asAWhole(filters),
          `${what}: the harm was done`,
        );
        await look();
        assert.deepEqual(there(), asAWhole(filters), `${what}, ${changes ? 'after a change' : 'at rest'}`);
        mended++;
      }
    }
    assert.equal(mended, 9);
  });
});
