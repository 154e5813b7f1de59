package io.alignstream.inference.retrieval;

import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.kafka.BrokerRefusals;
import io.alignstream.stageruntime.kafka.KafkaReaders;
import io.alignstream.stageruntime.kafka.TopicFeed;
import io.alignstream.stageruntime.view.TopicMadeAnewException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.kafka.common.KafkaException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Follows {@code clean-documents} into the index until it is stopped; for a thread of its own.
 *
 * <p>A document comes in the place of its earlier versions, a tombstone takes it out. So it does not matter that what was read
 * since the last commit is read again after a crash. While the brokers are away the index stays open; while the disk
 * fails, or another process has the folder, it is tried again and nothing is found.
 */
final class DocumentIndexing implements Runnable {

    private static final Logger LOG = Logger.getLogger(DocumentIndexing.class);
    private static final Duration PAUSE = Duration.ofSeconds(2);
    /** So long, or so many passages, what was read is not committed. */
    private static final Duration COMMIT = Duration.ofSeconds(5);

    private static final int BATCH = 512;
    /** Of one call of the embedding model, between which the thread looks whether to stop. */
    private static final int EMBEDDED_AT_ONCE = 16;
    /** Changes when passages are cut or stored in another way. */
    private static final int VERSION = 1;

    private final RetrievalConfig config;
    private final KafkaReaders readers;
    private final BrokerRefusals refusals;
    private final PassageEmbedders embedders;
    private final PassageCutter cutter;

    private volatile boolean stopped;
    private volatile @Nullable PassageIndex index;
    private volatile @Nullable Reason problem;
    private volatile IndexState state = IndexState.EMPTY;
    private volatile int passages;
    private volatile long bytes;
    private volatile long behind;
    private volatile boolean read;

    private long displaced;
    private long cut;
    private long failed;

    DocumentIndexing(
            RetrievalConfig config, KafkaReaders readers, BrokerRefusals refusals, PassageEmbedders embedders) {
        this.config = config;
        this.readers = readers;
        this.refusals = refusals;
        this.embedders = embedders;
        this.cutter = new PassageCutter(config.passageBytes());
    }

    /** What the passages of an index follow from. */
    String made() {
        return "version " + VERSION + ", " + Language.CHINESE.model() + ", " + Language.ENGLISH.model()
                + ", passages of " + config.passageBytes() + " bytes, " + config.documentPassages() + " a document";
    }

    @Override
    public void run() {
        while (!stopped) {
            try (PassageIndex opened = PassageIndex.open(config.folder(), made())) {
                show(opened, opened.state());
                index = opened;
                try {
                    fill(opened);
                } finally {
                    index = null; // before it is closed: nobody begins to search it any more
                }
            } catch (Throwable e) { // also an Error: it must show, not end the thread
                fail(e);
            }
        }
    }

    private void fail(Throwable failure) {
        if (stopped) {
            return;
        }
        Throwable explained = refusals.explained(failure);
        problem = explained instanceof Explained said
                ? said.reason()
                : Reason.of("retrieval.failed").with("detail", String.valueOf(explained));
        if (failure instanceof Error) {
            LOG.errorf(failure, "Indexing pauses and tries again");
        } else {
            LOG.warnf("Indexing pauses and tries again: %s", explained);
        }
        pause();
    }

