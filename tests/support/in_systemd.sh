#!/bin/sh
# Boots this very system's systemd, over a layer in memory, in namespaces of its own, with a program at /usr/local/bin/weir.
# Neither the disk, nor the kernel's settings, nor the network of the machine can be reached from inside.
#   in_systemd.sh FOLDER PROGRAM [CONFIG]   boots; FOLDER is an empty one to mount things on
#   in_systemd.sh --tidy FOLDER             removes the groups of processes that it leaves behind
set -e
if [ "$1" = --tidy ]; then
  group=weir-$(basename "$2")
  exec unshare --mount sh -c 'mount -t cgroup2 none "$0" && [ ! -d "$0/$1" ] || find "$0/$1" -depth -type d -exec rmdir {} +' \
    "$2" "$group"
fi
if [ "$1" != --inside ]; then
  exec unshare --mount --propagation private sh "$0" --inside "$@"
fi
folder=$2 program=$3 config=${4:-}
if [ "$5" != --booted ]; then
  # The groups of its processes lie below one of its own.
  mount -t cgroup2 none "$folder"
  mkdir "$folder/weir-$(basename "$folder")"
  echo $$ >"$folder/weir-$(basename "$folder")/cgroup.procs"
  umount "$folder"
  exec unshare --mount --pid --fork --kill-child --uts --ipc --net --cgroup --propagation private \
    sh "$0" --inside "$folder" "$program" "$config" --booted
fi
mount -t tmpfs -o size=2g none "$folder"
cd "$folder"
mkdir upper work root
mount -t overlay -o lowerdir=/,upperdir=upper,workdir=work overlay root
root=$folder/root
: >"$root/usr/local/bin/weir"
mount --bind "$program" "$root/usr/local/bin/weir"
: >"$root/etc/fstab"
rm -rf "$root/etc/weir" "$root/var/lib/weir" "$root/var/cache/weir" "$root/var/log/journal"
if [ -n "$config" ]; then mkdir "$root/etc/weir" && cp "$config" "$root/etc/weir/weir.yaml"; fi
cd "$root"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,ro,bind proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 none sys/fs/cgroup
mount -t tmpfs -o mode=755 none run
mount -t tmpfs none tmp
mount -t tmpfs -o mode=755 none dev
for name in null zero full random urandom tty; do : >"dev/$name" && mount --bind "/dev/$name" "dev/$name"; done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t tmpfs none dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
: >dev/console
mkdir -p old
pivot_root . old
cd /
umount -l old
exec env -i container=weir-test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd systemd.unit=sysinit.target \
  systemd.mask=systemd-timesyncd.service systemd.mask=systemd-modules-load.service systemd.mask=systemd-remount-fs.service
