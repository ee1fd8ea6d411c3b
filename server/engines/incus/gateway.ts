import { macOf } from '../../foundation/cidr.ts';
import { gatewayName, gatewayPortName } from './names.ts';
import { runCommand } from './run-command.ts';

/**
 * Puts a host onto a bridge with a hardware address of its own, and lets it route. In a cluster the bridge's own would not do: every
 * member's bridge has the same one, so that answers would end at the member that they pass first. One that is made anew has the same, which
 * machines remember.
 */
const script = `set -e
bridge=$1 port=$2 gateway=$3 address=$4 mac=$5
ip link show "$gateway" >/dev/null 2>&1 || ip link add "$gateway" address "$mac" type veth peer name "$port"
read -r mtu < "/sys/class/net/$bridge/mtu"
ip link set "$port" master "$bridge" mtu "$mtu" up
ip link set "$gateway" mtu "$mtu" up
case $address in
*:*)
  conf=/proc/sys/net/ipv6/conf
  [ -d $conf ] || { echo "the kernel of this host has no IPv6 ($conf)" >&2; exit 1; }
  echo 0 >$conf/$gateway/disable_ipv6
  echo 0 >$conf/$gateway/accept_ra
  ip addr replace "$address" dev "$gateway" nodad
  if [ "$(cat $conf/all/forwarding)" != 1 ]; then
    # A host that routes believes no other router unless it is told to: its own way out would end.
    for file in $conf/*/accept_ra; do [ "$(cat "$file")" != 1 ] || echo 2 >"$file"; done
    echo 1 >$conf/all/forwarding
  fi ;;
*)
  ip addr replace "$address" dev "$gateway"
  sysctl -qw net.ipv4.ip_forward=1 ;;
esac
`;

/**
 * Makes a host the gateway of a public network, or leaves it as it is.
 *
 * @param command runs a shell on that host, with a script on standard input
 * @param address with the length of its prefix
 */
export async function makeGateway(command: string, bridge: string, address: string): Promise<void> {
  const mac = macOf(address.split('/')[0] as string);
  await runCommand(command, ['--', bridge, gatewayPortName(bridge), gatewayName(bridge), address, mac], script);
}
