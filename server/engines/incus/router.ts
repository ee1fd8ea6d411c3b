import { macOf } from '../../foundation/cidr.ts';
import type { NetworkSpec } from '../engine.ts';
import { routerName, routerPortNames } from './names.ts';
import { runCommand } from './run-command.ts';

/**
 * A network namespace between a VPC's bridge and the one of public addresses, where it is a machine as any other: so VPCs may have the same
 * blocks, and its host lets as little of it through as of them. It forwards what machines of the VPC begin, from addresses of the VPC, and
 * what answers; nobody reaches it but for pings. It is made so that whatever of it is there stays, and connections with it.
 */
const making = `set -e
router=$1 bridge=$2 public=$3 insidePort=$4 outsidePort=$5 cidr=$6 inside=$7 insideMac=$8 outside=$9
shift 9
outsideMac=$1 gateway=$2
in_router() { nsenter --net="/run/netns/$router" "$@"; }
in_router true 2>/dev/null || { ip netns del "$router" 2>/dev/null || :; ip netns add "$router"; }
end() {
  port=$1 of=$2 name=$3 mac=$4 address=$5
  if ! in_router ip link show "$name" >/dev/null 2>&1 || ! ip link show "$port" >/dev/null 2>&1; then
    in_router ip link del "$name" 2>/dev/null || :
    ip link del "$port" 2>/dev/null || :
    ip link add "$port" type veth peer name "$name" address "$mac" netns "$router"
  fi
  read -r mtu <"/sys/class/net/$of/mtu"
  ip link set "$port" master "$of" mtu "$mtu" up
  in_router ip link set "$name" address "$mac" mtu "$mtu" up
  in_router ip -o -4 addr show dev "$name" | grep -qF " $address " || {
    in_router ip addr flush dev "$name"
    in_router ip addr add "$address" dev "$name"
  }
}
in_router sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6 2>/dev/null || :
  echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter
  echo 1 >/proc/sys/net/ipv4/ip_forward'
in_router nft -f - <<RULES
table ip router
delete table ip router
table ip router {
  chain input {
    type filter hook input priority 0; policy drop;
    ct state established,related accept
    icmp type echo-request limit rate 100/second accept
  }
  chain forward {
    type filter hook forward priority 0; policy drop;
    ct state established,related accept
    iifname "inside" oifname "outside" ip saddr $cidr ip daddr != $cidr accept
  }
  chain postrouting {
    type nat hook postrouting priority 100; policy accept;
    oifname "outside" ip saddr $cidr snat to \${outside%/*}
  }
}
RULES
in_router ip link set lo up
end "$insidePort" "$bridge" inside "$insideMac" "$inside"
end "$outsidePort" "$public" outside "$outsideMac" "$outside"
in_router ip route replace default via "$gateway" dev outside
`;

/** Its ends go with it. */
const removing = `ip netns del "$1" 2>/dev/null || [ ! -e "/run/netns/$1" ]
ip link del "$2" 2>/dev/null || :
ip link del "$3" 2>/dev/null || :
`;

/**
 * Makes a VPC's router, or mends it.
 *
 * @param command runs a shell on the host that is to have it, with a script on standard input
 */
export async function makeRouter(
  command: string,
  bridge: string,
  publicBridge: string,
  { cidr, prefix, gateway, router }: NetworkSpec & Required<Pick<NetworkSpec, 'router'>>,
): Promise<void> {
  const { inside, outside } = routerPortNames(bridge);
  const words = [
    ...[routerName(bridge), bridge, publicBridge, inside, outside, cidr],
    ...[`${gateway}/${prefix}`, macOf(gateway), `${router.address}/${router.prefix}`, macOf(router.address)],
    router.gateway,
  ];
  await runCommand(command, ['--', ...words], making);
}

/** Removes the router of a VPC; one that is not there is gone already. */
export async function removeRouter(command: string, bridge: string): Promise<void> {
  const { inside, outside } = routerPortNames(bridge);
  await runCommand(command, ['--', routerName(bridge), inside, outside], removing);
}
