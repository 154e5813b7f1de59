"""Loads what Alignstream wrote with transformers, PEFT and llama.cpp: check_models.py FOLDER.

FOLDER holds NAME/ (a checkpoint), NAME.json (what Alignstream computes with it) and perhaps NAME.gguf and NAME.peft/.
"""
import json
import pathlib
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

LIMIT = 1e-4
failures = []
checks = 0


def check(what, ok, detail=""):
    global checks
    checks += 1
    if not ok:
        failures.append(f"{what}: {detail}")


def gap(model, ids, expected):
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
    return (logits - torch.tensor(expected)).abs().max().item()


def check_tokenizer(name, folder, expected):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    for text, ids in expected["texts"].items():
        found = tokenizer(text, add_special_tokens=False)["input_ids"]
        check(f"{name}: ids of {text!r}", found == ids, f"{found} instead of {ids}")
        check(f"{name}: text of ids", tokenizer.decode(ids, clean_up_tokenization_spaces=False) == text, text)
    messages = expected["messages"]
    found = tokenizer.apply_chat_template(messages, add_generation_prompt=True)
    check(f"{name}: chat template", found == expected["prompt"], f"{found} instead of {expected['prompt']}")


def check_gguf(name, file, expected):
    from llama_cpp_py_sync import Llama
    with Llama(str(file), n_ctx=96, n_threads=2, type_k="f32", type_v="f32", flash_attn_type=0) as model:
        tokens = list(expected["greedyPrompt"])
        position = model._eval_tokens(tokens, 0)
        found = []
        for _ in expected["greedy"]:
            logits = model._lib.llama_get_logits_ith(model._ctx, -1)
            found.append(max(range(model.n_vocab), key=lambda token: logits[token]))
            position = model._eval_tokens([found[-1]], position)
        check(f"{name}: greedy output of llama.cpp", found == expected["greedy"],
              f"{found} instead of {expected['greedy']}")
        if expected["byteLevel"]:
            for text, ids in expected["texts"].items():
                cut = list(model.tokenize(text, add_special=False))
                check(f"{name}: llama.cpp's ids of {text!r}", cut == ids, f"{cut} instead of {ids}")


def check_peft(name, folder, expected):
    from peft import PeftModel
    base = AutoModelForCausalLM.from_pretrained(expected["base"], torch_dtype=torch.float32).eval()
    adapted = PeftModel.from_pretrained(base, folder).eval()
    difference = gap(adapted, expected["ids"], expected["logits"])
    check(f"{name}: logits with PEFT's adapter", difference < LIMIT, f"differ by {difference}")


def main(out):
    for file in sorted(out.glob("*.json")):
        name = file.stem
        expected = json.loads(file.read_text())
        model = AutoModelForCausalLM.from_pretrained(out / name, torch_dtype=torch.float32).eval()
        difference = gap(model, expected["ids"], expected["logits"])
        check(f"{name}: logits", difference < LIMIT, f"differ by {difference}")
        check_tokenizer(name, out / name, expected)
        if (out / (name + ".gguf")).exists():
            check_gguf(name, out / (name + ".gguf"), expected)
        if (out / (name + ".peft")).exists():
            check_peft(name, out / (name + ".peft"), expected)
    for failure in failures:
        print("DIFFERS", failure)
    print(f"{checks} checks, {len(failures)} differ")
    return 1 if failures or checks == 0 else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
