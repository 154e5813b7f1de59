#!/bin/sh
# Builds the native libraries of the images: libraries.sh OUTPUT_FOLDER
# The fused operators once for each level of x86-64 (OperatorVariant.java names what each takes; the processor at hand chooses when
# a service starts), and the library by which several workers train one run.
set -eu

sources=$(cd "$(dirname "$0")/../libs/language-model/src/main/cpp" && pwd -P)
output=$1
mkdir -p "$output"

variant() { # NAME OPTIONS_OF_THE_COMPILER
  OPERATORS_TARGET=$2 "$sources/build.sh" "$output/operators/$1/libalignstream_operators.so"
}
# All that passes vectors is inlined: nobody meets the other ABI that the warning is about.
variant x86-64-v3 "-march=x86-64-v3 -mtune=generic -Wno-psabi"
variant x86-64-v4 "-march=x86-64-v4 -mtune=generic"
variant x86-64-v4-bf16 "-march=x86-64-v4 -mavx512bf16 -mavx512vnni -mtune=generic"
"$sources/collective/build.sh" "$output/libalignstream_collective.so"
