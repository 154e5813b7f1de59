//! Encodes with the o200k of four crates on one thread; prints one line of JSON.
//!
//! usage: o200k CRATE TEXTS
//!
//! TEXTS has one JSON string a line.

use std::time::{Duration, Instant};

fn processor_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock exists on every system with processes and fills the struct that it is given.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn measure(documents: &[String], encode: impl Fn(&str) -> Vec<u32>) {
    for document in documents.iter().take(256) {
        encode(document);
    }
    let start = Instant::now();
    let start_cpu = processor_time();
    let encoded: Vec<Vec<u32>> = documents.iter().map(|document| encode(document)).collect();
    let cpu = processor_time() - start_cpu;
    let wall = start.elapsed();
    let mut checksum = crc32fast::Hasher::new();
    let mut tokens = 0;
    for ids in &encoded {
        tokens += ids.len();
        for id in ids {
            checksum.update(&id.to_le_bytes());
        }
    }
    println!(
        "{}",
        serde_json::json!({
            "seconds": wall.as_secs_f64(),
            "cpuSeconds": cpu.as_secs_f64(),
            "tokens": tokens,
            "checksum": checksum.finalize(),
        })
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let texts = std::fs::read_to_string(&arguments[2]).expect("TEXTS can be read");
    let documents: Vec<String> = texts
        .lines()
        .map(|line| serde_json::from_str(line).expect("a JSON string"))
        .collect();
    match arguments[1].as_str() {
        "bpe-openai" => {
            let tokenizer = bpe_openai::o200k_base();
            measure(&documents, |text| tokenizer.encode(text));
        }
        "tiktoken" => {
            let tokenizer = tiktoken::get_encoding("o200k_base").expect("o200k");
            measure(&documents, |text| tokenizer.encode(text));
        }
        "tiktoken-rs" => {
            let tokenizer = tiktoken_rs::o200k_base().expect("o200k");
            measure(&documents, |text| tokenizer.encode_ordinary(text));
        }
        "toktok-rs" => {
            let tokenizer = toktok::Tokenizer::builtin("o200k_base").expect("o200k");
            measure(&documents, |text| tokenizer.encode(text.as_bytes()));
        }
        other => panic!("no crate {other}"),
    }
}
