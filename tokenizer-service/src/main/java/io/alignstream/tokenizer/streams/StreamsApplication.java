package io.alignstream.tokenizer.streams;

import io.alignstream.contracts.Topic;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One running topology, exactly-once; thread-safe.
 *
 * <p>A stream thread that dies is replaced after a pause, for ever: its transaction is rolled back, and what it worked
 * on is tried again. Unclean ends (kill -9) are safe at any moment: the state directory holds the process id that makes
 * the next start fence the old transaction at once, and the static group membership that makes it take over without
 * waiting for a session to expire.
 */
public final class StreamsApplication implements AutoCloseable {

    /** Where and how topologies of this process run. */
    public record Settings(Map<String, Object> kafka, Path stateDirectory, String instanceId, int threads) {}

    private static final Logger LOG = LoggerFactory.getLogger(StreamsApplication.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration CLOSE = Duration.ofSeconds(10);
    private static final int TRANSACTION_TIMEOUT_MS = 60_000;

    private final String applicationId;
    private final KafkaStreams streams;
    private volatile @Nullable String lastFailure;

    /** An application that does not run yet. */
    public StreamsApplication(String applicationId, Topology topology, Settings settings) {
        this.applicationId = applicationId;
        this.streams = new KafkaStreams(topology, properties(applicationId, settings));
        streams.setUncaughtExceptionHandler(this::replaceThread);
    }

    /** Waits until {@code topics} exist, then starts. Reading before they exist would end the topology. */
    public void start(Set<String> topics, Map<String, Object> kafka) throws InterruptedException {
        try (Admin admin = Admin.create(kafka)) {
            while (!exist(admin, topics)) {
                LOG.info("waiting for topics: application={} topics={}", applicationId, topics);
                Thread.sleep(PAUSE);
            }
        }
        LOG.info("starting: application={}", applicationId);
        streams.start();
    }

    /** What Kafka Streams tells about itself. */
    public KafkaStreams streams() {
        return streams;
    }

    /** Name of its consumer group. */
    public String applicationId() {
        return applicationId;
    }

    /** Whether it processes records. */
    public boolean running() {
        return streams.state() == KafkaStreams.State.RUNNING;
    }

    /** State and, if a thread ever died, why. */
    public String describe() {
        String failure = lastFailure;
        return streams.state() + (failure == null ? "" : ", last failure: " + failure);
    }

    @Override
    public void close() {
        if (!streams.close(CLOSE)) {
            LOG.warn("still running after {} s: application={}", CLOSE.toSeconds(), applicationId);
        }
    }

    private StreamThreadExceptionResponse replaceThread(Throwable failure) {
        lastFailure = failure.toString();
        LOG.error("a stream thread died and is replaced: application={}", applicationId, failure);
        try {
            Thread.sleep(PAUSE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return StreamThreadExceptionResponse.REPLACE_THREAD;
    }

    private static boolean exist(Admin admin, Set<String> topics) throws InterruptedException {
        try {
            return admin.listTopics().names().get(10, TimeUnit.SECONDS).containsAll(topics);
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("cannot list topics yet: {}", e.toString());
            return false;
        }
    }

    private static Properties properties(String applicationId, Settings settings) {
        Map<String, Object> all = new HashMap<>(settings.kafka());
        all.put(StreamsConfig.APPLICATION_ID_CONFIG, applicationId);
        all.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        all.put(StreamsConfig.STATE_DIR_CONFIG, settings.stateDirectory().toString());
        all.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, settings.threads());
        // Output is visible after a commit: this is the latency of a quiet topic and the length of a transaction.
        all.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 200);
        all.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 8L << 20);
        all.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, BoundedRocksDbMemory.class);
        all.put(StreamsConfig.topicPrefix(TopicConfig.MAX_MESSAGE_BYTES_CONFIG), Topic.MAX_RECORD_BYTES);
        all.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        all.put(StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), 10_000);
        all.put(StreamsConfig.consumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), settings.instanceId());
        all.put(StreamsConfig.producerPrefix(ProducerConfig.MAX_REQUEST_SIZE_CONFIG), Topic.MAX_RECORD_BYTES);
        // Readers see nothing before a commit, which sends what lingers: small batches would only cost requests.
        all.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 100);
        all.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 256 << 10);
        all.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "zstd");
        all.put(StreamsConfig.producerPrefix(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG), TRANSACTION_TIMEOUT_MS);
        all.put(StreamsConfig.ENABLE_METRICS_PUSH_CONFIG, false);
        Properties properties = new Properties();
        properties.putAll(all);
        return properties;
    }
}
