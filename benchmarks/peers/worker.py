"""How the training peers take turns: a command a line on standard input, a line of JSON for each on standard output."""

import json
import sys


def serve(commands):
    """Answers until the input ends; commands: name -> function of the whole numbers behind the name."""
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        name, *numbers = line.split()
        if name not in commands:
            raise ValueError(f"unknown command: {line!r}")
        print(json.dumps(commands[name](*map(int, numbers))), flush=True)
