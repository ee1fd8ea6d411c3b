import { gatewayName, gatewayPortName } from './names.ts';
import { runCommand } from './run-command.ts';

/**
 * Puts a host onto a bridge with a hardware address of its own, and lets it route. The bridge's own would not do: in a cluster every
 * member's bridge has the same one, so that answers would end at the member that they pass first.
 */
const script = `set -e
bridge=$1 port=$2 gateway=$3 address=$4
ip link show "$gateway" >/dev/null 2>&1 || ip link add "$gateway" type veth peer name "$port"
read -r mtu < "/sys/class/net/$bridge/mtu"
ip link set "$port" master "$bridge" mtu "$mtu" up
ip link set "$gateway" mtu "$mtu" up
ip addr replace "$address" dev "$gateway"
sysctl -qw net.ipv4.ip_forward=1
`;

/**
 * Makes one host of a cluster the gateway of a public network, or leaves it as it is.
 *
 * @param command runs a shell on that host, with a script on standard input
 * @param address with the length of its prefix
 */
export async function makeGateway(command: string, bridge: string, address: string): Promise<void> {
  await runCommand(command, ['--', bridge, gatewayPortName(bridge), gatewayName(bridge), address], script);
}
