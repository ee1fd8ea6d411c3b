/** Where the rules lie for the boot. */
export const rulesFile = '/etc/raffia/firewall.nft';
export const unitFile = '/etc/systemd/system/raffia-firewall.service';

/**
 * A systemd unit that loads the rules when the host boots: before the engine, which starts machines before any server runs, and again
 * whenever nftables is restarted, which empties all tables.
 */
export const bootUnit = `[Unit]
Description=Firewall rules that keep Raffia's machines away from their host
Documentation=man:nft(8)
After=nftables.service
PartOf=nftables.service
Before=network-pre.target incus.service incus-startup.service lxd.service lxd-containers.service snap.lxd.daemon.service
Wants=network-pre.target
DefaultDependencies=no
RequiresMountsFor=/etc/raffia
Conflicts=shutdown.target
Before=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft -f ${rulesFile}
ExecReload=/usr/sbin/nft -f ${rulesFile}

[Install]
WantedBy=sysinit.target
`;
