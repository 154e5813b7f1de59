"""The peer of `./alignstream bench pretrain`: the same network in PyTorch, written the way its users write it.

A worker that obeys lines on standard input and answers each with one JSON line on standard output:
  steps N   takes N optimiser steps: {"tokens": .., "seconds": .., "cpuSeconds": .., "loss": ..}
  loss      mean loss over the validation tokens (see --validation): {"loss": .., "tokens": ..}
  ceiling   fastest matrix product in bf16 and fp32, FLOP/s: {"bfloat16": .., "float32": ..}
It ends with its input.
"""

import argparse
import contextlib
import time

import torch
import torch.nn.functional as F
from torch import nn

from worker import serve


def parser():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", choices=["eager", "compile"], required=True)
    parser.add_argument("--precision", choices=["bfloat16", "float32"], required=True)
    parser.add_argument("--tokens", required=True, help="file of little-endian 32-bit token ids")
    parser.add_argument("--validation", help="file of little-endian 32-bit token ids")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--vocabulary", type=int, required=True)
    parser.add_argument("--layers", type=int, required=True)
    parser.add_argument("--width", type=int, required=True)
    parser.add_argument("--heads", type=int, required=True)
    parser.add_argument("--feed-forward", type=int, required=True)
    parser.add_argument("--context", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--order", choices=["sequential", "random"], default="sequential")
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--final-learning-rate", type=float, default=None, help="end of a cosine decay")
    parser.add_argument("--warmup-steps", type=int, default=0)
    parser.add_argument("--total-steps", type=int, default=0)
    parser.add_argument("--beta2", type=float, default=0.95)
    parser.add_argument("--seed", type=int, default=1)
    return parser


class Block(nn.Module):
    def __init__(self, width, heads, feed_forward):
        super().__init__()
        self.heads = heads
        self.attention_norm = nn.Parameter(torch.ones(width))
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.output = nn.Linear(width, width, bias=False)
        self.mlp_norm = nn.Parameter(torch.ones(width))
        self.gate_up = nn.Linear(width, 2 * feed_forward, bias=False)
        self.down = nn.Linear(feed_forward, width, bias=False)

    def forward(self, x, cos, sin):
        batch, time_, width = x.shape
        h = F.rms_norm(x, (width,), self.attention_norm.to(x.dtype), 1e-6)
        qkv = self.qkv(h).view(batch, time_, 3 * self.heads, width // self.heads)
        qk, v = qkv.split([2 * self.heads, self.heads], dim=2)
        first, second = qk.chunk(2, dim=-1)
        qk = qk * cos + torch.cat([-second, first], dim=-1) * sin
        q, k = qk.chunk(2, dim=2)
        y = F.scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), is_causal=True)
        x = x + self.output(y.transpose(1, 2).reshape(batch, time_, width))
        h = F.rms_norm(x, (width,), self.mlp_norm.to(x.dtype), 1e-6)
        gate, up = self.gate_up(h).chunk(2, dim=-1)
        return x + self.down(F.silu(gate) * up)


class Transformer(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.dtype = getattr(torch, a.precision)
        self.embedding = nn.Embedding(a.vocabulary, a.width)
        self.blocks = nn.ModuleList(Block(a.width, a.heads, a.feed_forward) for _ in range(a.layers))
        self.norm = nn.Parameter(torch.ones(a.width))
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                residual = name.endswith("output.weight") or name.endswith("down.weight")
                nn.init.normal_(parameter, std=0.02 / ((2 * a.layers) ** 0.5 if residual else 1))
        half = a.width // a.heads // 2
        angles = torch.outer(torch.arange(a.context), 10_000.0 ** (-torch.arange(half) / half)).repeat(1, 2)
        self.register_buffer("cos", angles.cos().unsqueeze(1).to(self.dtype))
        self.register_buffer("sin", angles.sin().unsqueeze(1).to(self.dtype))

    def forward(self, ids, targets):
        x = self.embedding(ids).to(self.dtype)
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        x = F.rms_norm(x, (x.size(-1),), self.norm.to(x.dtype), 1e-6)
        logits = F.linear(x, self.embedding.weight)
        return F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten())


