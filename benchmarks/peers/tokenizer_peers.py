"""Trains and encodes with Hugging Face tokenizers and tiktoken; prints one line of JSON.

usage: tokenizer_peers.py train TEXTS TOKENIZER VOCABULARY_SIZE
       tokenizer_peers.py encode LIBRARY TEXTS TOKENIZER THREADS

TEXTS has one JSON string a line. Training takes the pre-tokenizer of the file TOKENIZER and writes TOKENIZER.peer.
Threads of Hugging Face's library are set by RAYON_NUM_THREADS.
"""

import json
import sys
import time
import zlib


def read(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def report(seconds, cpu, **figures):
    print(json.dumps({"seconds": seconds, "cpuSeconds": cpu, **figures}), flush=True)


def checksum(encoded):
    from array import array

    crc, count = 0, 0
    for ids in encoded:
        crc = zlib.crc32(array("I", ids).tobytes(), crc)
        count += len(ids)
    return {"tokens": count, "checksum": crc}


def train(texts, tokenizer_file, vocabulary_size):
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    template = Tokenizer.from_file(tokenizer_file)
    control = [token.content for token in template.get_added_tokens_decoder().values()]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = template.pre_tokenizer
    tokenizer.normalizer = template.normalizer
    tokenizer.decoder = template.decoder
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        min_frequency=2,
        special_tokens=control,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    documents = read(texts)
    start, start_cpu = time.perf_counter(), time.process_time()
    tokenizer.train_from_iterator(documents, trainer, length=len(documents))
    figures = (time.perf_counter() - start, time.process_time() - start_cpu)
    report(*figures, vocabularySize=tokenizer.get_vocab_size())
    tokenizer.save(tokenizer_file + ".peer")


def encode_huggingface(documents, tokenizer_file, threads):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(tokenizer_file)
    batches = [documents[i : i + 256] for i in range(0, len(documents), 256)]
    tokenizer.encode_batch_fast(batches[0], add_special_tokens=False)
    start, start_cpu = time.perf_counter(), time.process_time()
    encoded = []
    for batch in batches:
        encoded += [one.ids for one in tokenizer.encode_batch_fast(batch, add_special_tokens=False)]
    figures = (time.perf_counter() - start, time.process_time() - start_cpu)
    report(*figures, **checksum(encoded))


def encode_tiktoken(documents, tokenizer_file, threads):
    import tiktoken

    with open(tokenizer_file, encoding="utf-8") as file:
        description = json.load(file)
    # The inverse of the byte alphabet of tokenizer files.
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spelled = {chr(value): value for value in printable}
    rest = [value for value in range(256) if value not in printable]
    spelled.update({chr(256 + i): value for i, value in enumerate(rest)})
    control = {token["content"] for token in description["added_tokens"]}
    ranks = {
        bytes(spelled[character] for character in name): token_id
        for name, token_id in description["model"]["vocab"].items()
        if name not in control
    }
    pattern = description["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"]
    encoding = tiktoken.Encoding("peer", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    encoding.encode_ordinary_batch(documents[:256], num_threads=1)
    start, start_cpu = time.perf_counter(), time.process_time()
    if threads == 1:
        encoded = [encoding.encode_ordinary(document) for document in documents]
    else:
        encoded = encoding.encode_ordinary_batch(documents, num_threads=threads)
    figures = (time.perf_counter() - start, time.process_time() - start_cpu)
    report(*figures, **checksum(encoded))


if __name__ == "__main__":
    if sys.argv[1] == "train":
        train(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        encoders = {"huggingface": encode_huggingface, "tiktoken": encode_tiktoken}
        encoders[sys.argv[2]](read(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
