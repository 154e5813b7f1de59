"""Makes stand-ins for the CUDA libraries that PyTorch's Linux wheel links to, so that its CPU part runs without them.

usage: stand_ins.py FOLDER_OF_TORCH/lib; needs a C compiler, nm and readelf. Every function of a stand-in answers 100,
which CUDA's runtime calls "no device".
"""
import collections
import pathlib
import re
import subprocess
import sys

CUDA = re.compile(r"^(cu|nccl|nvrtc|nvtx|__cuda)")


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def main(lib):
    needed, versioned, plain = set(), collections.defaultdict(set), set()
    for file in sorted(lib.glob("*.so")):
        needed |= set(re.findall(r"NEEDED.*\[(lib(?:cu|nccl|nv)[^\]]*)\]", output("readelf", "-d", file)))
        undefined = output("nm", "-D", "--undefined-only", file)
        for symbol, version in re.findall(r"^\s+[Uw] (\w+)@+(lib\S+)$", undefined, re.M):
            versioned[version].add(symbol)
        plain |= {symbol for symbol in re.findall(r"^\s+[Uw] (\w+)$", undefined, re.M) if CUDA.match(symbol)}
    for name in sorted(needed):
        # Every process loads the runtime library, so symbols without a version stand there.
        symbols = versioned[name] | (plain if name.startswith("libcudart.so") else set())
        source = "".join(f"long {symbol}(void) {{ return 100; }}\n" for symbol in sorted(symbols)) or "int none;\n"
        versions = lib / (name + ".map")
        versions.write_text((name if versioned[name] else "") + " { global: *; };\n")
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-w", "-fno-builtin", "-x", "c", "-", "-o", lib / name, f"-Wl,-soname,{name}",
             f"-Wl,--version-script={versions}"], input=source, text=True, check=True)
        versions.unlink()


main(pathlib.Path(sys.argv[1]))
