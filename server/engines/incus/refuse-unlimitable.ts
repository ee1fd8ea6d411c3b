import { UnusableHost } from '../engine.ts';
import type { IncusSettings } from './incus-settings.ts';
import { runCommand } from './run-command.ts';

/** What the engine does to limit an interface, done to one that nobody has. */
const script = `set -e
port=rfl$$
ip link add "$port" type veth peer name "$port"p
trap 'ip link delete "$port"' EXIT
for direction; do
  case $direction in
    receive) tc qdisc add dev "$port" root handle 1:0 htb default 10 ;;
    send)
      tc qdisc add dev "$port" handle ffff:0 ingress
      tc filter add dev "$port" parent ffff:0 protocol all u32 match u32 0 0 police rate 1mbit burst 64k mtu 64kb drop
  esac
done
`;

const needs = {
  receive: 'sch_htb',
  send: 'act_police, cls_u32 and sch_ingress',
} as const;

/**
 * Where machines' network is to be limited, the host's kernel can do so: otherwise no machine could be started. Asked on the host that the
 * server runs on, or on the member of a cluster that is the gateway.
 *
 * @throws UnusableHost with what to do
 */
export async function refuseUnlimitable(
  {
    networkLimit,
    gatewayCommand,
    url,
    ovnUplink,
  }: Pick<IncusSettings, 'networkLimit' | 'gatewayCommand' | 'url' | 'ovnUplink'>,
  clustered: boolean,
): Promise<void> {
  if (!url.startsWith('unix://') && !(clustered && ovnUplink === null)) return;
  for (const direction of ['receive', 'send'] as const) {
    if (networkLimit[direction] === null) continue;
    await runCommand(gatewayCommand, ['--', direction], script).catch((cause: Error) => {
      throw new UnusableHost(
        `The host cannot limit what machines ${direction} (${cause.message.replaceAll(/\s+/g, ' ')}): give its kernel ${needs[direction]}, ` +
          `or take RAFFIA_INCUS_NETWORK_LIMIT_${direction.toUpperCase()} away.`,
      );
    });
  }
}
