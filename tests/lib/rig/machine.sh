#!/bin/bash
# machine.sh FOLDER v1|v2 - becomes a machine: a real systemd as PID 1 of namespaces of its own.
#
# Run by machine.py, which gives it new pid, mount, uts, ipc, net and cgroup namespaces.  The root
# file system is shared with the test; what a boot writes to (/run, /dev, /var/log, cgroups) is
# private and goes with the namespaces.  systemd sees the units in FOLDER/units and no others, so
# it starts nothing that would touch the machine outside.
set -euo pipefail
folder=$1 hierarchy=$2

mount --make-rprivate /
hostname "$(cat "$folder/hostname")"

# /dev: the harmless nodes of the one outside, so that sockets like /dev/log are our own.
outside=$folder/dev
mkdir -p "$outside"
mount --rbind /dev "$outside"
mount -t tmpfs -o mode=755 tmpfs /dev
for node in null zero full random urandom tty; do
  touch "/dev/$node"
  mount --bind "$outside/$node" "/dev/$node"
done
mkdir /dev/pts /dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
ln -s pts/ptmx /dev/ptmx
ln -s /proc/self/fd /dev/fd
umount -R -l "$outside"

mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock /run/dbus /run/sshd /run/data
mount -t tmpfs -o mode=755 tmpfs /var/log

# The cgroup namespace makes the machine's own group the root of what is mounted here.
umount -R -l /sys/fs/cgroup
if [ "$hierarchy" = v1 ]; then
  mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
  while read -r name _; do
    mkdir -p "/sys/fs/cgroup/$name"
    mount -t cgroup -o "$name" cgroup "/sys/fs/cgroup/$name" || rmdir "/sys/fs/cgroup/$name"
  done < <(awk '$1 ~ /^(cpu|cpuacct|memory|pids)$/ && $2 != 0 {print $1}' /proc/cgroups)
  mkdir /sys/fs/cgroup/systemd
  mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
  unified=0
else
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  unified=1
fi

export container=sentora-test SYSTEMD_UNIT_PATH=$folder/units SYSTEMD_GENERATOR_PATH=$folder/none
exec /lib/systemd/systemd --system --unit=machine.target --log-target=console --log-level=info \
  --show-status=0 systemd.unified_cgroup_hierarchy=$unified
