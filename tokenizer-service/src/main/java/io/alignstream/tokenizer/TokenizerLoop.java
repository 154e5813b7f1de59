package io.alignstream.tokenizer;

import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.stageruntime.Job;
import io.alignstream.stageruntime.JobContext;
import io.alignstream.tokenizer.cleaning.CleaningBacklog;
import io.alignstream.tokenizer.streams.ConsumerLag;
import io.alignstream.tokenizer.vocabulary.TokenFrequencies;
import io.alignstream.training.TokenizerRun;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Learns a tokenizer: waits until the documents there are have been cleaned, reads the clean ones, learns the merges,
 * stores and announces the result.
 *
 * <p>Reading and merging take minutes for millions of documents and start over after a crash: nothing is stored in
 * between. A run whose tokenizer is stored but was not announced only announces it.
 */
final class TokenizerLoop implements Job {

    static final String NAME = "default";
    private static final int SAMPLE = 1_000;
    private static final long POLL_MILLIS = 100;

    /**
     * What a run starts from.
     *
     * @param run its id
     * @param documents the raw documents that must be cleaned before
     * @param vocabularySize token ids to learn at most
     * @param newest the tokenizer there is
     */
    record Inputs(String run, DatasetSnapshot documents, int vocabularySize, @Nullable TrainedTokenizer newest) {}

    private final Inputs inputs;
    private final CleaningBacklog backlog;
    private final CheckpointStore store;

    TokenizerLoop(Inputs inputs, CleaningBacklog backlog, CheckpointStore store) {
        this.inputs = inputs;
        this.backlog = backlog;
        this.store = store;
    }

    @Override
    public String run() {
        return inputs.run();
    }

    @Override
    public Reason title() {
        return Reason.of("tokenizer.learn")
                .with("tokens", inputs.vocabularySize())
                .with("documents", inputs.documents().offsets());
    }

    @Override
    public void execute(JobContext context) throws Exception {
        Optional<StoredCheckpoint> finished = new TokenizerRun(store, run()).finished();
        if (finished.isPresent() && finished.get().manifest().complete()) {
            announce(context, finished.get());
            return;
        }
        try {
            awaitCleaning(context);
            DatasetSnapshot everything = backlog.cleanDocuments();
            if (unchanged(context, everything)) {
                return;
            }
            Corpus corpus = new Corpus(context, everything);
            BpeTrainer trainer = new BpeTrainer(inputs.vocabularySize());
            Tokenizer tokenizer;
            try (corpus) {
                tokenizer = trainer.train(corpus, corpus::merging);
            }
            announce(context, save(tokenizer, trainer.frequencies(), corpus));
        } catch (Stopped e) {
            // Nothing is stored before the end, so there is nothing to keep.
        }
    }

    private void awaitCleaning(JobContext context) throws InterruptedException {
        ConsumerLag.Progress progress = backlog.towards(inputs.documents());
        while (!progress.done()) {
            check(context);
            context.progress("clean", progress.read(), progress.total(), Map.of());
            Thread.sleep(POLL_MILLIS);
            progress = backlog.towards(inputs.documents());
        }
        context.progress("clean", progress.total(), progress.total(), Map.of());
    }

    /** Whether {@code everything} is what the newest tokenizer learned from: only duplicates have come since. */
    private boolean unchanged(JobContext context, DatasetSnapshot everything) throws IOException {
        TrainedTokenizer newest = inputs.newest();
        if (newest == null) {
            return false;
        }
        String size =
                store.open(newest.reference()).manifest().hyperparameters().get("vocabularySize");
        if (!Integer.toString(inputs.vocabularySize()).equals(size)) {
            return false;
        }
        Map<Integer, Long> known = new TreeMap<>();
        newest.documents().partitions().forEach(range -> known.put(range.partition(), range.end()));
        List<PartitionRange> since = everything.partitions().stream()
                .map(range -> new PartitionRange(
                        range.partition(),
                        Math.min(range.end(), known.getOrDefault(range.partition(), 0L)),
                        range.end()))
                .toList();
        try (var entries = context.read(Topic.CLEAN_DOCUMENTS, new DatasetSnapshot(everything.topic(), since))) {
            return entries.findAny().isEmpty();
        }
    }

