"""Loads a masked model that Alignstream wrote with transformers' fill-mask pipeline: check_masked.py FOLDER.

FOLDER holds masked.json: what Alignstream computes with the model, and the model's folder. Needs what masked.txt names.
"""
import json
import pathlib
import sys

import torch
from transformers import AutoModelForMaskedLM, AutoTokenizer, pipeline

LIMIT = 1e-4
# transformers ask CUDA's runtime even without a card, and stand_ins.py's has no answer.
torch.cuda.is_current_stream_capturing = lambda: False


def main(out):
    expected = json.loads((out / "masked.json").read_text())
    model = AutoModelForMaskedLM.from_pretrained(expected["folder"], dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(expected["folder"])
    failures = []
    with torch.no_grad():
        logits = model(torch.tensor([expected["ids"]])).logits[0]
    gap = (logits - torch.tensor(expected["logits"])).abs().max().item()
    print(f"logits of transformers: {gap:.1e} at most")
    if not gap < LIMIT:
        failures.append(f"logits differ by {gap}")
    fill = pipeline("fill-mask", model=model, tokenizer=tokenizer, top_k=5)
    for text, blanks in expected["blanks"].items():
        found = fill(text)
        if len(blanks) == 1:
            found = [found]
        for blank, ours in enumerate(blanks):
            theirs = found[blank]
            for rank, (a, b) in enumerate(zip(ours, theirs, strict=True)):
                if a["id"] != b["token"] or abs(a["probability"] - b["score"]) > LIMIT:
                    failures.append(f"{text}, blank {blank}, rank {rank}: {b} instead of {a}")
    for failure in failures:
        print("DIFFERS", failure)
    print(f"{len(expected['blanks'])} texts with blanks, {len(failures)} differences")
    return 1 if failures or not expected["blanks"] else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
