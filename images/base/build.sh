#!/bin/sh
# Builds the image that those of the services stand on: Debian's Java runtime and the few libraries that it and libtorch need; no
# shell, no package manager, no other program.
#   build.sh OUTPUT_FOLDER [--pin]      base.tar, an image archive without a name, and base.cdx.json, what is in it
# The packages are those that `packages` names, byte by byte; what comes out has to be what `digest` says (--pin writes it there).
# Packages lie in ALIGNSTREAM_CACHE, else ~/.cache/alignstream, so that each is downloaded once. Needs curl, tar, xz, ar and a JDK.
set -eu
umask 022
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd -P)
mkdir -p "$1"
output=$(cd "$1" && pwd -P)
cache=${ALIGNSTREAM_CACHE:-${HOME:-/tmp}/.cache/alignstream}/debian
. "$here/../../.mvn/find-jdk.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

stop() {
  echo "The base of the images cannot be built: $1." >&2
  exit 1
}
for program in curl tar xz ar sha256sum gzip; do
  command -v "$program" >/dev/null || stop "$program is not installed"
done
[ "$(uname -m)" = x86_64 ] || stop "it is for x86-64, this is $(uname -m)"
built=$(cat "$here"/* | sha256sum)
[ "${2:-}" = --pin ] || [ ! -f "$output/base.tar" ] || [ "$built" != "$(cat "$output/base.from" 2>/dev/null)" ] || exit 0

# Debian takes a package away when a newer one is there; its archive of snapshots keeps it.
snapshot=$(sed -n 's/^# snapshot //p' "$here/packages")
fetch() { # PATH SHA256
  file=$cache/$2.deb
  [ -f "$file" ] && return
  mkdir -p "$cache"
  for place in "https://deb.debian.org/$1" "https://snapshot.debian.org/archive/${1%%/*}/$snapshot/${1#*/}"; do
    if curl --silent --show-error --fail --location --retry 2 --max-time 600 --output "$scratch/deb" "$place" &&
      [ "$(sha256sum <"$scratch/deb")" = "$2  -" ]; then
      mv "$scratch/deb" "$file"
      return
    fi
  done
  stop "$1 with sha256 $2 can be had neither from deb.debian.org nor from snapshot.debian.org; base/update.sh takes newer packages"
}

root=$scratch/root
mkdir -p "$root/usr/share/sbom" "$scratch/status"
separator=
{
  echo '{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":['
  grep -v '^#' "$here/packages" | while read -r name version path sha256; do
    printf '%s{"type":"library","name":"%s","version":"%s","purl":"pkg:deb/debian/%s@%s?arch=amd64&distro=debian-13","hashes":[{"alg":"SHA-256","content":"%s"}]}' \
      "$separator" "$name" "$version" "$name" "$(printf %s "$version" | sed 's/+/%2B/g; s/:/%3A/g')" "$sha256"
    separator=,
  done
  echo ']}'
} >"$scratch/base.cdx.json"
grep -v '^#' "$here/packages" >"$scratch/packages"
while read -r name _ path sha256; do
  fetch "$path" "$sha256"
  (cd "$scratch" && ar x "$file") || stop "$path is no package"
  tar --extract --xz --file "$scratch/data.tar.xz" --directory "$root" --no-same-owner --preserve-permissions \
    --exclude './usr/share/man' --exclude './usr/share/lintian' --exclude './usr/share/bug' --exclude './usr/lib/debug' \
    --exclude './usr/bin/*' --exclude './usr/sbin/*' --exclude './usr/lib/*/gconv' --exclude './usr/share/gdb' \
    --exclude './usr/lib/jvm/*/lib/server/classes_*' --exclude './usr/share/doc/*/*.gz' --exclude './usr/share/info'
  tar --extract --xz --file "$scratch/control.tar.xz" --directory "$scratch" ./control
  # Where scanners look for what a small image is made of.
  mkdir -p "$root/var/lib/dpkg/status.d"
  mv "$scratch/control" "$root/var/lib/dpkg/status.d/$name"
done <"$scratch/packages"
cp "$scratch/base.cdx.json" "$root/usr/share/sbom/base.cdx.json"

java_home=$(cd "$root" && find usr/lib/jvm -mindepth 1 -maxdepth 1 -type d -name "java-*")
mkdir -p "$root/etc/ssl/certs/java" "$root/app" "$root/usr/bin"
"$JAVA_HOME/bin/java" "$here/TrustStore.java" "$root/usr/share/ca-certificates" "$root/etc/ssl/certs/java/cacerts" ||
  stop "its certificate authorities cannot be written"
ln -s "../../$java_home/bin/java" "$root/usr/bin/java"
echo 'root:x:0:0:root:/:/sbin/nologin
alignstream:x:10001:10001:alignstream:/tmp:/sbin/nologin' >"$root/etc/passwd"
echo 'root:x:0:
alignstream:x:10001:' >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
: >"$root/etc/resolv.conf"

tar --create --file "$scratch/layer.tar" --directory "$root" --format=gnu --sort=name --mtime=@1 --owner=0 --group=0 --numeric-owner .
digest=$(sha256sum <"$scratch/layer.tar" | cut -c 1-64)
if [ "${2:-}" = --pin ]; then
  echo "$digest" >"$here/digest"
  built=$(cat "$here"/* | sha256sum)
elif [ "$digest" != "$(cat "$here/digest")" ]; then
  stop "its sha256 is $digest, but images/base/digest pins $(cat "$here/digest"); after a change on purpose: images/base/build.sh FOLDER --pin"
fi

cat >"$scratch/config.json" <<CONFIG
{"created":"1970-01-01T00:00:01Z","architecture":"amd64","os":"linux","config":{"Env":["PATH=/usr/bin","JAVA_HOME=/$java_home","HOME=/tmp","LANG=C.UTF-8"],"User":"10001:10001","WorkingDir":"/app"},"rootfs":{"type":"layers","diff_ids":["sha256:$digest"]},"history":[{"created":"1970-01-01T00:00:01Z","created_by":"images/base/build.sh"}]}
CONFIG
echo '[{"Config":"config.json","RepoTags":null,"Layers":["layer.tar"]}]' >"$scratch/manifest.json"
tar --create --file "$output/base.tar.next" --directory "$scratch" --format=gnu --mtime=@1 --owner=0 --group=0 --numeric-owner \
  manifest.json config.json layer.tar
mv "$output/base.tar.next" "$output/base.tar"
cp "$scratch/base.cdx.json" "$output/base.cdx.json"
echo "$built" >"$output/base.from"
