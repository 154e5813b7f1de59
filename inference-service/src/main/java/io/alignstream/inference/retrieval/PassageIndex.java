package io.alignstream.inference.retrieval;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.CorruptIndexException;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexFormatTooNewException;
import org.apache.lucene.index.IndexFormatTooOldException;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.SegmentInfos;
import org.apache.lucene.index.SerialMergeScheduler;
import org.apache.lucene.index.StoredFields;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.SearcherManager;
import org.apache.lucene.search.Sort;
import org.apache.lucene.search.SortField;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.store.Lock;
import org.apache.lucene.util.IOUtils;
import org.apache.lucene.util.QueryBuilder;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Passages with their vectors on disk, in Lucene's HNSW graphs, beside their words; one thread changes it, any may search.
 *
 * <p>What is near to a question by its vector is found, as far as it is near enough. The order follows from that and from the
 * words that both have (BM25): a vector knows what a question means, words know the names in it.
 *
 * <p>Passages and how far the topic was read are one commit, so after a crash both are those of the same moment. An index that
 * was made with other models or settings, or that cannot be read, is made anew.
 */
final class PassageIndex implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(PassageIndex.class);
    private static final String MADE = "made";
    private static final String DOCUMENT = "document";
    private static final String NUMBER = "number";
    private static final String TITLE = "title";
    private static final String URI = "uri";
    private static final String SOURCE = "source";
    private static final String TEXT = "text";
    private static final String WORDS = "words";
    private static final double BUFFER_MEBIBYTES = 16;
    /** Nearest passages, and those with most of the words, that are put in order. */
    private static final int LOOKED_AT = 50;
    /** What the words of the best passage by words count, in terms of similarity. */
    private static final double WORDS_COUNT = 0.2;

    private static final int DISPLACED_AT_ONCE = 1_000;

    private final String made;
    private final FSDirectory directory;
    private final IndexWriter writer;
    private final SearcherManager searchers;
    private final StandardAnalyzer analyzer = new StandardAnalyzer();
    private final IndexState state;
    private long next;

    private PassageIndex(Path folder, String made) throws IOException {
        this.made = made;
        this.directory = FSDirectory.open(Files.createDirectories(folder));
        Closeable opened = directory;
        try {
            Map<String, String> stored = stored(directory, made);
            this.state = IndexState.of(stored);
            this.next = state.next();
            // Merges happen on the thread that writes: nothing of it goes on behind anyone's back.
            IndexWriterConfig config = new IndexWriterConfig(analyzer)
                    .setRAMBufferSizeMB(BUFFER_MEBIBYTES)
                    .setMergeScheduler(new SerialMergeScheduler())
                    .setCommitOnClose(false)
                    .setOpenMode(
                            stored.isEmpty() ? IndexWriterConfig.OpenMode.CREATE : IndexWriterConfig.OpenMode.APPEND);
            this.writer = new IndexWriter(directory, config);
            IndexWriter locking = writer;
            opened = () -> IOUtils.close(locking::rollback, directory);
            this.searchers = new SearcherManager(writer, null);
        } catch (IOException | RuntimeException | Error e) { // whoever tries again finds no lock
            IOUtils.closeWhileHandlingException(opened);
            throw e;
        }
    }

    /**
     * The index of {@code folder}; empty if there is none yet, or none that was made so.
     *
     * @param made models and settings that its passages follow from
     * @throws IOException if the disk fails, or another process has it open
     */
    static PassageIndex open(Path folder, String made) throws IOException {
        return new PassageIndex(folder, made);
    }

    /** What was committed with the last change; empty, and the folder with it, if nothing was that can be gone on with. */
    private static Map<String, String> stored(FSDirectory directory, String made) throws IOException {
        if (!DirectoryReader.indexExists(directory)) {
            return Map.of();
        }
        try (Lock lock = directory.obtainLock(IndexWriter.WRITE_LOCK_NAME)) {
            try {
                Map<String, String> stored =
                        SegmentInfos.readLatestCommit(directory).getUserData();
                if (made.equals(stored.get(MADE))) {
                    DirectoryReader.open(directory).close(); // what cannot be read is found out now
                    return stored;
                }
                LOG.infof("The index in %s is made anew: it was made as '%s'", directory, stored.get(MADE));
            } catch (CorruptIndexException
                    | IndexFormatTooNewException
                    | IndexFormatTooOldException
                    | NoSuchFileException
                    | EOFException e) {
                LOG.warnf("The index in %s is made anew: it cannot be read (%s)", directory, e.getMessage());
            }
            lock.ensureValid();
            for (String file : directory.listAll()) {
                if (!file.equals(IndexWriter.WRITE_LOCK_NAME)) {
                    directory.deleteFile(file);
                }
            }
        }
        return Map.of();
    }

    /** What was committed last. */
    IndexState state() {
        return state;
    }

    /** Number of the next passage. */
    long next() {
        return next;
    }

    /** Puts {@code passages} in the place of those that the document has had; {@code vectors} are of length 1. */
    void put(String document, List<Passage> passages, List<float[]> vectors) throws IOException {
        List<Document> entries = new ArrayList<>();
        for (int i = 0; i < passages.size(); i++) {
            entries.add(entry(passages.get(i), vectors.get(i)));
        }
        writer.updateDocuments(new Term(DOCUMENT, document), entries);
    }

    private Document entry(Passage passage, float[] vector) {
        Document entry = new Document();
        entry.add(new StringField(DOCUMENT, passage.document(), Field.Store.YES));
        entry.add(new NumericDocValuesField(NUMBER, next++));
        addIfPresent(entry, TITLE, passage.title());
        addIfPresent(entry, URI, passage.uri());
        entry.add(new StoredField(SOURCE, passage.source()));
        entry.add(new StoredField(TEXT, passage.text()));
        entry.add(new TextField(WORDS, passage.searched(), Field.Store.NO));
        entry.add(new KnnFloatVectorField(passage.language().field(), vector, VectorSimilarityFunction.DOT_PRODUCT));
        return entry;
    }

    private static void addIfPresent(Document entry, String name, @Nullable String value) {
        if (value != null) {
            entry.add(new StoredField(name, value));
        }
    }

    /** Takes all passages of a document out. */
    void remove(String document) throws IOException {
        writer.deleteDocuments(new Term(DOCUMENT, document));
    }

    /** Takes everything out. */
    void clear() throws IOException {
        writer.deleteAll();
    }

    /**
     * Takes the documents out whose passages came first, until there are at most {@code most} passages.
     *
     * @return how many documents
     */
    int makeRoom(int most) throws IOException {
        Set<String> displaced = new LinkedHashSet<>();
        while (true) {
            searchers.maybeRefreshBlocking();
            IndexSearcher searcher = searchers.acquire();
            try {
                int over = searcher.getIndexReader().numDocs() - most;
                if (over <= 0) {
                    return displaced.size();
                }
                TopDocs first = searcher.search(
                        new MatchAllDocsQuery(),
                        Math.min(over, DISPLACED_AT_ONCE),
                        new Sort(new SortField(NUMBER, SortField.Type.LONG)));
                StoredFields fields = searcher.storedFields();
                for (ScoreDoc one : first.scoreDocs) {
                    displaced.add(fields.document(one.doc, Set.of(DOCUMENT)).get(DOCUMENT));
                }
            } finally {
                searchers.release(searcher);
            }
            writer.deleteDocuments(displaced.stream()
                    .map(document -> new Term(DOCUMENT, document))
                    .toArray(Term[]::new));
        }
    }

    /** Writes what has changed together with {@code now}, and lets it be found. */
    void commit(IndexState now) throws IOException {
        Map<String, String> stored = new HashMap<>(now.stored());
        stored.put(MADE, made);
        writer.setLiveCommitData(stored.entrySet());
        writer.commit();
        searchers.maybeRefreshBlocking();
    }

    /** Passages that can be found. */
    int passages() throws IOException {
        IndexSearcher searcher = searchers.acquire();
        try {
            return searcher.getIndexReader().numDocs();
        } finally {
            searchers.release(searcher);
        }
    }

    /** What the index takes on disk, in bytes. */
    long bytes() throws IOException {
        try {
            return Arrays.stream(directory.listAll()).mapToLong(this::length).sum();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private long length(String file) {
        try {
            return Files.exists(directory.getDirectory().resolve(file)) ? directory.fileLength(file) : 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The passages of {@code language} that go best with a question, best first.
     *
     * @param vector of the question, of length 1
     * @param words the question itself
     * @param least similarity of a passage that counts
     */
    List<FoundPassage> search(Language language, float[] vector, String words, int most, double least)
            throws IOException {
        IndexSearcher searcher = searchers.acquire();
        try {
            int looked = Math.max(LOOKED_AT, most);
            Map<Integer, Double> near =
                    scores(searcher, new KnnFloatVectorQuery(language.field(), vector, looked), looked);
            near.replaceAll((passage, score) -> 2 * score - 1);
            near.values().removeIf(similarity -> similarity < least);
            Map<Integer, Double> worded = words(searcher, words, looked);
            double best = worded.values().stream()
                    .mapToDouble(Double::doubleValue)
                    .max()
                    .orElse(1);
            Comparator<Map.Entry<Integer, Double>> order = Comparator.comparingDouble(
                    one -> -one.getValue() - WORDS_COUNT * worded.getOrDefault(one.getKey(), 0.0) / best);
            List<FoundPassage> found = new ArrayList<>();
            StoredFields fields = searcher.storedFields();
            for (Map.Entry<Integer, Double> one : near.entrySet().stream()
                    .sorted(order.thenComparing(Map.Entry.comparingByKey()))
                    .limit(most)
                    .toList()) {
                found.add(new FoundPassage(passage(fields.document(one.getKey())), one.getValue()));
            }
            return found;
        } finally {
            searchers.release(searcher);
        }
    }

    private Map<Integer, Double> words(IndexSearcher searcher, String words, int looked) throws IOException {
        Query query = new QueryBuilder(analyzer).createBooleanQuery(WORDS, words);
        return query == null ? Map.of() : scores(searcher, query, looked);
    }

    private static Map<Integer, Double> scores(IndexSearcher searcher, Query query, int looked) throws IOException {
        Map<Integer, Double> scores = new HashMap<>();
        for (ScoreDoc one : searcher.search(query, looked).scoreDocs) {
            scores.put(one.doc, (double) one.score);
        }
        return scores;
    }

    private static Passage passage(Document entry) {
        return new Passage(entry.get(DOCUMENT), entry.get(TITLE), entry.get(URI), entry.get(SOURCE), entry.get(TEXT));
    }

    /** What was not committed is forgotten. */
    @Override
    public void close() throws IOException {
        IOUtils.close(searchers, writer::rollback, directory); // each, whichever fails
    }
}
