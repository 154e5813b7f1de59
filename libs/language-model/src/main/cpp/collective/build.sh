#!/bin/sh
# Builds the library of collectives, for any x86-64 Linux: build.sh OUTPUT [HEADERS]
#   OUTPUT   the library, libalignstream_collective.so
#   HEADERS  see ../library.sh
# COLLECTIVE_REQUIRED=false: where it cannot be built, there is a line that says why, no OUTPUT and no error.
set -eu

sources=$(cd "$(dirname "$0")" && pwd -P)
here=$(dirname "$sources")
name=collective
what="The library by which several workers train one run"
required=${COLLECTIVE_REQUIRED:-true}
# USE_C10D_GLOO is what libtorch was built with: the header of its process group is empty without it.
flags="-std=c++17 -O2 -Wall -Wextra -Wno-unused-parameter -fPIC -fvisibility=hidden
  -D_GLIBCXX_USE_CXX11_ABI=1 -DUSE_C10D_GLOO"
key=
. "$here/library.sh"
