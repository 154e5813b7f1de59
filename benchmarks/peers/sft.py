"""The peer of `./alignstream bench sft`: the same network in transformers, all of its weights or PEFT's adapters tuned.

A worker that obeys lines on standard input and answers each with one JSON line on standard output:
  steps N   takes N optimiser steps: {"tokens": .., "seconds": .., "cpuSeconds": .., "loss": ..}
  sizes     {"trainedParameters": .., "optimiserBytes": ..}
It ends with its input.
"""

import argparse
import time

import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

from worker import serve

PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tokens", required=True, help="file of little-endian 32-bit token ids")
    parser.add_argument("--rank", type=int, default=0, help="of the adapters; 0 tunes all weights")
    for name in ("threads", "vocabulary", "layers", "width", "heads", "feed-forward", "context", "batch"):
        parser.add_argument("--" + name, type=int, required=True)
    return parser.parse_args()


class Tuner:
    def __init__(self, a):
        self.a = a
        torch.manual_seed(1)
        model = LlamaForCausalLM(LlamaConfig(
            vocab_size=a.vocabulary, num_hidden_layers=a.layers, hidden_size=a.width, num_attention_heads=a.heads,
            intermediate_size=a.feed_forward, max_position_embeddings=a.context, tie_word_embeddings=True,
            use_cache=False, attn_implementation="sdpa"))
        if a.rank:
            model = get_peft_model(model, LoraConfig(
                task_type="CAUSAL_LM", r=a.rank, lora_alpha=2 * a.rank, target_modules=PROJECTIONS,
                trainable_token_indices={"embed_tokens": [0, 1, 2, 3]}))
        self.model = model.train()
        self.trained = [p for p in model.parameters() if p.requires_grad]
        self.optimiser = torch.optim.AdamW(self.trained, lr=1e-4, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
        self.data = torch.frombuffer(bytearray(open(a.tokens, "rb").read()), dtype=torch.int32).long()
        self.step = 0

    def batch(self):
        """Rows of the text; the second half of each is learned, as an answer would be."""
        a = self.a
        rows = len(self.data) // a.context
        starts = [((self.step * a.batch + i) % rows) * a.context for i in range(a.batch)]
        ids = torch.stack([self.data[s : s + a.context] for s in starts])
        labels = ids.clone()
        labels[:, : a.context // 2] = -100
        return ids, labels

    def take(self, steps):
        began, cpu = time.perf_counter(), time.process_time()
        for _ in range(steps):
            ids, labels = self.batch()
            loss = self.model(input_ids=ids, labels=labels).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
            self.optimiser.step()
            self.optimiser.zero_grad(set_to_none=True)
            self.step += 1
        loss = loss.item()
        seconds = time.perf_counter() - began
        tokens = steps * self.a.batch * self.a.context
        return {"tokens": tokens, "seconds": seconds, "cpuSeconds": time.process_time() - cpu, "loss": loss}

    def sizes(self):
        state = [t for s in self.optimiser.state.values() for t in s.values() if torch.is_tensor(t)]
        return {"trainedParameters": sum(p.numel() for p in self.trained),
                "optimiserBytes": sum(t.numel() * t.element_size() for t in state)}


def main():
    a = arguments()
    torch.set_num_threads(a.threads)
    tuner = Tuner(a)
    serve({"steps": tuner.take, "sizes": tuner.sizes})


if __name__ == "__main__":
    main()
