package io.alignstream.tokenizer;

import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.hash.RecordsHash;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.stageruntime.Job;
import io.alignstream.stageruntime.JobContext;
import io.alignstream.stageruntime.Origin;
import io.alignstream.tokenizer.cleaning.CleaningBacklog;
import io.alignstream.tokenizer.streams.ConsumerLag;
import io.alignstream.tokenizer.vocabulary.TokenFrequencies;
import io.alignstream.training.TokenizerRun;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One run of the tokenizer: waits until the documents there are have been cleaned, lets a {@link TokenizerLoop} learn from
 * the clean ones, stores and announces the result.
 *
 * <p>Reading and merging take minutes for millions of documents and start over after a crash: nothing is stored in
 * between. A run whose tokenizer is stored but was not announced only announces it.
 */
final class TokenizerJob implements Job {

    static final String NAME = "default";
    private static final long POLL_MILLIS = 100;

    private final TokenizerRun run;
    private final @Nullable TrainedTokenizer newest;
    private final CleaningBacklog backlog;
    private final Supplier<Optional<Reason>> failure;
    private final long cleanDocuments;

    /**
     * The job of {@code run}.
     *
     * @param newest the tokenizer there is
     * @param failure why no more documents are cleaned; empty while they are
     * @param cleanDocuments how many were there when it was decided on
     */
    TokenizerJob(
            TokenizerRun run,
            @Nullable TrainedTokenizer newest,
            CleaningBacklog backlog,
            Supplier<Optional<Reason>> failure,
            long cleanDocuments) {
        this.run = run;
        this.newest = newest;
        this.backlog = backlog;
        this.failure = failure;
        this.cleanDocuments = cleanDocuments;
    }

    @Override
    public String run() {
        return run.id();
    }

    @Override
    public Reason title() {
        return Reason.of("tokenizer.learn").with("tokens", run.vocabularySize()).with("documents", cleanDocuments);
    }

    @Override
    public void execute(JobContext context) throws Exception {
        Optional<StoredCheckpoint> finished = run.finished();
        if (finished.isPresent() && finished.get().manifest().complete()) {
            announce(context, finished.get());
            return;
        }
        try {
            awaitCleaning(context);
            DatasetSnapshot everything = backlog.cleanDocuments();
            if (!unchanged(context, everything)) {
                announce(context, learn(context, everything));
            }
        } catch (Stopped e) {
            // Nothing is stored before the end, so there is nothing to keep.
        }
    }

    private void awaitCleaning(JobContext context) throws InterruptedException {
        ConsumerLag.Progress progress = backlog.towards(run.documents());
        while (!progress.done()) {
            check(context);
            failure.get().ifPresent(why -> {
                throw new InvalidInputException(why);
            });
            context.progress("clean", progress.read(), progress.total(), Map.of());
            Thread.sleep(POLL_MILLIS);
            progress = backlog.towards(run.documents());
        }
        context.progress("clean", progress.total(), progress.total(), Map.of());
    }

    /** Whether {@code everything} is what the newest tokenizer learned from: only duplicates have come since. */
    private boolean unchanged(JobContext context, DatasetSnapshot everything) throws IOException {
        if (newest == null) {
            return false;
        }
        if (!run.store().open(newest.reference()).manifest().hyperparameters().equals(run.hyperparameters())) {
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

    private StoredCheckpoint learn(JobContext context, DatasetSnapshot everything) throws IOException {
        try (Texts texts = new Texts(context, everything)) {
            TokenizerLoop.Learned learned =
                    new TokenizerLoop(run.vocabularySize()).learn(texts, progress -> report(context, progress));
            return run.save(
                    learned.tokenizer(),
                    texts.read(),
                    learned.metrics(),
                    folder -> TokenFrequencies.write(folder, learned.frequencies()));
        }
    }

    /** Offsets are no documents, so of those that came meanwhile nobody knows how many there are until they are read. */
    private void report(JobContext context, BpeTrainer.Progress progress) {
        check(context);
        if (progress.tokens() == 0) {
            context.progress("read", progress.texts(), Math.max(progress.texts(), cleanDocuments), Map.of());
        } else {
            context.progress("merge", progress.tokens(), progress.vocabularySize(), Map.of("vocabularySize", (double)
                    progress.tokens()));
        }
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

    /** The clean documents' texts, read once; remembers how far they went. */
    private static final class Texts implements Iterator<String>, AutoCloseable {
        private final DatasetSnapshot everything;
        private final Stream<JobContext.Entry<CleanDocument>> stream;
        private final Iterator<JobContext.Entry<CleanDocument>> entries;
        private final Map<Integer, Origin> last = new TreeMap<>();
        private @Nullable String next;

        Texts(JobContext context, DatasetSnapshot everything) {
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
                    last.put(entry.origin().partition(), entry.origin());
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
            return text;
        }

        /** What was read: each partition up to the offset after its last document. */
        DatasetSnapshot read() {
            RecordsHash content = last.values().stream().map(Origin::upTo).reduce(RecordsHash.NONE, RecordsHash::plus);
            return new DatasetSnapshot(
                    everything.topic(),
                    everything.partitions().stream().map(this::read).toList(),
                    content.hex());
        }

        private PartitionRange read(PartitionRange range) {
            Origin end = last.get(range.partition());
            return new PartitionRange(range.partition(), range.begin(), end == null ? range.begin() : end.offset() + 1);
        }

        @Override
        public void close() {
            stream.close();
        }
    }
}
