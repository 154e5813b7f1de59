#!/bin/sh
# Builds the fused operators (x86-64 Linux): build.sh OUTPUT [HEADERS]
#   OUTPUT   the library, libalignstream_operators.so
#   HEADERS  see library.sh
# OPERATORS_TARGET: the compiler's options that say for which processors, else -march=native, the one at hand.
# OPERATORS_REQUIRED=false: where it cannot be built, there is a line that says why, no OUTPUT and no error.
set -eu

here=$(cd "$(dirname "$0")" && pwd -P)
sources=$here
name=operators
what="The library of fused operators"
required=${OPERATORS_REQUIRED:-true}
target=${OPERATORS_TARGET:--march=native}
# No -ffast-math: not a number must stay one, and sums keep their order unless a loop says otherwise.
flags="-std=c++17 -O3 $target -mprefer-vector-width=512 -fno-math-errno -fno-trapping-math -fno-signed-zeros
  -fopenmp -fPIC -fvisibility=hidden -DAT_PARALLEL_OPENMP=1 -D_GLIBCXX_USE_CXX11_ABI=1"
# Another processor is another library, also where machines share the cache.
# shellcheck disable=SC2086
key=$("${CXX:-g++}" $target -Q --help=target 2>/dev/null || :)
. "$here/library.sh"
