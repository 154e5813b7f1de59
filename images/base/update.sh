#!/bin/sh
# Takes the newest packages that Debian 13 and its security team have signed into `packages`, and pins what comes out of them.
# Needs curl, xz and Debian's packages gpgv, dpkg and debian-archive-keyring, beside what build.sh needs. Then build and try the images, and commit.
set -eu
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd -P)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

index() { # ARCHIVE SUITE
  place=https://deb.debian.org/$1/dists/$2
  curl --silent --show-error --fail "$place/InRelease" |
    gpgv --quiet --keyring /usr/share/keyrings/debian-archive-keyring.gpg --output "$scratch/release" 2>/dev/null ||
    { echo "$place/InRelease is not signed by a key of debian-archive-keyring" >&2; exit 1; }
  curl --silent --show-error --fail --output "$scratch/index.xz" "$place/main/binary-amd64/Packages.xz"
  grep --quiet "^ $(sha256sum <"$scratch/index.xz" | cut -c 1-64) .* main/binary-amd64/Packages.xz$" "$scratch/release" ||
    { echo "$place/main/binary-amd64/Packages.xz is not what its release names" >&2; exit 1; }
  xz --decompress --stdout "$scratch/index.xz" | awk -v archive="$1" '
    /^Package: / { name = $2 } /^Version: / { version = $2 } /^Filename: / { file = $2 }
    /^SHA256: / { print name, version, archive "/" file, $2 }' >>"$scratch/all"
  rm "$scratch/release"
}
index debian trixie
index debian-security trixie-security

{
  echo "# What images/base/build.sh makes the base of the images of: name, version, path, sha256. Written by images/base/update.sh."
  echo "# snapshot $(date --utc +%Y%m%dT000000Z)"
  for name in base-files ca-certificates gcc-14-base libc-bin libc6 libgcc-s1 libjemalloc2 libstdc++6 openjdk-25-jre-headless zlib1g; do
    newest=
    grep -F "$name " "$scratch/all" | grep "^[^ ]* " | while read -r found version path sha256; do
      [ "$found" = "$name" ] || continue
      if [ -z "$newest" ] || dpkg --compare-versions "$version" gt "$newest"; then
        newest=$version
        echo "$name $version $path $sha256"
      fi
    done | tail -n 1
  done
} >"$scratch/packages"
mv "$scratch/packages" "$here/packages"
"$here/build.sh" "$scratch/built" --pin
