#!/bin/sh
# Runs a command in the root file system of an image as Fargate would: nothing is writable but the mounts, and those
# belong to the image's user. Called within a mount namespace of its own, in which all mounts here end:
#   unshare --mount run.sh ROOT UID:GID WORKDIR PATH=DIRECTORY... -- COMMAND...
# There is no process between the caller and the command, so a signal reaches the command.
set -eu
root=$1 user=$2 workdir=$3
shift 3
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
# names are resolved as on this machine
for file in /etc/hosts /etc/resolv.conf; do
  if [ -e "$root$file" ]; then mount --bind "$file" "$root$file"; fi
done
while [ "$1" != -- ]; do
  chown "$user" "${1#*=}"
  mount --bind "${1#*=}" "$root${1%%=*}"
  shift
done
shift
exec chroot --userspec="$user" --groups= "$root" /usr/bin/env --chdir="$workdir" "$@"
