#!/bin/sh
# Records what a service does when it starts, from its image's own Java and files, so that it starts faster (JEP 483, 514):
#   aot.sh SERVICE_FOLDER BASE_FOLDER OUTPUT_FOLDER
# OUTPUT_FOLDER gets app.aot, the cache, and java.options, the options of the image's Java, which name it. A recording never has the
# same bytes twice, so it is kept in ALIGNSTREAM_CACHE, else ~/.cache/alignstream, for the same base and the same jars.
# AOT=false, or where Linux namespaces are refused: options without a cache, and a line that says so.
set -eu

here=$(cd "$(dirname "$0")" && pwd -P)
service=$(cd "$1" && pwd -P)
base=$(cd "$2" && pwd -P)
name=$(basename "$service")
mkdir -p "$3"
output=$(cd "$3" && pwd -P)
app=$service/target/quarkus-app
limit=300
rm -f "$output/app.aot"
cp "$here/java.options" "$output/java.options"

without() {
  echo "$name: its image starts without an AOT cache: $1" >&2
  exit 0
}
[ "${AOT:-true}" = true ] || without "it was not to have one"
"$here/confined.sh" --check || without "this machine refuses the namespaces in which one is recorded"

# The time of each jar is part of what a cache is for; Jib gives them this one.
find "$app" -exec touch -h -d @1 {} +
hash=$({
  cat "$base/base.from" "$here/java.options" "$here/aot.sh"
  (cd "$app" && find . -type f -print | LC_ALL=C sort | while read -r file; do sha256sum "$file"; done)
} | sha256sum | cut -c 1-16)
cache=${ALIGNSTREAM_CACHE:-${HOME:-/tmp}/.cache/alignstream}/aot
recorded=$cache/$name-$hash.aot
if [ ! -f "$recorded" ]; then
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  mkdir -p "$cache" "$scratch/root" "$scratch/tmp" "$scratch/data" "$scratch/aot"
  tar --extract --to-stdout --file "$base/base.tar" layer.tar | tar --extract --directory "$scratch/root" --no-same-owner --preserve-permissions
  echo "Recording how $name starts (once, some half a minute)" >&2
  # Nobody needs to reach it and it reaches nobody: no broker is what it waits for longest.
  : >"$scratch/log"
  env -i PATH=/usr/bin:/bin HOME=/tmp LANG=C.UTF-8 QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_HTTP_PORT=0 KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:1 \
    ALIGNSTREAM_STORE_ROOT=file:/data/store ALIGNSTREAM_STORE_CACHE=/data/cache ALIGNSTREAM_VIEWS_FOLDER=/data/views DJL_CACHE_DIR=/data/djl \
    ALIGNSTREAM_SHUTDOWN_GRACE=1s \
    "$here/confined.sh" "$scratch/root" "$app:/app:ro" "$scratch/tmp:/tmp" "$scratch/data:/data" "$scratch/aot:/aot" -- \
    java -XX:AOTCacheOutput=/aot/app.aot $(cat "$here/java.options") -jar quarkus-run.jar >"$scratch/log" 2>&1 &
  process=$!
  waited=0
  until grep --quiet "Listening on:" "$scratch/log"; do
    if ! kill -0 "$process" 2>/dev/null || [ "$waited" = "$((limit * 5))" ]; then
      kill "$process" 2>/dev/null || true
      tail -n 20 "$scratch/log" >&2
      echo "$name does not start; no image of it is built" >&2
      exit 1
    fi
    waited=$((waited + 1))
    sleep 0.2
  done
  sleep 1
  kill "$process"
  wait "$process" || true
  [ -f "$scratch/aot/app.aot" ] || { tail -n 20 "$scratch/log" >&2; echo "$name: no AOT cache was written" >&2; exit 1; }
  mv "$scratch/aot/app.aot" "$recorded.$$"
  mv "$recorded.$$" "$recorded"
fi
cp "$recorded" "$output/app.aot"
echo "-XX:AOTCache=/opt/alignstream/app.aot" >>"$output/java.options"
