import { spawn } from 'node:child_process';
import { bridgePrefix, vpcPrefix } from './names.ts';

/**
 * What keeps machines away from their host, for nft: the same on every host, whatever machines and networks come and go, because it
 * matches the beginnings of names. In VPCs nothing reaches the host at all, not even by its hardware address; on public networks the
 * host routes, answers pings and replies to what it began itself. What machines send to ranges of the operator's own networks is
 * dropped, unless it replies.
 *
 * @param blocked CIDR blocks that machines must not reach
 */
export function firewallRules(blocked: readonly string[]): string {
  const table = (name: string) => `table ${name}\ndelete table ${name}\ntable ${name}`;
  const drop = blocked.length === 0 ? '' : `iifname "${bridgePrefix}*" ip daddr { ${blocked.join(', ')} } drop\n    `;
  return `${table('bridge raffia')} {
  chain input {
    type filter hook input priority -300; policy accept;
    iifname "${vpcPrefix}*" drop
  }
}
${table('inet raffia')} {
  chain machines {
    ct state established,related accept
    icmp type echo-request limit rate 100/second accept
    drop
  }
  chain input {
    type filter hook input priority -10; policy accept;
    iifname "${bridgePrefix}*" jump machines
  }
  chain forward {
    type filter hook forward priority -10; policy accept;
    iifname "${bridgePrefix}*" ct state established,related accept
    iifname "${bridgePrefix}*" oifname "${bridgePrefix}*" accept
    ${drop}iifname "${bridgePrefix}*" meta nfproto ipv6 drop
  }
}
`;
}

const timeoutMs = 15_000;

/**
 * Gives the rules to a command that loads them on one host, such as `nft -f -` or `ssh root@host nft -f -`.
 *
 * @throws Error with what the command said
 */
export function loadFirewall(command: string, rules: string): Promise<void> {
  const [program = '', ...args] = command.trim().split(/\s+/);
  return new Promise((done, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'], timeout: timeoutMs });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said = `${said}${chunk}`.slice(-2000);
    });
    child.on('error', reject);
    child.stdin.on('error', () => {});
    child.on('close', (code) => {
      if (code === 0) done();
      else reject(new Error(`${command} ended with ${code ?? 'a signal'}: ${said.trim()}`));
    });
    child.stdin.end(rules);
  });
}
