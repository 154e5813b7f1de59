#!/bin/sh
# Fetches the libtorch that computes on cards, the one inside the Python package torch, with CUDA's libraries: cuda.sh OUTPUT_FOLDER
# Some 3 GB from PyPI, 6 GB unpacked. Needs python3 with pip.
set -eu

here=$(cd "$(dirname "$0")" && pwd -P)
# The version of libtorch that DJL's libraries were made for; a service refuses to start with another.
version=$(sed -n 's/.*<libtorch.version>\(.*\)<.*/\1/p' "$here/../pom.xml")
output=$1
[ ! -f "$output/torch/version.py" ] || ! grep --quiet "'$version+" "$output/torch/version.py" || exit 0
command -v python3 >/dev/null && python3 -m pip --version >/dev/null 2>&1 ||
  { echo "The images for cards take torch $version from PyPI by python3 -m pip, which is not installed." >&2; exit 1; }
rm -rf "$output"
mkdir -p "$output"
wheels=$(mktemp -d "$output/wheels.XXXX")
python3 -m pip download --quiet --disable-pip-version-check --only-binary=:all: --platform manylinux_2_28_x86_64 \
  --platform manylinux_2_27_x86_64 --platform manylinux2014_x86_64 --python-version 3.12 --implementation cp --dest "$wheels" "torch==$version"
# libtorch finds CUDA's libraries beside itself, in ../../nvidia; the driver's come with the card.
python3 - "$output" "$wheels"/torch-*.whl "$wheels"/nvidia_*.whl <<'EXTRACT'
import sys, zipfile
for wheel in sys.argv[2:]:
    with zipfile.ZipFile(wheel) as files:
        files.extractall(sys.argv[1], [name for name in files.namelist()
                                       if name.startswith(("torch/lib/", "nvidia/")) or name == "torch/version.py"])
EXTRACT
rm -rf "$wheels"
