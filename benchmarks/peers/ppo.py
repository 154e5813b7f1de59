"""A peer of `./alignstream bench rlhf`: PPO in plain PyTorch, of the same network, settings and prompts.

Written to be fast: fused projections, products of real tokens only (attention alone sees padding), logits of answers only,
one forward for all episodes of an iteration, sampling from a cache of keys and values.

A worker that obeys lines on standard input and answers each with one JSON line on standard output:
  steps N   takes N iterations: {"tokens": .., "seconds": .., "cpuSeconds": .., "loss": ..}
  sizes     of the last iteration: {"endRate": ..}
  check     learns from the answers in FOLDER/episodes.json instead: {"figures": [{..} for each iteration]}
It ends with its input.
"""

import argparse
import json
import random
import time
from pathlib import Path
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn

from worker import serve


class Network(nn.Module):
    """A Llama with tied embeddings; with a scalar head if the weights have one."""

    def __init__(self, folder):
        super().__init__()
        config = json.loads((folder / "config.json").read_text())
        w = load_file(folder / "model.safetensors")
        self.heads, self.epsilon = config["num_attention_heads"], config["rms_norm_eps"]
        self.width = config["hidden_size"]
        self.head_width = self.width // self.heads
        self.embedding = nn.Parameter(w["model.embed_tokens.weight"])
        self.norm = nn.Parameter(w["model.norm.weight"])
        self.score = nn.Parameter(w["score.weight"]) if "score.weight" in w else None
        self.blocks = nn.ModuleList()
        for layer in range(config["num_hidden_layers"]):
            def weight(*names):
                return nn.Parameter(torch.cat([w[f"model.layers.{layer}.{name}.weight"] for name in names]))
            block = nn.Module()
            block.norm1, block.norm2 = weight("input_layernorm"), weight("post_attention_layernorm")
            block.qkv = weight("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj")
            block.o = weight("self_attn.o_proj")
            block.gate_up = weight("mlp.gate_proj", "mlp.up_proj")
            block.down = weight("mlp.down_proj")
            self.blocks.append(block)
        positions = torch.arange(config["max_position_embeddings"]).double()
        powers = torch.arange(0, self.head_width, 2).double() / self.head_width
        angles = positions[:, None] / config["rope_theta"] ** powers
        angles = torch.cat([angles, angles], 1)
        self.register_buffer("cos", angles.cos().float())
        self.register_buffer("sin", angles.sin().float())

    def forward(self, ids, positions, attention):
        """Hidden states [tokens, width] of ids [tokens]; attention: (layer, q, k, v) [tokens, heads, ..] -> [tokens, width]."""
        cos, sin = self.cos[positions][:, None], self.sin[positions][:, None]

        def rotated(x):
            a, b = x.chunk(2, -1)
            return x * cos + torch.cat([-b, a], -1) * sin

        shape = [self.width]
        x = F.embedding(ids, self.embedding)
        for layer, block in enumerate(self.blocks):
            h = F.linear(F.rms_norm(x, shape, block.norm1, self.epsilon), block.qkv)
            q, k, v = h.view(-1, 3, self.heads, self.head_width).unbind(1)
            x = x + F.linear(attention(layer, rotated(q), rotated(k), v), block.o)
            gate, up = F.linear(F.rms_norm(x, shape, block.norm2, self.epsilon), block.gate_up).chunk(2, -1)
            x = x + F.linear(F.silu(gate) * up, block.down)
        return F.rms_norm(x, shape, self.norm, self.epsilon)


class Rows:
    """Rows of any length as their tokens one after the other."""

    def __init__(self, rows):
        lengths = torch.tensor([len(row) for row in rows])
        self.ids = torch.tensor([token for row in rows for token in row])
        self.batch, self.time = len(rows), int(lengths.max())
        self.begins = F.pad(lengths.cumsum(0), (1, 0))[:-1]
        real = torch.arange(self.time) < lengths[:, None]
        self.cells = real.flatten().nonzero().flatten()  # where each token stands in the padded grid
        self.positions = self.cells % self.time

    def hidden(self, network):
        return network(self.ids, self.positions, self.attention)

    def attention(self, _, q, k, v):
        def grid(x):
            cells = x.new_zeros(self.batch * self.time, *x.shape[1:]).index_copy(0, self.cells, x)
            return cells.view(self.batch, self.time, *x.shape[1:]).transpose(1, 2)

        y = F.scaled_dot_product_attention(grid(q), grid(k), grid(v), is_causal=True)  # padding stands on the right
        return y.transpose(1, 2).reshape(self.batch * self.time, -1).index_select(0, self.cells)


