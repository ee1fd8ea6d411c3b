#!/bin/sh -e
# Boots the systemd of a root folder as the first process of namespaces of its own, as if it were a host: debian-system.sh ROOT CGROUP.
# It sees a cgroup of its own and no network but its loopback, and cannot change the kernel's settings. All of it ends with this process.
root=$1 cgroup=$2
mkdir "$cgroup"
echo $$ >"$cgroup/cgroup.procs"
# shellcheck disable=SC2016
exec unshare --mount --pid --fork --uts --ipc --net --cgroup --kill-child=KILL --propagation private sh -ec '
root=$1
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup "$root/sys/fs/cgroup"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
mkdir -p "$root/mnt"
cd "$root"
pivot_root . mnt
umount -l /mnt
mount --make-rshared /
exec env -i container=raffia PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd
' sh "$root"