    private StoredCheckpoint save(Tokenizer tokenizer, long[] frequencies, Corpus corpus) throws IOException {
        return new TokenizerRun(store, run())
                .save(
                        tokenizer,
                        List.of(inputs.documents(), corpus.snapshot()),
                        Map.of("vocabularySize", Integer.toString(inputs.vocabularySize())),
                        Map.of(
                                "documents", (double) corpus.documents,
                                "vocabularySize", (double) tokenizer.vocabularySize(),
                                "bytesPerToken", corpus.bytesPerToken(tokenizer)),
                        folder -> TokenFrequencies.write(folder, frequencies));
    }

    private static void announce(JobContext context, StoredCheckpoint stored) throws IOException {
        Tokenizer tokenizer = Tokenizer.load(stored.folder());
        DatasetSnapshot documents = stored.manifest().datasets().stream()
                .filter(dataset -> dataset.topic().equals(Topic.CLEAN_DOCUMENTS.name()))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(
                        stored.reference().uri() + " does not say which clean documents it learned from"));
        context.progress(
                "merge",
                tokenizer.vocabularySize(),
                tokenizer.vocabularySize(),
                Map.of(
                        "vocabularySize",
                        (double) tokenizer.vocabularySize(),
                        "bytesPerToken",
                        Objects.requireNonNullElse(stored.manifest().metrics().get("bytesPerToken"), 0.0)));
        context.publish(
                Topic.TOKENIZERS,
                new TrainedTokenizer(
                        NAME, stored.reference(), tokenizer.vocabularySize(), tokenizer.sha256(), documents));
    }

    private static void check(JobContext context) {
        if (context.stopRequested()) {
            throw new Stopped();
        }
    }

    /** Ends the work from inside the trainer's callback. */
    private static final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** The clean documents' texts, read once; remembers how far they went and the first of them. */
    private static final class Corpus implements Iterator<String>, AutoCloseable {
        private final JobContext context;
        private final DatasetSnapshot everything;
        private final Stream<JobContext.Entry<CleanDocument>> stream;
        private final Iterator<JobContext.Entry<CleanDocument>> entries;
        private final Map<Integer, Long> ends = new TreeMap<>();
        private final List<String> sample = new ArrayList<>();
        private long documents;
        private @Nullable String next;

        Corpus(JobContext context, DatasetSnapshot everything) {
            this.context = context;
            this.everything = everything;
            stream = context.read(Topic.CLEAN_DOCUMENTS, everything);
            entries = stream.iterator();
        }

        @Override
        public boolean hasNext() {
            while (next == null && entries.hasNext()) {
                JobContext.Entry<CleanDocument> entry = entries.next();
                if (entry.event() != null) {
                    next = entry.event().text();
                    ends.put(entry.origin().partition(), entry.origin().offset() + 1);
                }
            }
            return next != null;
        }

        @Override
        public String next() {
            if (!hasNext()) {
                throw new NoSuchElementException("the clean documents have been read");
            }
            String text = Objects.requireNonNull(next);
            next = null;
            documents++;
            if (sample.size() < SAMPLE) {
                sample.add(text);
            }
            return text;
        }

        /** Reports what the trainer does. */
        void merging(BpeTrainer.Progress progress) {
            check(context);
            if (progress.tokens() == 0) {
                context.progress(
                        "read", Math.min(progress.texts(), everything.offsets()), everything.offsets(), Map.of());
            } else {
                context.progress(
                        "merge", progress.tokens(), progress.vocabularySize(), Map.of("vocabularySize", (double)
                                progress.tokens()));
            }
        }

        /** What was read: each partition up to the offset after its last document. */
        DatasetSnapshot snapshot() {
            return new DatasetSnapshot(
                    everything.topic(),
                    everything.partitions().stream()
                            .map(range -> new PartitionRange(
                                    range.partition(),
                                    range.begin(),
                                    ends.getOrDefault(range.partition(), range.begin())))
                            .toList());
        }

        double bytesPerToken(Tokenizer tokenizer) {
            long bytes = 0;
            long tokens = 0;
            for (String text : sample) {
                for (int id : tokenizer.encode(text)) {
                    bytes += tokenizer.byteLength(id);
                    tokens++;
                }
            }
            return tokens == 0 ? 0 : (double) bytes / tokens;
        }

        @Override
        public void close() {
            stream.close();
        }
    }
}