class Answers:
    """Prompts with answers; what belongs to an answer's token is found where that token is predicted."""

    def __init__(self, rows, prompts):
        self.inputs = Rows([row[:-1] for row in rows])
        lengths = torch.tensor([len(row) for row in rows]) - prompts
        steps = torch.arange(int(lengths.max()))
        self.lengths, self.mask = lengths, steps < lengths[:, None]  # mask: [batch, answer]
        self.at = (self.inputs.begins[:, None] + prompts[:, None] - 1 + steps)[self.mask]
        self.targets = torch.tensor([token for row, prompt in zip(rows, prompts.tolist()) for token in row[prompt:]])

    def logs(self, network, temperature):
        """Log probabilities of all next tokens [answer tokens, vocabulary] and of those that came."""
        logits = F.linear(self.inputs.hidden(network)[self.at], network.embedding)
        if temperature != 1:
            logits = logits / temperature
        every = F.log_softmax(logits, -1)
        return every, every.gather(1, self.targets[:, None])[:, 0]

    def values(self, network):
        return F.linear(self.inputs.hidden(network)[self.at], network.score)[:, 0]

    def grid(self, values):
        return torch.zeros(self.mask.shape).masked_scatter(self.mask, values)


class Trainer:
    def __init__(self, folder):
        self.folder = folder
        self.run = SimpleNamespace(**json.loads((folder / "run.json").read_text()))
        self.policy, self.reference = Network(folder / "policy"), Network(folder / "policy")
        self.critic, self.reward = Network(folder / "reward"), Network(folder / "reward")
        self.reference.requires_grad_(False)
        self.reward.requires_grad_(False)
        self.optimisers = [self.adam(self.policy, self.run.policyLearningRate),
                           self.adam(self.critic, self.run.criticLearningRate)]
        torch.manual_seed(1)
        self.random = random.Random(1)
        self.iteration, self.end_rate = 0, 0.0

    @staticmethod
    def adam(network, rate):
        return torch.optim.AdamW(network.parameters(), lr=rate, betas=(0.9, 0.999), eps=1e-5, weight_decay=0.0, fused=True)

    def prompts(self):
        run = self.run
        first = self.iteration * run.episodes
        return [run.prompts[(first + i) % len(run.prompts)] for i in range(run.episodes)]

    @torch.no_grad()
    def sample(self, prompts):
        """An answer to each prompt; prompts stand at the right end of their columns, so that answers begin in one."""
        run, network = self.run, self.policy
        batch, start = len(prompts), max(map(len, prompts))
        lengths = torch.tensor([len(prompt) for prompt in prompts])
        ids = torch.tensor([[run.pad] * (start - len(prompt)) + prompt for prompt in prompts])
        columns = start + run.answerTokens
        real = torch.arange(columns) >= start - lengths[:, None]
        keys = torch.empty(len(network.blocks), batch, network.heads, columns, network.head_width)
        values = torch.empty_like(keys)
        seen, fed, mask = 0, start, None

        def attention(layer, q, k, v):
            q, k, v = (x.view(batch, fed, network.heads, -1).transpose(1, 2) for x in (q, k, v))
            keys[layer, :, :, seen:seen + fed] = k
            values[layer, :, :, seen:seen + fed] = v
            y = F.scaled_dot_product_attention(
                q, keys[layer, :, :, :seen + fed], values[layer, :, :, :seen + fed], attn_mask=mask)
            return y.transpose(1, 2).reshape(batch * fed, -1)

        # a padding cell sees itself, so that no row of the softmax is empty
        mask = ((real[:, None, :start] & torch.ones(start, start, dtype=torch.bool).tril())
                | torch.eye(start, dtype=torch.bool))[:, None]
        positions = (torch.arange(start) - (start - lengths[:, None])).clamp(min=0)
        hidden = network(ids.flatten(), positions.flatten(), attention).view(batch, start, -1)[:, -1]
        answers, ended = [], torch.zeros(batch, dtype=torch.bool)
        for step in range(run.answerTokens):
            logits = F.linear(hidden, network.embedding) / run.temperature
            drawn = torch.multinomial(F.softmax(logits, -1), 1)[:, 0]
            answers.append(drawn)
            ended |= drawn == run.end
            if step + 1 == run.answerTokens or ended.all():
                break
            seen, fed = start + step, 1
            mask = real[:, None, None, :seen + 1]
            hidden = network(drawn, lengths + step, attention)
        rows = []
        for prompt, answer in zip(prompts, torch.stack(answers, 1).tolist()):
            rows.append(prompt + answer[:answer.index(run.end) + 1 if run.end in answer else None])
        return rows, lengths

    @torch.no_grad()
    def scores(self, rows):
        whole = Rows(rows)
        last = whole.begins + torch.tensor([len(row) - 1 for row in rows])
        scores = F.linear(whole.hidden(self.reward)[last], self.reward.score)[:, 0]
        ended = torch.tensor([row[-1] == self.run.end for row in rows])
        scores = scores.clamp(-self.run.scoreClip, self.run.scoreClip)
        return torch.where(ended, scores, scores.clamp(max=0) - self.run.missingEndPenalty), ended

    def learn(self, rows, prompts, orders):
        """Scores the answers and takes the steps; orders: of the minibatches in each epoch."""
        run = self.run
        with torch.no_grad():
            batch = Answers(rows, prompts)
            logs = batch.grid(batch.logs(self.policy, run.temperature)[1])
            reference = batch.grid(batch.logs(self.reference, run.temperature)[1])
            values = batch.grid(batch.values(self.critic))
            scores, ended = self.scores(rows)
            self.end_rate = ended.float().mean().item()
            ratios = (logs - reference).clamp(-20, 20)
            rewards = -run.klCoefficient * ratios
            rewards[torch.arange(len(rows)), batch.lengths - 1] += scores
            advantages = torch.zeros_like(values)
            following = advantage = torch.zeros(len(rows))
            for t in reversed(range(values.shape[1])):
                advantage = rewards[:, t] + run.gamma * following - values[:, t] + run.gamma * getattr(run, "lambda") * advantage
                following = values[:, t]
                advantages[:, t] = advantage
            returns = advantages + values
            kept = advantages[batch.mask]
            deviation, mean = torch.var_mean(kept, correction=0)
            whitened = (advantages - mean) / (deviation + 1e-8).sqrt()
        parts = []
        for start in range(0, len(rows), run.minibatch):
            these = slice(start, start + run.minibatch)
            part = Answers(rows[these], prompts[these])
            mask = batch.mask[these]
            parts.append((part, *(grid[these][mask] for grid in (logs, values, whitened, returns))))
        sums = torch.zeros(4)
        for order in orders:
            for index in order:
                sums += self.step(*parts[index])
        steps = sum(map(len, orders))
        policy, value, kl, entropy = (sums / steps).tolist()
        return {"objective/kl": ratios.sum(1).mean().item(), "objective/scores": scores.mean().item(),
                "loss/policy_avg": policy, "loss/value_avg": value, "policy/approxkl_avg": kl, "policy/entropy_avg": entropy}

    def step(self, part, old_logs, old_values, advantages, returns):
        run = self.run
        every, logs = part.logs(self.policy, run.temperature)
        difference = (logs - old_logs).clamp(-20, 20)
        ratio = difference.exp()
        policy = torch.maximum(-advantages * ratio, -advantages * ratio.clamp(1 - run.clip, 1 + run.clip)).mean()
        self.update(0, policy)
        values = part.values(self.critic)
        near = old_values + (values - old_values).clamp(-run.valueClip, run.valueClip)
        value = torch.maximum((values - returns) ** 2, (near - returns) ** 2).mean() / 2
        self.update(1, run.valueCoefficient * value)
        with torch.no_grad():
            entropy = -(every.exp() * every).sum(1).mean()
            return torch.stack([policy, value, (difference ** 2).mean() / 2, entropy])

    def update(self, which, loss):
        optimiser = self.optimisers[which]
        loss.backward()
        torch.nn.utils.clip_grad_norm_(optimiser.param_groups[0]["params"], 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)

    def take(self, iterations):
        began, cpu = time.perf_counter(), time.process_time()
        run = self.run
        for _ in range(iterations):
            rows, lengths = self.sample(self.prompts())
            orders = [self.random.sample(range(run.episodes // run.minibatch), run.episodes // run.minibatch)
                      for _ in range(run.epochs)]
            loss = self.learn(rows, lengths, orders)["loss/policy_avg"]
            self.iteration += 1
        return {"tokens": iterations * run.episodes * run.answerTokens, "seconds": time.perf_counter() - began,
                "cpuSeconds": time.process_time() - cpu, "loss": loss}

    def check(self):
        episodes = json.loads((self.folder / "episodes.json").read_text())
        return {"figures": [self.learn(i["rows"], torch.tensor(i["promptLengths"]), i["orders"]) for i in episodes]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True, help="networks, settings and prompts")
    parser.add_argument("--threads", type=int, required=True)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    trainer = Trainer(a.folder)
    serve({"steps": trainer.take, "sizes": lambda: {"endRate": trainer.end_rate}, "check": trainer.check})


if __name__ == "__main__":
    main()
