package io.alignstream.benchmarks.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingRegistry;
import com.knuddels.jtokkit.api.GptBytePairEncodingParams;
import io.alignstream.benchmarks.harness.Clock;
import io.alignstream.benchmarks.harness.PythonPeers;
import io.alignstream.benchmarks.harness.RustPeers;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/** Something that encodes documents on a number of threads. */
@FunctionalInterface
interface EncodingPeer {

    /**
     * What came of it.
     *
     * @param time processor time of one thread alone, or of all of them
     * @param checksum CRC-32 of all ids, 32 bits little-endian each: equal if the ids are
     */
    record Encoded(Clock.Time time, long tokens, long checksum) {}

    Encoded encode(int threads) throws IOException, InterruptedException, PythonPeers.UnavailableException;

    /** Alignstream on documents in memory. */
    static EncodingPeer alignstream(Path file, List<String> documents) throws IOException {
        Tokenizer tokenizer = Tokenizer.load(Files.readAllBytes(file));
        return threads -> inThreads(documents, threads, tokenizer::encode);
    }

    /** Hugging Face's library called from Java. */
    static EncodingPeer huggingFaceInJava(Path file, List<String> documents) throws IOException {
        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.newInstance(
                file, Map.of("truncation", "DO_NOT_TRUNCATE", "padding", "DO_NOT_PAD"));
        return threads -> inThreads(documents, threads, document -> Arrays.stream(
                        tokenizer.encode(document, false, false).getIds())
                .mapToInt(id -> (int) id)
                .toArray());
    }

    /** jtokkit with the file's tokens and expression. */
    static EncodingPeer jtokkit(Path file, String pattern, List<String> documents) throws IOException {
        Tokenizer tokenizer = Tokenizer.load(Files.readAllBytes(file));
        Map<byte[], Integer> ranks = new HashMap<>();
        for (int id = 0; id < tokenizer.vocabularySize(); id++) {
            if (tokenizer.byteLength(id) > 0) {
                ranks.put(tokenizer.bytes(id), id);
            }
        }
        EncodingRegistry registry = Encodings.newLazyEncodingRegistry();
        Pattern compiled = Pattern.compile(pattern, Pattern.UNICODE_CHARACTER_CLASS | Pattern.UNICODE_CASE);
        registry.registerGptBytePairEncoding(new GptBytePairEncodingParams("peer", compiled, ranks, Map.of()));
        Encoding encoding = registry.getEncoding("peer").orElseThrow();
        return threads -> inThreads(documents, threads, document -> encoding.encodeOrdinary(document)
                .toArray());
    }

    /** A library in Python that reads documents from a file. */
    static EncodingPeer python(PythonPeers python, String library, Path file, Path texts) {
        return threads -> {
            JsonNode figures = python.measure(
                    Map.of("RAYON_NUM_THREADS", Integer.toString(threads), "TOKENIZERS_PARALLELISM", "true"),
                    "encode",
                    library,
                    texts.toString(),
                    file.toString(),
                    Integer.toString(threads));
            return encoded(figures);
        };
    }

    /** A crate that knows o200k and reads documents from a file, on one thread. */
    static EncodingPeer rust(RustPeers rust, String crate, Path texts) {
        return threads -> encoded(rust.measure(crate, texts.toString()));
    }

    private static Encoded encoded(JsonNode figures) {
        return new Encoded(
                new Clock.Time(
                        figures.path("seconds").asDouble(),
                        figures.path("cpuSeconds").asDouble()),
                figures.path("tokens").asLong(),
                figures.path("checksum").asLong());
    }

    private static Encoded inThreads(List<String> documents, int threads, Function<String, int[]> encode)
            throws InterruptedException {
        int[][] ids = new int[documents.size()][];
        Clock.Time time;
        if (threads == 1) {
            Clock clock = Clock.ofThread();
            for (int i = 0; i < ids.length; i++) {
                ids[i] = encode.apply(documents.get(i));
            }
            time = clock.time();
        } else {
            Clock clock = Clock.ofProcess();
            AtomicInteger next = new AtomicInteger();
            try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
                List<Future<?>> all = new ArrayList<>();
                for (int thread = 0; thread < threads; thread++) {
                    all.add(pool.submit(() -> {
                        for (int i = next.getAndIncrement(); i < ids.length; i = next.getAndIncrement()) {
                            ids[i] = encode.apply(documents.get(i));
                        }
                    }));
                }
                for (Future<?> one : all) {
                    one.get();
                }
            } catch (ExecutionException e) {
                throw new IllegalStateException("encoding failed", e.getCause());
            }
            time = clock.time();
        }
        long tokens = 0;
        CRC32 checksum = new CRC32();
        for (int[] document : ids) {
            tokens += document.length;
            ByteBuffer bytes =
                    ByteBuffer.allocate(document.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asIntBuffer().put(document);
            checksum.update(bytes.array());
        }
        return new Encoded(time, tokens, checksum.getValue());
    }
}
