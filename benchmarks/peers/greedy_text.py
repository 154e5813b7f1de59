"""What llama.cpp answers to prompts, token by token the most probable one: greedy_text.py GGUF PROMPTS TOKENS.

PROMPTS is a JSON list of texts; the last line of the output is a JSON list of answers, each as text and token ids.
"""
import json
import sys
import urllib.request

import xllamacpp


def ask(server, path, **body):
    request = urllib.request.Request(server.listening_address + path, json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=600) as answer:
        return json.load(answer)


def serve(file):
    params = xllamacpp.CommonParams()
    params.model.path = file
    params.n_ctx, params.n_parallel, params.n_gpu_layers = 1024, 1, 0
    params.warmup, params.fit_params, params.verbosity = False, False, -1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 2
    # As exact as it can be: keys and values in full precision, no reordering of sums.
    params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    return xllamacpp.Server(params)


def main(file, prompts, tokens):
    server = serve(file)
    answers = []
    for prompt in json.loads(prompts):
        layout = ask(server, "/apply-template", messages=[{"role": "user", "content": prompt}])["prompt"]
        ids = ask(server, "/tokenize", content=layout, add_special=False, parse_special=True)["tokens"]
        answer = ask(server, "/completion", prompt=ids, n_predict=int(tokens), temperature=0, cache_prompt=False)
        answers.append(answer["content"])
    print(json.dumps(answers))


main(*sys.argv[1:])
