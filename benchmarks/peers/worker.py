"""How the training peers take turns: a command a line on standard input, a line of JSON for each on standard output."""

import json
import sys

OUT = sys.stdout  # a peer whose library prints may send everything else elsewhere


def answer(value):
    print(json.dumps(value), file=OUT, flush=True)


def requests():
    """Says that the peer is ready; then (name, whole numbers behind it) of each line until the input ends."""
    answer({"ready": True})
    for line in sys.stdin:
        name, *numbers = line.split()
        yield name, [int(number) for number in numbers]


def serve(commands):
    """Answers until the input ends; commands: name -> function of the whole numbers behind the name."""
    for name, numbers in requests():
        if name not in commands:
            raise ValueError(f"unknown command: {name!r}")
        answer(commands[name](*numbers))
