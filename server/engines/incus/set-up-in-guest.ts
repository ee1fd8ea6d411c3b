import type { Logger } from 'pino';
import type { Clock } from '../../foundation/clock.ts';
import { inTime } from '../../foundation/in-time.ts';
import type { GuestNic } from './guest-nics.ts';
import type { IncusApi } from './incus-api.ts';
import { isRefusal } from './incus-error.ts';
import { runInGuest } from './run-in-guest.ts';

/** How long a virtual machine's agent may take to be there. */
const agentMs = 60_000;
const retryMs = 1000;
/** How long a guest may take over it. */
const guestMs = 30_000;
const attemptsAtMost = 3;

/** A guest that has no such interface. */
const lacksInterface = 9;

/**
 * Five words for each interface: its name, hardware address, address, the gateway of the default route, or nothing, and the name servers. The
 * network programs read what was written for them; NetworkManager would ask DHCP on an interface that it has not known at its start, and is kept off.
 */
const script = `nic() {
  found=
  for at in "/sys/class/net/$1" /sys/class/net/*; do
    [ -n "$found" ] || [ "$(cat "$at/address" 2>/dev/null)" != "$2" ] || found=\${at##*/}
  done
  [ -n "$found" ] || exit ${lacksInterface}
  if [ "$found" != "$1" ]; then ip link set "$found" down; ip link set "$found" name "$1" || return 1; fi
  if command -v nmcli >/dev/null 2>&1; then timeout 10 nmcli device set "$1" managed no; fi
  if command -v networkctl >/dev/null 2>&1; then timeout 10 networkctl reload; fi
  family=-4
  case $3 in
  *:*)
    family=-6 conf=/proc/sys/net/ipv6/conf/$1
    # The host has no two of an address: nobody has to wait for one who has it too.
    echo 0 >"$conf/disable_ipv6"; echo 0 >"$conf/accept_ra"; echo 0 >"$conf/accept_dad" ;;
  esac
  ip link set "$1" up || return 1
  ip addr show dev "$1" | grep -qF " $3 " || ip addr add "$3" dev "$1" || return 1
  if command -v resolvectl >/dev/null 2>&1; then timeout 10 resolvectl dns "$1" $5; fi
  [ -z "$4" ] || ip $family route replace default via "$4" dev "$1"
}
failed=0
while [ $# -gt 0 ]; do nic "$1" "$2" "$3" "$4" "$5" 2>/dev/null || failed=1; shift 5; done
exit $failed
`;

/**
 * Sets interfaces up in a guest that runs. One that cannot be told, for want of a shell or an agent, has what was written for its
 * next boot.
 *
 * @returns false where the guest has no such interface
 */
export async function setUpInGuest(
  api: IncusApi,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
  instance: string,
  { nics, nameServers }: { readonly nics: readonly GuestNic[]; readonly nameServers: readonly string[] },
): Promise<boolean> {
  const words = nics.flatMap(({ name, mac, address, prefix, gateway = '' }) => [
    name,
    mac,
    `${address}/${prefix}`,
    gateway,
    nameServers.join(' '),
  ]);
  const deadline = clock.monotonic() + agentMs;
  for (let attempts = 1; ; ) {
    const told = runInGuest(api, instance, ['sh', '-c', script, 'sh', ...words]);
    const outcome = await inTime(told, guestMs, late, clock).catch((error: Error) => error);
    if (outcome === 0 || isRefusal(outcome, 'is-stopped')) return true;
    const isBooting = isRefusal(outcome, 'no-agent') && clock.monotonic() < deadline;
    if (isRefusal(outcome, 'unreachable', 'restarted', 'member-lost')) throw outcome;
    if (!isBooting && attempts++ >= attemptsAtMost) {
      if (outcome === lacksInterface) return false;
      log.warn({ instance, outcome }, 'a guest could not be told of its interfaces; it will know at its next boot');
      return true;
    }
    await new Promise<void>((again) => void clock.after(retryMs, again));
  }
}

const late = () => new Error(`the guest did not end within ${guestMs / 1000} s`);
