"""The peer of `./alignstream bench time-to-loss`: nanoGPT's setting for CPUs, written after its published configuration.

GPT-2 layout (learned positions, LayerNorm, GELU), 4 layers, 4 heads, width 128, context 64, batch 12, characters as
tokens, dropout 0, AdamW 1e-3 falling to 1e-4 over 2,000 steps, warm-up 100, beta2 0.99, weight decay 0.1, clip 1.0.

A worker that obeys lines on standard input and answers each with one JSON line on standard output:
  steps N   takes N steps: {"seconds": .., "cpuSeconds": .., "loss": ..}
  loss      mean loss in nats a token over the whole validation text: {"nats": .., "tokens": ..}
"""

import argparse
import math
import time

import torch
import torch.nn.functional as F
from torch import nn

from worker import serve

LAYERS, HEADS, WIDTH, CONTEXT, BATCH = 4, 4, 128, 64, 12
STEPS, WARMUP, RATE, FINAL_RATE = 2000, 100, 1e-3, 1e-4


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH, bias=False)
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.output = nn.Linear(WIDTH, WIDTH, bias=False)
        self.norm2 = nn.LayerNorm(WIDTH, bias=False)
        self.up = nn.Linear(WIDTH, 4 * WIDTH, bias=False)
        self.down = nn.Linear(4 * WIDTH, WIDTH, bias=False)

    def forward(self, x):
        batch, length, _ = x.shape
        q, k, v = (
            part.view(batch, length, HEADS, WIDTH // HEADS).transpose(1, 2)
            for part in self.qkv(self.norm1(x)).split(WIDTH, dim=2)
        )
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.output(y.transpose(1, 2).contiguous().view(batch, length, WIDTH))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Model(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, WIDTH)
        self.positions = nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(WIDTH, bias=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                residual = name.endswith("output.weight") or name.endswith("down.weight")
                nn.init.normal_(parameter, std=0.02 / (math.sqrt(2 * LAYERS) if residual else 1))

    def forward(self, ids, targets):
        x = self.tokens(ids) + self.positions(torch.arange(ids.size(1)))
        for block in self.blocks:
            x = block(x)
        logits = F.linear(self.norm(x), self.tokens.weight)
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def learning_rate(step):
    if step < WARMUP:
        return RATE * (step + 1) / (WARMUP + 1)
    share = min(1.0, (step - WARMUP) / (STEPS - WARMUP))
    return FINAL_RATE + 0.5 * (1 + math.cos(math.pi * share)) * (RATE - FINAL_RATE)


def take(model, optimiser, data, step, count):
    began, cpu = time.perf_counter(), time.process_time()
    for n in range(step, step + count):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(n)
        starts = torch.randint(len(data) - CONTEXT, (BATCH,))
        ids = torch.stack([data[s : s + CONTEXT] for s in starts])
        targets = torch.stack([data[s + 1 : s + CONTEXT + 1] for s in starts])
        loss = model(ids, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
    return {"seconds": time.perf_counter() - began, "cpuSeconds": time.process_time() - cpu, "loss": loss.item()}


@torch.no_grad()
def validate(model, data):
    total, count = 0.0, 0
    starts = list(range(0, len(data) - CONTEXT, CONTEXT))
    for first in range(0, len(starts), 128):
        rows = starts[first : first + 128]
        ids = torch.stack([data[s : s + CONTEXT] for s in rows])
        targets = torch.stack([data[s + 1 : s + CONTEXT + 1] for s in rows])
        total += model(ids, targets).item() * ids.numel()
        count += ids.numel()
    return {"nats": total / count, "tokens": count}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--train", required=True, help="text in UTF-8")
    parser.add_argument("--validation", required=True, help="text in UTF-8")
    parser.add_argument("--threads", type=int, required=True)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1337)
    texts = [open(path, encoding="utf-8", newline="").read() for path in (a.train, a.validation)]
    ids = {character: i for i, character in enumerate(sorted(set(texts[0] + texts[1])))}
    train, validation = (torch.tensor([ids[character] for character in text]) for text in texts)
    model = Model(len(ids))
    groups = [
        {"params": [p for p in model.parameters() if p.dim() > 1], "weight_decay": 0.1},
        {"params": [p for p in model.parameters() if p.dim() < 2], "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.99), fused=True)
    step = 0

    def steps(count):
        nonlocal step
        step += count
        return take(model, optimiser, train, step - count, count)

    serve({"steps": steps, "loss": lambda: validate(model, validation)})


if __name__ == "__main__":
    main()
