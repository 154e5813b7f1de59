"""Writes texts for `./alignstream bench inference`: inference.py llama GGUF POSITIONS | transformers FOLDER.

Command `write STREAMS PROMPT ANSWER SEED`: so many prompts of random tokens at once, each followed by as many tokens as asked
for, the most probable ones; the answer has the seconds of all, those to each text's first token, and those between tokens.
"""
import json
import random
import sys
import threading
import time
import urllib.request

import worker

worker.OUT, sys.stdout = sys.stdout, sys.stderr


def prompts(streams, length, seed, vocabulary):
    numbers = random.Random(seed)
    return [[numbers.randrange(3, vocabulary) for _ in range(length)] for _ in range(streams)]


def figures(began, times):
    """times: of each text, when its tokens came."""
    return {"seconds": max(text[-1] for text in times) - began,
            "firsts": [text[0] - began for text in times],
            "gaps": [after - before for text in times for before, after in zip(text, text[1:])]}


def llama(file, positions, streams):
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = file
    params.n_parallel, params.n_gpu_layers = int(streams), 0
    params.n_ctx = int(positions)
    params.warmup, params.fit_params, params.verbosity = True, False, -1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 2
    server = xllamacpp.Server(params)
    with urllib.request.urlopen(server.listening_address + "/props") as answer:
        json.load(answer)
    with urllib.request.urlopen(server.listening_address + "/v1/models") as answer:
        vocabulary = json.load(answer)["data"][0]["meta"]["n_vocab"]

    def stream(prompt, length, times):
        body = {"prompt": prompt, "n_predict": length, "ignore_eos": True, "temperature": 0, "cache_prompt": False,
                "stream": True}
        request = urllib.request.Request(server.listening_address + "/completion", json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=600) as answer:
            for line in answer:
                if line.startswith(b"data:"):
                    # what is no whole character yet comes with the next event
                    times.append(time.perf_counter())
                    event = json.loads(line[5:])
        if event["tokens_predicted"] != length:
            raise RuntimeError(f"an answer of {event['tokens_predicted']} tokens where {length} were asked for")

    def write(streams, length, answer, seed):
        times = [[] for _ in range(streams)]
        threads = [threading.Thread(target=stream, args=(prompt, answer, own))
                   for prompt, own in zip(prompts(streams, length, seed, vocabulary), times)]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if not all(times):
            raise RuntimeError("an answer is missing")
        return figures(began, times)

    return write


def transformers(folder):
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.generation import LogitsProcessor, LogitsProcessorList

    torch.set_num_threads(2)
    model = AutoModelForCausalLM.from_pretrained(folder, torch_dtype=torch.float32)
    model.eval()

    class Clock(LogitsProcessor):
        def __init__(self):
            self.times = []

        def __call__(self, ids, scores):
            self.times.append(time.perf_counter())
            return scores

    def write(streams, length, answer, seed):
        ids = torch.tensor(prompts(streams, length, seed, model.config.vocab_size))
        clock = Clock()
        began = time.perf_counter()
        with torch.inference_mode():
            model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, min_new_tokens=answer,
                           max_new_tokens=answer, eos_token_id=None, pad_token_id=0,
                           logits_processor=LogitsProcessorList([clock]))
        return figures(began, [clock.times] * streams)

    return write


write = {"llama": llama, "transformers": transformers}[sys.argv[1]](*sys.argv[2:])
worker.serve({"write": write})
