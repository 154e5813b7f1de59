"""Makes tiny random models with transformers, each with its logits: make_models.py FOLDER."""
import json
import pathlib
import sys

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM,
                          Qwen3Config, Qwen3ForCausalLM)

TEXTS = ["The quick brown fox jumps over the lazy dog, 1234 times!", "成都必去景点是熊猫基地。今天来上海出差了。",
         "def f(x):\n    return x ** 2\n", "Größe, naïve café, Ελληνικά, 日本語, 한국어 😀"] * 3
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")
QWEN = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")


def tokenizer(kind):
    bpe = Tokenizer(models.BPE(ignore_merges=kind == "llama3"))
    if kind == "gpt2":
        bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    else:
        bpe.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Split(Regex(LLAMA3 if kind == "llama3" else QWEN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    if kind == "qwen2":
        bpe.normalizer = normalizers.NFC()
    bpe.decoder = decoders.ByteLevel()
    bpe.train_from_iterator(TEXTS, trainers.BpeTrainer(
        vocab_size=380, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    names = {"gpt2": ["<|endoftext|>"], "llama3": ["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"],
             "qwen2": ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]}[kind]
    bpe.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in names])
    return PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token=names[-1])


SIZES = dict(hidden_size=48, intermediate_size=80, num_hidden_layers=2, num_attention_heads=6, num_key_value_heads=2,
             max_position_embeddings=96)
LLAMA3_ROPE = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                   original_max_position_embeddings=24)
YARN = dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=24)
MODELS = {
    "llama-tied": (LlamaConfig, "gpt2", dict(tie_word_embeddings=True), "float32", "5GB"),
    "llama-bias": (LlamaConfig, "llama3", dict(attention_bias=True, mlp_bias=True), "float32", "5GB"),
    "llama-rope3-sharded": (LlamaConfig, "llama3", dict(rope_theta=5e5, rope_scaling=LLAMA3_ROPE), "float32", "50KB"),
    "llama-linear-heads": (LlamaConfig, "llama3", dict(
        head_dim=16, num_key_value_heads=6, rope_scaling=dict(rope_type="linear", factor=2.5)), "bfloat16", "5GB"),
    "llama-dynamic": (LlamaConfig, "gpt2", dict(rope_scaling=dict(rope_type="dynamic", factor=2.0)), "float16", "5GB"),
    "llama-yarn": (LlamaConfig, "llama3", dict(rope_scaling=YARN), "float32", "5GB"),
    "qwen2": (Qwen2Config, "qwen2", dict(rope_theta=1e6), "float32", "5GB"),
    "qwen2-tied-sharded": (Qwen2Config, "qwen2", dict(tie_word_embeddings=True), "bfloat16", "30KB"),
    "qwen3": (Qwen3Config, "qwen2", dict(head_dim=24, rope_theta=1e6), "float32", "5GB"),
    "qwen3-tied-bias-yarn": (Qwen3Config, "qwen2", dict(
        head_dim=12, tie_word_embeddings=True, attention_bias=True, rope_scaling=YARN), "float32", "5GB"),
}
CLASSES = {LlamaConfig: LlamaForCausalLM, Qwen2Config: Qwen2ForCausalLM, Qwen3Config: Qwen3ForCausalLM}


def main(out):
    for seed, (name, (config_class, kind, more, dtype, shard)) in enumerate(MODELS.items()):
        torch.manual_seed(seed)
        words = tokenizer(kind)
        # Fewer rows than Alignstream's tokens in one model, more in another: both have to be fitted.
        config = config_class(**{**SIZES, "vocab_size": len(words) + seed % 2 * 20, **more})
        model = CLASSES[config_class](config)
        for key, weight in model.named_parameters():
            torch.nn.init.normal_(weight, 1.0 if "norm" in key else 0.0, 0.25)
        folder = out / name
        model.to(getattr(torch, dtype)).save_pretrained(folder, max_shard_size=shard)
        # Read back: the cast has rounded the rotary frequencies, too, which are no weights.
        model = CLASSES[config_class].from_pretrained(folder, torch_dtype=torch.float32).eval()
        words.save_pretrained(folder)
        ids = torch.randint(0, len(words), (1, 40))
        with torch.no_grad():
            logits = model(ids).logits[0]
        (out / (name + ".json")).write_text(json.dumps(dict(ids=ids[0].tolist(), logits=logits.tolist())))
    print(f"made {len(MODELS)} models")


main(pathlib.Path(sys.argv[1]))