class Trainer:
    def __init__(self, a):
        self.a = a
        torch.manual_seed(a.seed)
        self.model = Transformer(a)
        self.loss = torch.compile(self.model, dynamic=False) if a.mode == "compile" else self.model
        matrices = [p for p in self.model.parameters() if p.dim() > 1]
        vectors = [p for p in self.model.parameters() if p.dim() < 2]
        groups = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(groups, lr=a.learning_rate, betas=(0.9, a.beta2), fused=True)
        self.data = read(a.tokens)
        self.step = 0

    def precision(self):
        if self.a.precision == "bfloat16":
            return torch.autocast("cpu", dtype=torch.bfloat16)
        return contextlib.nullcontext()

    def batch(self):
        a = self.a
        if a.order == "random":
            starts = torch.randint(len(self.data) - a.context - 1, (a.batch,)).tolist()
        else:
            rows = (len(self.data) - 1) // a.context
            starts = [((self.step * a.batch + i) % rows) * a.context for i in range(a.batch)]
        ids = torch.stack([self.data[s : s + a.context] for s in starts])
        targets = torch.stack([self.data[s + 1 : s + a.context + 1] for s in starts])
        return ids, targets

    def learning_rate(self):
        a = self.a
        if a.final_learning_rate is None:
            return a.learning_rate
        if self.step < a.warmup_steps:
            return a.learning_rate * (self.step + 1) / a.warmup_steps
        share = (self.step - a.warmup_steps) / max(1, a.total_steps - a.warmup_steps)
        cosine = 0.5 * (1 + torch.cos(torch.tensor(torch.pi * min(1.0, share))).item())
        return a.final_learning_rate + cosine * (a.learning_rate - a.final_learning_rate)

    def take(self, steps):
        began, cpu = time.perf_counter(), time.process_time()
        loss = None
        for _ in range(steps):
            for group in self.optimiser.param_groups:
                group["lr"] = self.learning_rate()
            ids, targets = self.batch()
            with self.precision():
                loss = self.loss(ids, targets)
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimiser.step()
            self.optimiser.zero_grad(set_to_none=True)
            self.step += 1
        loss = loss.item()
        seconds = time.perf_counter() - began
        tokens = steps * self.a.batch * self.a.context
        return {"tokens": tokens, "seconds": seconds, "cpuSeconds": time.process_time() - cpu, "loss": loss}

    @torch.no_grad()
    def validate(self):
        a = self.a
        data = read(a.validation)
        total, count = 0.0, 0
        rows = (len(data) - 1) // a.context
        for first in range(0, rows, 16):
            starts = [row * a.context for row in range(first, min(rows, first + 16))]
            ids = torch.stack([data[s : s + a.context] for s in starts])
            targets = torch.stack([data[s + 1 : s + a.context + 1] for s in starts])
            with self.precision():
                total += self.model(ids, targets).item() * ids.numel()
            count += ids.numel()
        return {"loss": total / count, "tokens": count}


def read(path):
    return torch.from_file(path, size=length(path), dtype=torch.int32).long()


def length(path):
    with open(path, "rb") as file:
        return file.seek(0, 2) // 4


def ceiling():
    result = {}
    for name in ("bfloat16", "float32"):
        a = torch.randn(2048, 2048).to(getattr(torch, name))
        b = torch.randn(2048, 2048).to(getattr(torch, name))
        best = 0.0
        for _ in range(6):
            began = time.perf_counter()
            F.linear(a, b)
            best = max(best, 2 * 2048**3 / (time.perf_counter() - began))
        result[name] = best
    return result


def main():
    a = parser().parse_args()
    torch.set_num_threads(a.threads)
    trainer = Trainer(a)
    serve({"steps": trainer.take, "loss": trainer.validate, "ceiling": ceiling})


if __name__ == "__main__":
    main()
