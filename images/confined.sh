#!/bin/sh
# Runs a command as a pod of k8s/ runs its container, without a container engine: user and group 10001, no capabilities, no
# privileges to be gained, a root folder that cannot be written to. Linux namespaces, no need to be root; the network is the machine's.
#   confined.sh --check
#   confined.sh ROOT [SOURCE:TARGET]... -- COMMAND...
#   ROOT            an unpacked image; folders for what is mounted are made in it
#   SOURCE:TARGET   a folder that is mounted for writing, as a volume is; SOURCE:TARGET:ro one for reading
# COMMAND runs in /app with the environment of this script, and takes the place of its process. What it preloads stands in
# CONFINED_PRELOAD instead of LD_PRELOAD: this machine's programs need not have it. --check says by its exit status
# whether the machine allows all that.
set -eu

if [ "$1" = --check ]; then
  exec unshare --user --map-root-user --mount sh -c '
    mount -t tmpfs none /tmp && mkdir /tmp/root && mount --rbind / /tmp/root &&
      exec setpriv --no-new-privs unshare --user --map-user=10001 --map-group=10001 --root=/tmp/root true' 2>/dev/null
fi

root=$(cd "$1" && pwd -P)
shift
mounts=
while [ "$1" != -- ]; do
  mounts="$mounts $1"
  shift
done
shift
export CONFINED_ROOT="$root" CONFINED_MOUNTS="$mounts"

# shellcheck disable=SC2016
exec unshare --user --map-root-user --mount --propagation private sh -euc '
  bind() { # SOURCE TARGET OPTION...
    if [ -d "$1" ]; then
      mkdir -p "$CONFINED_ROOT$2"
    else
      mkdir -p "$(dirname "$CONFINED_ROOT$2")"
      : >>"$CONFINED_ROOT$2"
    fi
    mount --rbind "$1" "$CONFINED_ROOT$2"
    [ -z "${3:-}" ] || mount -o "remount,bind,$3" "$CONFINED_ROOT$2"
  }
  mount --bind "$CONFINED_ROOT" "$CONFINED_ROOT"
  bind /proc /proc
  for device in null zero full random urandom; do bind "/dev/$device" "/dev/$device"; done
  for file in /etc/hosts /etc/resolv.conf; do [ ! -e "$file" ] || bind "$file" "$file" ro; done
  for entry in $CONFINED_MOUNTS; do
    target=${entry#*:}
    case $target in
      *:ro) bind "${entry%%:*}" "${target%:ro}" ro ;;
      *) bind "${entry%%:*}" "$target" ;;
    esac
  done
  mount -o remount,bind,ro "$CONFINED_ROOT"
  root=$CONFINED_ROOT
  preload=${CONFINED_PRELOAD:-}
  unset CONFINED_ROOT CONFINED_MOUNTS CONFINED_PRELOAD
  exec setpriv --no-new-privs env ${preload:+"LD_PRELOAD=$preload"} \
    unshare --user --map-user=10001 --map-group=10001 --root="$root" --wd=/app "$@"
' confined "$@"
