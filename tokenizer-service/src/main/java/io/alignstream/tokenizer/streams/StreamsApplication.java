package io.alignstream.tokenizer.streams;

import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.NewerEventException;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.contracts.rights.BrokerRefusedException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyDescription;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One running topology, exactly-once; thread-safe.
 *
 * <p>A stream thread that dies is replaced after a pause: its transaction is rolled back, and what it worked on is tried
 * again. When one after the other dies, or the brokers refuse a right, no further one would fare better: then the application has
 * failed, processes nothing any more and says why. Unclean ends (kill -9) are safe at any moment: the state directory holds the process id that makes
 * the next start fence the old transaction at once, and the static group membership that makes it take over without
 * waiting for a session to expire.
 */
public final class StreamsApplication implements AutoCloseable {

    /** Where and how topologies of this process run. */
    public record Settings(Map<String, Object> kafka, Path stateDirectory, String instanceId, int threads) {}

    /**
     * When an application has failed.
     *
     * @param deaths threads that die one after the other, 1 or more
     * @param lasting a thread that dies later than this after the one before is no longer one of a row
     * @param pause before the first replacement; each further one of a row waits twice as long, up to 30 s
     */
    public record Endurance(int deaths, Duration lasting, Duration pause) {

        /** Some three minutes: what other services cause, a broker that starts for example, is over by then. */
        public static final Endurance DEFAULT = new Endurance(10, Duration.ofMinutes(5), Duration.ofSeconds(1));

        private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