    private void pause() {
        try {
            Thread.sleep(PAUSE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            stopped = true;
        }
    }

    /** Fills the index until it is stopped, or the index fails; the brokers may come and go. */
    private void fill(PassageIndex opened) throws IOException {
        IndexState begun = opened.state();
        while (!stopped) {
            displaced = begun.displaced();
            cut = begun.cut();
            failed = begun.failed();
            try (TopicFeed<CleanDocument> feed =
                    new TopicFeed<>(Topic.CLEAN_DOCUMENTS, readers, begun.topic(), begun.positions())) {
                follow(opened, feed, begun);
            } catch (TopicMadeAnewException e) {
                LOG.warnf("The index is made anew: %s", e.getMessage());
                opened.clear();
                opened.commit(IndexState.EMPTY);
                show(opened, IndexState.EMPTY);
            } catch (KafkaException e) {
                fail(e);
            }
            begun = state;
        }
    }

    private void follow(PassageIndex opened, TopicFeed<CleanDocument> feed, IndexState begun) throws IOException {
        long committed = System.nanoTime();
        long since = opened.next();
        boolean changed = false;
        while (!stopped) {
            Optional<TopicFeed.Entry<CleanDocument>> entry = feed.next();
            problem = null;
            if (entry.isPresent()) {
                if (!take(opened, entry.get())) {
                    return;
                }
                changed = true;
            }
            behind = feed.behind();
            changed |= !feed.positions().equals(state.positions());
            boolean due = entry.isEmpty()
                    || opened.next() - since >= BATCH
                    || System.nanoTime() - committed >= COMMIT.toNanos();
            if (changed && due) {
                commit(opened, feed, begun);
                committed = System.nanoTime();
                since = opened.next();
                changed = false;
            }
            read = entry.isEmpty() && behind == 0;
        }
        if (changed) {
            commit(opened, feed, begun);
        }
    }

    private void commit(PassageIndex opened, TopicFeed<CleanDocument> feed, IndexState begun) throws IOException {
        displaced += opened.makeRoom(config.mostPassages());
        IndexState now = new IndexState(
                feed.id(),
                feed.positions(),
                opened.next(),
                displaced,
                cut,
                failed,
                begun.lost() + feed.lost(),
                begun.unreadable() + feed.unreadable());
        opened.commit(now);
        show(opened, now);
    }

    private void show(PassageIndex opened, IndexState now) throws IOException {
        state = now;
        passages = opened.passages();
        bytes = opened.bytes();
    }

    /** Whether it is done; if not, it was stopped. */
    private boolean take(PassageIndex opened, TopicFeed.Entry<CleanDocument> entry) throws IOException {
        CleanDocument document = entry.event();
        if (document == null) {
            opened.remove(entry.key());
            return true;
        }
        List<String> texts = cutter.cut(document.text());
        if (texts.size() > config.documentPassages()) {
            cut += texts.size() - config.documentPassages();
            texts = texts.subList(0, config.documentPassages());
        }
        List<Passage> whole =
                texts.stream().map(text -> passage(document, text)).toList();
        Optional<List<float[]>> vectors = vectors(document.id(), whole);
        if (vectors.isPresent()) {
            opened.put(document.id(), whole, vectors.get());
        } else if (!stopped) {
            opened.remove(document.id());
        }
        return !stopped;
    }

    private static Passage passage(CleanDocument document, String text) {
        Map<String, String> labels = document.labels();
        return new Passage(
                document.id(),
                labels.get("title"),
                labels.getOrDefault("url", labels.get("uri")),
                document.source(),
                text);
    }

    /** One for each passage; empty if there can be none, or if it is stopped meanwhile. */
    private Optional<List<float[]>> vectors(String document, List<Passage> whole) {
        float[][] vectors = new float[whole.size()][];
        try {
            for (Language language : Language.values()) {
                List<Integer> places = IntStream.range(0, vectors.length)
                        .filter(place -> whole.get(place).language() == language)
                        .boxed()
                        .toList();
                for (int begin = 0; begin < places.size() && !stopped; begin += EMBEDDED_AT_ONCE) {
                    List<Integer> some = places.subList(begin, Math.min(places.size(), begin + EMBEDDED_AT_ONCE));
                    List<float[]> made = embedders.passages(
                            language,
                            some.stream()
                                    .map(place -> whole.get(place).searched())
                                    .toList());
                    for (int i = 0; i < some.size(); i++) {
                        vectors[some.get(i)] = made.get(i);
                    }
                }
            }
        } catch (UncheckedIOException e) {
            throw e; // there is no model, and no document is to blame
        } catch (RuntimeException e) {
            failed++;
            LOG.warnf(e, "No vectors can be made of document %s, so it is not found", document);
            return Optional.empty();
        }
        return stopped ? Optional.empty() : Optional.of(List.of(vectors));
    }

    /** Ends soon; what is committed stays. */
    void stop() {
        stopped = true;
    }

    /** The index, while it is open. */
    Optional<PassageIndex> index() {
        return Optional.ofNullable(index);
    }

    /** The first record of each partition that is not in the index. */
    Map<Integer, Long> positions() {
        return state.positions();
    }

    /** How far it is. */
    RetrievalStatus status() {
        IndexState now = state;
        return new RetrievalStatus(
                index != null,
                read,
                passages,
                config.mostPassages(),
                bytes,
                behind,
                now.displaced(),
                now.cut(),
                now.failed(),
                now.lost(),
                now.unreadable(),
                problem);
    }
}
