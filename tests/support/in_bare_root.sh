#!/bin/sh
# Runs a command in another root that cannot be written to, but for /var/tmp, as a user that the system does not know.
# For a mount namespace of its own: in_bare_root.sh ROOT EXECUTABLE COMMAND
set -e
root=$1 executable=$2 command=$3
mount --bind "$root" "$root"
mount -t tmpfs -o size=1g none "$root/var/tmp"
chmod 1777 "$root/var/tmp"
mount -t tmpfs none "$root/opt"
cp "$executable" "$root/opt/weir"
mount -t proc proc "$root/proc"
mount -o remount,ro,bind "$root"
mount -o remount,ro "$root/opt"
exec chroot --userspec=1234:1234 "$root" /usr/bin/env -i PATH=/opt:/usr/bin:/bin WEIR_CACHE_DIR=/var/tmp/cache \
  WEIR_DATA_DIR=/var/tmp/data /bin/sh -c "$command"
