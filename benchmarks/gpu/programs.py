"""Alignstream's programs for libtorch without Java: the same texts, put together as its classes do."""

import io
import re
import zipfile
from pathlib import Path

import torch

MAIN = Path(__file__).resolve().parents[2] / "libs/language-model/src/main"
PACKAGE = "io/alignstream/languagemodel"


def resource(name):
    return (MAIN / "resources" / PACKAGE / name).read_text(encoding="utf-8")


def blocks(name):
    """The text blocks of a class, in order."""
    source = (MAIN / "java" / PACKAGE / name).read_text(encoding="utf-8")
    texts = []
    for text in re.findall(r'"""\n(.*?)"""', source, re.DOTALL):
        lines = text.split("\n")  # the line of the end mark counts for the indentation, as in Java
        indent = min(len(line) - len(line.lstrip()) for line in lines[:-1] if line.strip())
        indent = min(indent, len(lines[-1])) if not lines[-1].strip() else indent
        texts.append("\n".join(line[indent:].rstrip() for line in lines))
    return texts


OPERATORS = resource("torch/operators.torchscript") + resource("torch/heads.torchscript")
NETWORK = resource("network/network.torchscript")


def program(methods, card_path=False):
    """The program of the operators and of methods; card_path takes on the processor, too, what a card would compute."""
    text = OPERATORS + methods
    if card_path:
        text = text.replace("if not qkv.is_cpu:", "if True:")
    head = "class Program(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:
        file.writestr("program/data.pkl", b"\x80\x02c__torch__\nProgram\n)\x81}(X\x08\x00\x00\x00training\x88ub.")
        file.writestr("program/code/__torch__.py", (head + text).encode())
        file.writestr("program/constants.pkl", b"\x80\x02).")
        file.writestr("program/version", b"3\n")
    archive.seek(0)
    return torch.jit.load(archive)


def next_token(**how):
    return program(NETWORK + "\n" + "".join(blocks("objective/NextTokenObjective.java")), **how)


def policy(**how):
    head = blocks("objective/HeadObjective.java")
    loss = blocks("objective/PolicyObjective.java")[0]
    return program(NETWORK + "\n" + head[0] + head[1] + loss, **how)


def optimiser(**how):
    return program(resource("optimiser/optimiser.torchscript"), **how)


def generation(**how):
    texts = resource("generation/generation.torchscript") + resource("generation/decoding.torchscript")
    return program(NETWORK + "\n" + texts, **how)
