#!/bin/sh
# Builds the fused operators for the processor at hand: build.sh HEADERS OUTPUT
#   HEADERS  folder `torch/include` of the Python package torch, in the version that the root pom pins as libtorch.version
#   OUTPUT   the library, libalignstream_operators.so
set -eu

headers=$1
output=$2
sources=$(cd "$(dirname "$0")" && pwd -P)
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT

[ -f "$headers/ATen/ATen.h" ] || {
  echo "build.sh: $headers holds no ATen/ATen.h; give the folder torch/include of the Python package torch" >&2
  exit 2
}
compiler=${CXX:-g++}
# No -ffast-math: not a number must stay one, and sums keep their order unless a loop says otherwise.
flags="-std=c++17 -O3 -march=native -fno-math-errno -fno-trapping-math -fno-signed-zeros -fopenmp -fPIC
  -fvisibility=hidden -DAT_PARALLEL_OPENMP=1 -D_GLIBCXX_USE_CXX11_ABI=1"
case $(uname -m) in
  x86_64) flags="$flags -mprefer-vector-width=512" ;;
esac
for source in "$sources"/*.cpp; do
  # shellcheck disable=SC2086
  "$compiler" $flags -I "$headers" -c "$source" -o "$objects/$(basename "$source" .cpp).o"
done
# libtorch is loaded already when this library is: it only has to be named. Its OpenMP is used, not a second one.
for library in torch_cpu c10; do
  echo | "$compiler" -shared -x c - -Wl,-soname,lib$library.so -o "$objects/lib$library.so"
done
mkdir -p "$(dirname "$output")"
"$compiler" -shared "$objects"/*.o -L "$objects" -Wl,--no-as-needed -ltorch_cpu -lc10 -o "$output.next"
mv "$output.next" "$output"
