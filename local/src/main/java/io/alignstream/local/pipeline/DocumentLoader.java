package io.alignstream.local.pipeline;

import io.alignstream.contracts.Document;
import io.alignstream.contracts.Topic;
import io.alignstream.local.input.DocumentSource;
import io.alignstream.local.input.file.InputException;
import io.alignstream.local.input.file.InputFile;
import io.alignstream.local.service.CallersTrace;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.KafkaConnection;
import io.alignstream.local.site.LaunchException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Publishes files of documents, each document once, however often and however far it was done before; for one thread.
 *
 * <p>Files that the {@linkplain LoadJournal journal} knows are passed over. Of the others the documents that are not in
 * the topic are published: after a kill the file that was open is read again from its beginning, and what it had
 * published is left out.
 *
 * <p>Documents are published in transactions of about a second. A new load ends the open transaction of one that was
 * killed before it looks at the topic, so nothing of it can arrive later; and of two loads at the same time the earlier
 * one fails.
 */
public final class DocumentLoader implements AutoCloseable {

    private static final String SOURCE = "alignstream-local";
    private static final String TRANSACTIONAL_ID = "alignstream-load";
    private static final long TRANSACTION_NANOS = 1_000_000_000L;

    private final KafkaConnection connection;
    private final Path folder;
    private final KafkaProducer<byte[], byte[]> producer;
    private long transactionBegin;
    private boolean inTransaction;
    /** By partition the offset of the last document that was published; the producer's thread fills it. */
    private final Map<Integer, Long> sent = new ConcurrentHashMap<>();

    /**
     * What a load did.
     *
     * @param published documents that were new
     * @param known documents that were in the topic before
     * @param filesPassedOver files that had been loaded to their end before
     */
    public record Result(long published, long known, int filesPassedOver) {}

    /** @param folder where the journal lies */
    public DocumentLoader(KafkaConnection connection, Path folder) {
        this.connection = connection;
        this.folder = folder;
        producer = new KafkaProducer<>(
                connection.with(Map.of(
                        ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                        TRANSACTIONAL_ID,
                        ProducerConfig.LINGER_MS_CONFIG,
                        20,
                        ProducerConfig.BATCH_SIZE_CONFIG,
                        256 * 1024,
                        ProducerConfig.COMPRESSION_TYPE_CONFIG,
                        "lz4",
                        ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                        Topic.MAX_RECORD_BYTES)),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /**
     * Publishes what is new of {@code documents} and returns when all of it has been read back from the topic.
     *
     * @throws io.alignstream.local.input.file.InputException if so much is faulty that there is no use in reading on; what is
     *     before is published. Whether too much is faulty in the end, the documents' report knows
     */
    public Result load(DocumentSource documents, Console console) {
        try (PublishedDocuments published = PublishedDocuments.open(folder, connection, topicId())) {
            LoadJournal journal = new LoadJournal(folder, published.history());
            List<InputFile> files = documents.files().stream()
                    .filter(file -> !journal.isDone(file))
                    .toList();
            int passedOver = documents.files().size() - files.size();
            if (files.isEmpty()) {
                return new Result(0, 0, passedOver);
            }
            producer.initTransactions();
            published.catchUp(sent);
            return publish(documents, files, published, journal, passedOver, console);
        } catch (ProducerFencedException | InvalidProducerEpochException e) {
            throw new LaunchException("Another load has begun meanwhile; wait for it and start this one again.", e);
        } catch (KafkaException e) {
            throw LaunchException.ofKafka("Kafka did not take a document: " + e.getMessage(), e);
        }
    }

    private Result publish(
            DocumentSource documents,
            List<InputFile> files,
            PublishedDocuments published,
            LoadJournal journal,
            int passedOver,
            Console console) {
        LoadProgress progress = new LoadProgress(
                console, files.stream().mapToLong(InputFile::bytes).sum(), documents::bytesRead);
        long[] fresh = {0};
        long[] known = {0};
        for (InputFile file : files) {
            long[] inFile = {0};
            boolean toItsEnd;
            try {
                toItsEnd = documents.read(file, document -> {
                    inFile[0]++;
                    if (send(document, published)) {
                        fresh[0]++;
                    } else {
                        known[0]++;
                    }
                    progress.show(fresh[0] + known[0]);
                });
            } catch (InputException e) {
                commit(); // what is before the invalid place stays
                throw e;
            }
            commit();
            published.catchUp(sent);
            if (toItsEnd) { // another one is read again by the next load, which may find it mended
                journal.done(file, inFile[0]);
            }
        }
        return new Result(fresh[0], known[0], passedOver);
    }

    private boolean send(Document document, PublishedDocuments published) {
        long now = System.nanoTime();
        if (inTransaction && now - transactionBegin > TRANSACTION_NANOS) {
            commit();
        }
        ProducerRecord<byte[], byte[]> record = Topic.DOCUMENTS.record(document, SOURCE);
        CallersTrace.stamp(record);
        if (!published.add(record.key(), record.value())) {
            return false;
        }
        if (!inTransaction) {
            producer.beginTransaction();
            inTransaction = true;
            transactionBegin = now;
        }
        var acknowledged = producer.send(record, (metadata, exception) -> {
            if (exception == null) { // a failure shows when the transaction is committed
                sent.merge(metadata.partition(), metadata.offset(), Math::max);
            }
        });
        return true;
    }

    private void commit() {
        if (inTransaction) {
            producer.commitTransaction();
            inTransaction = false;
        }
    }

    /** Tells this topic from one of the same name in another data folder or after a fresh start. */
    private String topicId() {
        try (Admin admin = Admin.create(connection.settings())) {
            return admin.describeTopics(List.of(Topic.DOCUMENTS.name()))
                    .allTopicNames()
                    .get()
                    .values()
                    .iterator()
                    .next()
                    .topicId()
                    .toString();
        } catch (ExecutionException e) {
            throw LaunchException.ofKafka("Cannot look at the topic of documents: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LaunchException("Interrupted while looking at the topic of documents.", e);
        }
    }

    @Override
    public void close() {
        producer.close();
    }
}