        private Duration pauseAfter(int death) {
            Duration pauseAfter = pause.multipliedBy(1L << Math.min(death - 1, 20));
            return pauseAfter.compareTo(LONGEST_PAUSE) < 0 ? pauseAfter : LONGEST_PAUSE;
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(StreamsApplication.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration CLOSE = Duration.ofSeconds(10);
    private static final int TRANSACTION_TIMEOUT_MS = 60_000;

    private final String applicationId;
    private final Endurance endurance;
    private final Map<String, Object> kafka;
    private final Set<String> sources;
    private final Map<String, String> topicIds = new ConcurrentHashMap<>();
    private final KafkaStreams streams;
    private volatile @Nullable Reason lastFailure;
    private volatile boolean failed;
    private int deaths;
    private long lastDeath;

    /** An application that does not run yet. */
    public StreamsApplication(String applicationId, Topology topology, Settings settings) {
        this(applicationId, topology, settings, Endurance.DEFAULT);
    }

    /** One that fails sooner or later than others. */
    public StreamsApplication(String applicationId, Topology topology, Settings settings, Endurance endurance) {
        this.applicationId = applicationId;
        this.endurance = endurance;
        this.kafka = settings.kafka();
        this.sources = sources(topology);
        Properties properties = properties(applicationId, settings);
        properties.put(ReadPositions.TOPIC_IDS, topicIds);
        this.streams = new KafkaStreams(topology, properties);
        streams.setUncaughtExceptionHandler(this::threadDied);
    }

    private static Set<String> sources(Topology topology) {
        return topology.describe().subtopologies().stream()
                .flatMap(part -> part.nodes().stream())
                .filter(TopologyDescription.Source.class::isInstance)
                .flatMap(node -> ((TopologyDescription.Source) node).topicSet().stream())
                .collect(Collectors.toSet());
    }

    /**
     * Waits until {@code topics} exist, sees to it that it goes on reading where it was, then starts. Reading before they
     * exist would end the topology.
     *
     * @throws IllegalStateException if a topic that it has read has lost its end
     * @throws BrokerRefusedException if the brokers refuse to show the topics or their offsets
     */
    public void start(Set<String> topics) throws InterruptedException {
        try (Admin admin = Admin.create(kafka)) {
            Set<String> there = present(admin);
            while (!there.containsAll(topics)) {
                requireThatTheyMayBeSeen(admin, topics);
                LOG.info("waiting for topics: application={} topics={}", applicationId, topics);
                Thread.sleep(PAUSE);
                there = present(admin);
            }
            // What lies between its own steps has another name there, and holds nothing that could be lost.
            Set<String> outside = new HashSet<>(sources);
            outside.retainAll(there);
            topicIds.putAll(new SourceOffsets(admin, kafka, applicationId).align(outside));
        }
        LOG.info("starting: application={}", applicationId);
        streams.start();
    }

    /** What Kafka Streams tells about itself. */
    public KafkaStreams streams() {
        return streams;
    }

    /** Records of its sources that it has still to read, on the partitions that it works on, as its last fetches said. */
    public double lag() {
        return streams.metrics().entrySet().stream()
                .filter(metric -> metric.getKey().name().equals("records-lag")
                        && metric.getKey().tags().containsKey("partition"))
                .map(metric -> metric.getValue().metricValue())
                .filter(Double.class::isInstance)
                .mapToDouble(value -> (Double) value)
                .filter(Double::isFinite)
                .sum();
    }

    /** Name of its consumer group. */
    public String applicationId() {
        return applicationId;
    }

    /** Whether it processes records. */
    public boolean running() {
        return streams.state() == KafkaStreams.State.RUNNING;
    }

    /** Why it processes nothing any more and never will; empty while it works or is tried again. */
    public Optional<Reason> failure() {
        return failed ? Optional.ofNullable(lastFailure) : Optional.empty();
    }

    /** State and, if a thread ever died, why. */
    public String describe() {
        Reason failure = lastFailure;
        return streams.state() + (failure == null ? "" : ", last failure: " + Messages.english(failure));
    }

    @Override
    public void close() {
        if (!streams.close(CLOSE)) {
            LOG.warn("still running after {} s: application={}", CLOSE.toSeconds(), applicationId);
        }
    }

    private StreamThreadExceptionResponse threadDied(Throwable failure) {
        Optional<BrokerRefusedException> refusal = BrokerRefusedException.in(failure, kafka);
        lastFailure = refusal.map(BrokerRefusedException::reason)
                .orElseGet(() -> Reason.of("stage.unexpected").with("detail", describe(failure)));
        if (refusal.isPresent()) {
            failed = true;
            LOG.error(
                    "{} Nothing is processed any more: application={}",
                    refusal.get().getMessage(),
                    applicationId);
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        }
        Optional<NewerEventException> newer = newer(failure);
        if (newer.isPresent()) {
            lastFailure = newer.get().reason();
            LOG.error("{}: application={}", newer.get().getMessage(), applicationId);
            pause(endurance.pauseAfter(endurance.deaths()));
            return StreamThreadExceptionResponse.REPLACE_THREAD;
        }
        int row = oneMoreDeath();
        if (row >= endurance.deaths()) {
            failed = true;
            LOG.error(
                    "{} stream threads died one after the other, nothing is processed any more: start the service again"
                            + " when the cause is gone: application={}",
                    row,
                    applicationId,
                    failure);
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        }
        Duration pause = endurance.pauseAfter(row);
        LOG.error(
                "a stream thread died and is replaced in {} ms, {} of {} before the application fails: application={}",
                pause.toMillis(),
                row,
                endurance.deaths(),
                applicationId,
                failure);
        pause(pause);
        return StreamThreadExceptionResponse.REPLACE_THREAD;
    }

    private static void pause(Duration pause) {
        try {
            Thread.sleep(pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** That a later release has written what is to be read: the threads wait for that release, however often they look. */
    private static Optional<NewerEventException> newer(Throwable failure) {
        Throwable cause = failure;
        while (cause != null && !(cause instanceof NewerEventException)) {
            cause = cause.getCause();
        }
        return Optional.ofNullable((NewerEventException) cause);
    }

    /** What happened and, below it, why. */
    private static String describe(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root == failure ? failure.toString() : failure + ": " + root;
    }

    private synchronized int oneMoreDeath() {
        long now = System.nanoTime();
        deaths = deaths == 0 || now - lastDeath > endurance.lasting().toNanos() ? 1 : deaths + 1;
        lastDeath = now;
        return deaths;
    }

    /** A topic that may not be seen is not listed: it would be waited for, for ever. */
    private void requireThatTheyMayBeSeen(Admin admin, Set<String> topics) throws InterruptedException {
        for (KafkaFuture<TopicDescription> described :
                admin.describeTopics(topics).topicNameValues().values()) {
            try {
                described.get(10, TimeUnit.SECONDS);
            } catch (ExecutionException | TimeoutException e) {
                throwIfRefused(e);
            }
        }
    }

    private void throwIfRefused(Exception failure) {
        BrokerRefusedException.in(failure, kafka).ifPresent(refusal -> {
            throw refusal;
        });
    }

    private Set<String> present(Admin admin) throws InterruptedException {
        try {
            return admin.listTopics().names().get(10, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throwIfRefused(e);
            LOG.warn("cannot list topics yet: {}", e.toString());
            return Set.of();
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
        // For what lies between the steps of a topology; its sources are never reset.
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
