# Builds a library of operators that libtorch loads; for the scripts that set what it takes:
#   name      of the library, libalignstream_NAME.so
#   what      it is, for people
#   required  false: where it cannot be built, there is a line that says why, no output and no error
#   sources   folder of its *.cpp
#   flags     of the compiler; key: what, besides sources and compiler, the result depends on
#   $1 output, $2 folder `torch/include` of the Python package torch, in the version that the root pom pins as
#             libtorch.version; where it is not given, it comes from PyPI
# Headers and what was built lie in ALIGNSTREAM_CACHE, else ~/.cache/alignstream, so that the same is built once.
output=$1
cache=${ALIGNSTREAM_CACHE:-${HOME:-/tmp}/.cache/alignstream}
compiler=${CXX:-g++}
version=$(sed -n 's/.*<libtorch.version>\(.*\)<.*/\1/p' "$(dirname "$here")/../../../../pom.xml")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

missing() {
  echo "$what is not there: $1." >&2
  rm -f "$output"
  [ "$required" = false ] && exit 0 || exit 1
}

# The Python package for macOS has the same headers and is the smallest by far.
download_headers() {
  command -v python3 >/dev/null || missing "its headers come by python3, which is not installed"
  python3 -m pip --version >/dev/null 2>&1 || missing "its headers come by python3 -m pip, which is not installed"
  python3 -m pip download --quiet --disable-pip-version-check --retries 2 --timeout 20 --no-deps --only-binary=:all: \
    --platform macosx_11_0_arm64 --python-version 3.12 --implementation cp --dest "$scratch" "torch==$version" >&2 ||
    missing "its headers, those of torch $version, cannot be had from PyPI"
  python3 - "$scratch"/torch-*.whl "$scratch" <<'EXTRACT'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    wheel.extractall(sys.argv[2], [name for name in wheel.namelist() if name.startswith("torch/include/")])
EXTRACT
  mkdir -p "$cache"
  mv "$scratch/torch/include" "$cache/torch-$version-include" 2>/dev/null || [ -d "$cache/torch-$version-include" ]
}

[ "$(uname -sm)" = "Linux x86_64" ] || missing "it is for x86-64 Linux, this is $(uname -sm)"
command -v "$compiler" >/dev/null || missing "it takes a C++ compiler, and $compiler is not installed"

# Of all sources: the folder itself may be the one that is left out of another library's.
hash=$({
  echo "$version $flags $key"
  "$compiler" --version
  find "$sources" -mindepth 1 -name collective -prune -o -type f -print | LC_ALL=C sort | while read -r file; do cat "$file"; done
  cat "$here/library.sh"
} | sha256sum | cut -c 1-16)
built=$cache/$name-$hash.so
if [ ! -f "$built" ]; then
  headers=${2:-$cache/torch-$version-include}
  [ -n "${2:-}" ] || [ -d "$headers" ] || download_headers
  [ -f "$headers/torch/csrc/distributed/c10d/ProcessGroupGloo.hpp" ] ||
    missing "$headers is not the folder torch/include of the Python package torch"
  echo "Building $(printf %s "$what" | cut -c 1 | tr '[:upper:]' '[:lower:]')${what#?} (once, some half a minute)" >&2
  for source in "$sources"/*.cpp; do
    # shellcheck disable=SC2086
    "$compiler" $flags -I "$sources" -isystem "$headers" -isystem "$headers/torch/csrc/api/include" \
      -c "$source" -o "$scratch/$(basename "$source" .cpp).o" &
    compilations="${compilations:-} $!"
  done
  for compilation in $compilations; do
    wait "$compilation" || failed=yes
  done
  [ -z "${failed:-}" ] || missing "it does not compile, see above"
  # libtorch is loaded already when this library is: it only has to be named. Its OpenMP is used, not a second one.
  for library in torch_cpu c10; do
    echo | "$compiler" -shared -x c - -Wl,-soname,lib$library.so -o "$scratch/lib$library.so"
  done
  "$compiler" -shared "$scratch"/*.o -L "$scratch" -Wl,--no-as-needed -ltorch_cpu -lc10 -o "$scratch/library" ||
    missing "it cannot be linked, see above"
  mkdir -p "$cache"
  cp "$scratch/library" "$built.$$"
  mv "$built.$$" "$built"
fi
cmp -s "$built" "$output" || {
  mkdir -p "$(dirname "$output")"
  cp "$built" "$output.next"
  mv "$output.next" "$output"
}
