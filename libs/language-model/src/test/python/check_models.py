"""Loads what Alignstream wrote with transformers, PEFT and llama.cpp: check_models.py FOLDER.

FOLDER holds NAME.json (what Alignstream computes with a model, and the model's folder) and perhaps NAME.gguf and
NAME.peft/.
"""
import json
import math
import pathlib
import sys
import urllib.request

import torch
import xllamacpp
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

LIMIT = 1e-4
# llama.cpp multiplies half-precision weights with half-precision activations.
HALF_LIMIT = 0.1
failures = []
greatest = {}
checks = 0


def check(what, ok, detail=""):
    global checks
    checks += 1
    if not ok:
        failures.append(f"{what}: {detail}")


def check_gap(name, kind, gap, limit=LIMIT):
    greatest[kind] = max(gap, greatest.get(kind, 0))
    check(f"{name}: {kind}", gap < limit, f"differ by {gap}")


def logit_gap(model, expected):
    with torch.no_grad():
        logits = model(torch.tensor([expected["ids"]])).logits[0]
    return (logits - torch.tensor(expected["logits"])).abs().max().item()


def check_model(name, expected):
    model = AutoModelForCausalLM.from_pretrained(expected["folder"], dtype=torch.float32).eval()
    check_gap(name, "logits of transformers", logit_gap(model, expected))
    prompt = torch.tensor([expected["greedyPrompt"]])
    answer = model.generate(prompt, do_sample=False, min_new_tokens=1, max_new_tokens=len(expected["greedy"]),
                            attention_mask=torch.ones_like(prompt), eos_token_id=None)[0, prompt.shape[1]:].tolist()
    check(f"{name}: greedy output of transformers", answer == expected["greedy"],
          f"{answer} instead of {expected['greedy']}")


def check_tokenizer(name, expected):
    tokenizer = AutoTokenizer.from_pretrained(expected["folder"])
    for text, ids in expected["texts"].items():
        found = tokenizer(text, add_special_tokens=False)["input_ids"]
        check(f"{name}: ids of {text!r}", found == ids, f"{found} instead of {ids}")
        check(f"{name}: text of ids", tokenizer.decode(ids, clean_up_tokenization_spaces=False) == text, text)
    found = tokenizer.apply_chat_template(expected["messages"], add_generation_prompt=True)
    check(f"{name}: chat template", found == expected["prompt"], f"{found} instead of {expected['prompt']}")


def check_peft(name, folder, expected):
    base = json.loads((folder / "adapter_config.json").read_text())["base_model_name_or_path"]
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32).eval()
    check(f"{name}: the adapters change something", logit_gap(model, expected) > 0.1)
    adapted = PeftModel.from_pretrained(model, folder).eval()
    check_gap(name, "logits of PEFT", logit_gap(adapted, expected))


def ask(server, path, **body):
    request = urllib.request.Request(server.listening_address + path, json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def llama_cpp(file):
    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.n_ctx, params.n_parallel, params.n_gpu_layers = 96, 1, 0
    params.warmup, params.fit_params, params.verbosity = False, False, -1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    return xllamacpp.Server(params)


def check_gguf(name, file, expected):
    server = llama_cpp(file)
    # The bias makes it sample a whole character, for others it gives no probabilities; they are those without the bias.
    count = len(expected["logits"][0])
    step = ask(server, "/completion", prompt=expected["greedyPrompt"], n_predict=1, temperature=0, n_probs=count,
               cache_prompt=False, logit_bias=[[expected["letter"], 1000]])["completion_probabilities"][0]
    theirs = {entry["id"]: entry["logprob"] for entry in step["top_logprobs"]}
    ours = torch.tensor(expected["logits"][len(expected["greedyPrompt"]) - 1]).log_softmax(0).tolist()
    gap = max(abs(value - theirs.get(token, math.inf)) for token, value in enumerate(ours))
    if expected["fullPrecision"]:
        check_gap(name, "log probabilities of llama.cpp", gap)
        answer = ask(server, "/completion", prompt=expected["greedyPrompt"], n_predict=len(expected["greedy"]),
                     temperature=0, return_tokens=True, cache_prompt=False)
        # Unlike ours it stops at a token that ends an answer.
        wanted = expected["greedy"][:len(answer["tokens"])] if answer["stop_type"] == "eos" else expected["greedy"]
        check(f"{name}: greedy output of llama.cpp", wanted and answer["tokens"] == wanted,
              f"{answer['tokens']} instead of {wanted}")
    else:
        check_gap(name, "log probabilities of llama.cpp in half precision", gap, HALF_LIMIT)
    for text, ids in expected["texts"].items():
        if "  " in text and not expected["blankRunsInGguf"]:
            continue
        found = ask(server, "/tokenize", content=text, add_special=False, parse_special=False)["tokens"]
        check(f"{name}: llama.cpp's ids of {text!r}", found == ids, f"{found} instead of {ids}")
    prompt = ask(server, "/apply-template", messages=expected["messages"])["prompt"]
    found = ask(server, "/tokenize", content=prompt, add_special=False, parse_special=True)["tokens"]
    check(f"{name}: llama.cpp's chat template", found == expected["prompt"], f"{found} instead of {expected['prompt']}")


def main(out):
    for file in sorted(out.glob("*.json")):
        name = file.stem
        expected = json.loads(file.read_text())
        check_model(name, expected)
        check_tokenizer(name, expected)
        if (out / (name + ".gguf")).exists():
            check_gguf(name, out / (name + ".gguf"), expected)
        if (out / (name + ".peft")).exists():
            check_peft(name, out / (name + ".peft"), expected)
    for failure in failures:
        print("DIFFERS", failure)
    for kind, gap in greatest.items():
        print(f"{kind}: {gap:.1e} at most")
    print(f"{checks} checks, {len(failures)} differ")
    return 1 if failures or checks == 0 else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
