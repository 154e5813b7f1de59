"""A peer of `./alignstream bench rlhf`: TRL's PPOTrainer on the same networks, settings and prompts.

A worker that obeys lines on standard input and answers each with one JSON line on standard output:
  steps N   takes N iterations: {"tokens": .., "seconds": .., "cpuSeconds": .., "loss": ..}
  sizes     of the last iteration: {"endRate": ..}
It ends with its input. The trainer's own loop runs all the time and waits for commands between two iterations.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import torch
from datasets import Dataset
from transformers import (AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer, PrinterCallback,
                          TrainerCallback)
from trl import PPOConfig, PPOTrainer

from worker import answer, requests


class Turns(TrainerCallback):
    """Lets the trainer go on for as many iterations as are asked for."""

    def __init__(self, run):
        self.run = run
        self.requests = requests()
        self.logs = {}

    def on_train_begin(self, args, state, control, **_):
        self.wait()

    def on_log(self, args, state, control, logs=None, **_):
        self.logs = logs

    def on_step_end(self, args, state, control, **_):
        self.left -= 1
        if self.left == 0:
            run = self.run
            answer({"tokens": self.asked * run.episodes * run.answerTokens, "seconds": time.perf_counter() - self.began,
                    "cpuSeconds": time.process_time() - self.cpu, "loss": self.logs["loss/policy_avg"]})
            self.wait()

    def wait(self):
        for name, numbers in self.requests:
            if name == "steps":
                self.asked = self.left = numbers[0]
                self.began, self.cpu = time.perf_counter(), time.process_time()
                return
            if name != "sizes":
                raise ValueError(f"unknown command: {name!r}")
            answer({"endRate": self.logs["val/num_eos_tokens"] / self.run.episodes})
        sys.exit(0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True, help="networks, settings and prompts")
    parser.add_argument("--threads", type=int, required=True)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    sys.stdout = sys.stderr  # the trainer prints
    run = SimpleNamespace(**json.loads((a.folder / "run.json").read_text()))

    def classifier():
        return AutoModelForSequenceClassification.from_pretrained(a.folder / "reward", num_labels=1, dtype=torch.float32)

    def language_model():
        return AutoModelForCausalLM.from_pretrained(a.folder / "policy", dtype=torch.float32)

    tokenizer = AutoTokenizer.from_pretrained(
        a.folder / "policy", padding_side="left", pad_token_id=run.pad, eos_token_id=run.end)
    tokenizer.pad_token, tokenizer.eos_token = tokenizer.convert_ids_to_tokens([run.pad, run.end])
    prompts = Dataset.from_dict({"input_ids": run.prompts})
    settings = PPOConfig(
        output_dir=str(a.folder / "trl"), report_to="none", use_cpu=True, bf16=False, gradient_checkpointing=False,
        disable_tqdm=True, save_strategy="no", num_sample_generations=0, total_episodes=10_000_000,
        # the whole batch at once, so that a minibatch is an optimiser step
        per_device_train_batch_size=run.episodes, gradient_accumulation_steps=1,
        num_mini_batches=run.episodes // run.minibatch, num_ppo_epochs=run.epochs,
        local_rollout_forward_batch_size=run.episodes, response_length=run.answerTokens, stop_token="eos",
        temperature=run.temperature, missing_eos_penalty=run.missingEndPenalty, learning_rate=run.policyLearningRate,
        kl_coef=run.klCoefficient, gamma=run.gamma, lam=getattr(run, "lambda"), cliprange=run.clip,
        cliprange_value=run.valueClip, vf_coef=run.valueCoefficient)
    trainer = PPOTrainer(
        args=settings, processing_class=tokenizer, model=language_model(), ref_model=language_model(),
        reward_model=classifier(), value_model=classifier(), train_dataset=prompts, eval_dataset=prompts.select(range(1)),
        callbacks=[Turns(run)])
    trainer.remove_callback(PrinterCallback)
    trainer.train()


if __name__ == "__main__":
    main()
