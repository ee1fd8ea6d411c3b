import type { Direction, Protocol } from '@raffia/contract/enums.ts';
import type { SecurityRule } from '@raffia/contract/security-groups.ts';
import { keptRules, parseRule, RuleProblem } from '@raffia/contract/security-rules.ts';

/** A rule as it is written in the editor: words in fields. */
export interface RuleRow {
  /** Its own as long as the editor is open. */
  readonly key: number;
  readonly direction: Direction;
  readonly protocol: Protocol;
  readonly range: string;
  /** `Anywhere`, `10.0.0.0/8`, `192.0.2.7`. */
  readonly peer: string;
  readonly icmpType: number | undefined;
}

export const anywhere = 'Anywhere';
export const families = ['Anywhere, IPv4', 'Anywhere, IPv6'] as const;

export const hasPorts = (protocol: Protocol): boolean => protocol === 'TCP' || protocol === 'UDP';
export const isIcmp = (protocol: Protocol): boolean => protocol.startsWith('ICMP');

/** What the fields of a rule hold. */
export function rowOf(rule: SecurityRule, key: number): RuleRow {
  const { protocol, rule_type, range = '', ip = '', size, icmp_type } = rule;
  return {
    key,
    direction: rule_type,
    protocol,
    range: hasPorts(protocol) ? range : '',
    peer: peerOf(ip, size),
    icmpType: icmp_type,
  };
}

function peerOf(ip: string, size: number | undefined): string {
  if (ip === '') return anywhere;
  const isV6 = ip.includes(':');
  if (/^(0\.0\.0\.0|::)$/.test(ip) && (size ?? 0) === 0) return families[isV6 ? 1 : 0];
  return size === undefined || size === (isV6 ? 128 : 32) ? ip : `${ip}/${size}`;
}

/** The rule that the fields say, whether it is one or not. */
export function ruleOf({ direction, protocol, range, peer, icmpType }: RuleRow): SecurityRule {
  const ports = range.replaceAll(/\s/g, '');
  return {
    protocol,
    rule_type: direction,
    ...(hasPorts(protocol) && ports !== '' ? { range: ports } : {}),
    ...readPeer(peer),
    ...(isIcmp(protocol) && icmpType !== undefined ? { icmp_type: icmpType } : {}),
  };
}

function readPeer(text: string): Pick<SecurityRule, 'ip' | 'size'> {
  const peer = text.trim();
  if (peer === '' || peer.toLowerCase() === 'anywhere' || peer.toLowerCase() === 'any') return {};
  if (peer === families[0]) return { ip: '0.0.0.0', size: 0 };
  if (peer === families[1]) return { ip: '::', size: 0 };
  const [ip = '', size] = peer.split('/');
  return size === undefined ? { ip } : { ip, size: /^\d{1,3}$/.test(size) ? Number(size) : Number.NaN };
}

export interface RowProblem {
  readonly field: 'range' | 'peer';
  readonly text: string;
}

/** What is wrong with a row; undefined where it can be saved. */
export function problemOf(row: RuleRow, rows: readonly RuleRow[]): RowProblem | undefined {
  const rule = ruleOf(row);
  const falling = rule.range?.split(',').find((part) => {
    const [, low, high] = /^(\d+):(\d+)$/.exec(part) ?? [];
    return low !== undefined && Number(low) > Number(high);
  });
  if (falling !== undefined) {
    const [low, high] = falling.split(':');
    return { field: 'range', text: `The first port must be the lower one: ${high}:${low}` };
  }
  if (Number.isNaN(rule.size)) return { field: 'peer', text: 'A block ends with its size, such as 203.0.113.0/24' };
  try {
    parseRule(rule);
  } catch (error) {
    if (!(error instanceof RuleProblem)) throw error;
    return error.field === 'range'
      ? { field: 'range', text: 'Write ports such as 22, 80,443 or 3000:4000, from 1 to 65535' }
      : { field: 'peer', text: sentenceOf(error.message) };
  }
  const same = rows.findIndex(
    (other) => other.key !== row.key && other.direction === row.direction && spelled(other) === spelled(row),
  );
  const at = rows.indexOf(row);
  if (same !== -1 && same < at) return { field: 'range', text: 'The same as a rule above' };
  return undefined;
}

/** The documented words without their label. */
function sentenceOf(message: string): string {
  const text = message.replace(/^invalid CIDR: /, '').replace('ip must be an address', 'Write an address or a block');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

const spelled = (row: RuleRow) => JSON.stringify(ruleOf(row));

/** What the default firewall leaves of a row; undefined where that is all of it. */
export function cutOf(row: RuleRow): string | undefined {
  const rule = ruleOf(row);
  const [kept] = keptRules([rule]);
  if (kept === undefined) return 'The default firewall keeps these ports closed, so this rule is not saved';
  return kept.range === rule.range ? undefined : `Saved as ${kept.range}: the default firewall keeps the others closed`;
}

/** Whether the fields say other rules than those that are saved. */
export function changesOf(
  saved: readonly SecurityRule[],
  rows: readonly RuleRow[],
): { isNew: (row: RuleRow) => boolean; count: number } {
  const before = saved.map((rule) => spelled(rowOf(rule, 0)));
  const left = [...before];
  const added = new Set<number>();
  for (const row of rows) {
    const at = left.indexOf(spelled(row));
    if (at === -1) added.add(row.key);
    else left.splice(at, 1);
  }
  return { isNew: ({ key }) => added.has(key), count: Math.max(added.size, left.length) };
}

/**
 * Rules that were copied from somewhere, a line each: `tcp 80,443 203.0.113.0/24`, `22`, `udp/53 10.0.0.0/8`. Undefined where that is not
 * what the text is.
 */
export function pastedRows(text: string, direction: Direction, key: () => number): RuleRow[] | undefined {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines.length < 2) return undefined;
  const rows = lines.map((line): RuleRow | undefined => {
    const parts = /^(?:(tcp|udp|icmpv6|icmp|ipsec|all)\b[\s/]*)?(\d[\d,:]*(?=\s|$))?\s*(\S*)$/i.exec(line.trim());
    if (parts === null) return undefined;
    const [, word = 'TCP', range = '', peer = ''] = parts;
    return {
      key: key(),
      direction,
      protocol: word.toUpperCase() as Protocol,
      range,
      peer: peer || anywhere,
      icmpType: undefined,
    };
  });
  return rows.every((row) => row !== undefined) ? (rows as RuleRow[]) : undefined;
}
