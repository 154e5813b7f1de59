package io.alignstream.tokenizer;

import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.contracts.replay.Letter;
import io.alignstream.contracts.replay.Replay;
import io.alignstream.contracts.rights.BrokerRefusedException;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.stageruntime.letters.DeadLetters;
import io.alignstream.textcleaning.CleaningProfile;
import io.alignstream.textcleaning.Decontamination;
import io.alignstream.tokenizer.cleaning.CleaningPlan;
import io.alignstream.tokenizer.cleaning.CleaningTopics;
import io.alignstream.tokenizer.cleaning.CleaningTopology;
import io.alignstream.tokenizer.cleaning.EvaluationTexts;
import io.alignstream.tokenizer.documents.DocumentFigures;
import io.alignstream.tokenizer.packing.PackingTopology;
import io.alignstream.tokenizer.streams.StreamsApplication;
import io.alignstream.tokenizer.vocabulary.TokenizerStore;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The running topologies: cleaning always, packing for the newest tokenizer; thread-safe. */
@ApplicationScoped
public class TokenizerStreams {

    private static final Logger LOG = LoggerFactory.getLogger(TokenizerStreams.class);
    private static final Duration RETRY = Duration.ofSeconds(2);
    /** One look at the metrics asks for each outcome. */
    private static final Duration FIGURES_LAST = Duration.ofSeconds(1);

    /** A tokenizer in use. */
    record Version(TrainedTokenizer event, Tokenizer tokenizer) {}

    private final TokenizerConfig config;
    private final TokenizerStore store;
    private final DeadLetters deadLetters;
    private final StreamsApplication.Settings settings;
    private final ExecutorService cleaningStart;
    private final ExecutorService packingSwitch;
    private final Decontamination evaluation;
    private volatile long figuresAt = System.nanoTime() - FIGURES_LAST.toNanos();
    private volatile DocumentFigures lastFigures = DocumentFigures.NONE;
    private volatile @Nullable StreamsApplication cleaning;
    private volatile @Nullable StreamsApplication packing;
    private volatile @Nullable TrainedTokenizer wanted;
    private volatile @Nullable Version current;
    private volatile List<TrainedTokenizer> known = List.of();
    private volatile @Nullable Reason cannotGoOn;
    private volatile @Nullable String cannotPackYet;
    private volatile boolean closing;

    TokenizerStreams(
            TokenizerConfig config,
            TokenizerStore store,
            DeadLetters deadLetters,
            @Identifier("default-kafka-broker") Map<String, Object> connection) {
        this.config = config;
        this.store = store;
        this.deadLetters = deadLetters;
        settings = new StreamsApplication.Settings(
                new HashMap<>(connection), config.stateDir().toAbsolutePath(), config.instanceId(), config.threads());
        config.packing(); // fail at the start, not with the first document
        config.cleaningProfile();
        evaluation = EvaluationTexts.read(config.cleaning().evaluationFiles().orElse(List.of()));
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        cleaningStart = thread("cleaning-start", loader);
        packingSwitch = thread("packing-switch", loader);
    }

    void start(@Observes StartupEvent event) {
        cleaningStart.execute(() -> {
            try {
                int partitions = CleaningTopics.prepare(settings.kafka());
                CleaningPlan plan = new CleaningPlan(
                        config.cleaningProfile(),
                        evaluation,
                        partitions,
                        CleaningTopics.ends(settings.kafka()),
                        CleaningPlan.GRACE,
                        CleaningPlan.QUIET);
                StreamsApplication application = new StreamsApplication(
                        CleaningTopology.APPLICATION_ID,
                        CleaningTopology.build(
                                plan,
                                (at, record, cause) -> deadLetters.remember(
                                        new Letter(
                                                new Replay.Place(at.topic(), at.partition(), at.offset()),
                                                Letter.fingerprint(record.key(), record.value())),
                                        record.key(),
                                        record.timestamp(),
                                        cause)),
                        settings);
                cleaning = application;
                application.start(CleaningTopology.topics());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException e) {
                LOG.error("documents cannot be cleaned; the service has to be started again", e);
                cannotGoOn = failed(CleaningTopology.APPLICATION_ID, why(e));
            }
        });
    }

    void stop(@Observes ShutdownEvent event) {
        closing = true;
        cleaningStart.shutdownNow();
        packingSwitch.shutdownNow();
        close(packing);
        close(cleaning);
    }

    /** Packs with {@code newest} from now on; returns at once, and does nothing if that is so already. */
    void pack(TrainedTokenizer newest) {
        TrainedTokenizer before = wanted;
        if (before != null && before.sha256().equals(newest.sha256())) {
            return;
        }
        wanted = newest;
        packingSwitch.execute(() -> {
            try {
                switchTo(newest);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** The tokenizer in use, null before the first. */
    @Nullable
    Version current() {
        return current;
    }

    /** Takes note of all tokenizers that there are, the oldest first. */
    void know(List<TrainedTokenizer> tokenizers) {
        known = tokenizers;
    }

    /** All tokenizers that there are, the oldest first. */
    List<TrainedTokenizer> known() {
        return known;
    }

    /** Whether documents are being cleaned. */
    boolean ready() {
        StreamsApplication application = cleaning;
        return application != null && application.running();
    }

    /** Which topology processes nothing any more until the service is started again, and why; empty if all is well. */
    Optional<Reason> failure() {
        Reason known = cannotGoOn;
        return known == null
                ? applications()
                        .flatMap(application ->
                                application.failure().stream().map(why -> failed(application.applicationId(), why)))
                        .findFirst()
                : Optional.of(known);
    }

    private static Reason why(RuntimeException failure) {
        return failure instanceof Explained explained
                ? explained.reason()
                : Reason.of("stage.unexpected").with("detail", failure.toString());
    }

    private static Reason failed(String application, Reason why) {
        return Reason.of("tokenizer.topologyFailed")
                .with("application", application)
                .with("detail", why);
    }

    private Stream<StreamsApplication> applications() {
        return Stream.of(Optional.ofNullable(cleaning), Optional.ofNullable(packing))
                .flatMap(Optional::stream);
    }

    /**
     * Which instance of the service learns tokenizers: the one that cleans the first partition of {@code documents}. Empty
     * while nobody knows, at the start and while the partitions are dealt out anew.
     */
    Optional<Boolean> learnsHere() {
        StreamsApplication application = cleaning;
        if (application == null || !application.running()) {
            return Optional.empty();
        }
        TopicPartition first = new TopicPartition(Topic.DOCUMENTS.name(), 0);
        try {
            return Optional.of(application.streams().metadataForLocalThreads().stream()
                    .flatMap(thread -> thread.activeTasks().stream())
                    .anyMatch(task -> task.topicPartitions().contains(first)));
        } catch (IllegalStateException e) {
            return Optional.empty(); // it has stopped since the question above
        }
    }

    /** State of each topology under its application id. */
    Map<String, String> states() {
        Map<String, String> states = new HashMap<>();
        applications().forEach(application -> states.put(application.applicationId(), application.describe()));
        failure().ifPresent(why -> states.put("failure", Messages.english(why)));
        String packingTrouble = cannotPackYet;
        if (packingTrouble != null) {
            states.put("packing", packingTrouble);
        }
        return states;
    }

    /** The rules that documents pass. */
    CleaningProfile profile() {
        return config.cleaningProfile();
    }

    /** What became of the documents since the beginning, on the partitions that this instance works on. */
    DocumentFigures documents() {
        StreamsApplication application = cleaning;
        long now = System.nanoTime();
        if (application != null && now - figuresAt > FIGURES_LAST.toNanos()) {
            figuresAt = now;
            try {
                lastFigures = DocumentFigures.read(application.streams());
            } catch (InvalidStateStoreException e) {
                LOG.debug("figures cannot be read right now, the last ones are shown", e);
            }
        }
        return lastFigures;
    }

    /** Records that cleaning has still to read here; 0 while it does not run. */
    double cleaningLag() {
        return lag(cleaning);
    }

    /** Those of packing. */
    double packingLag() {
        return lag(packing);
    }

    private static double lag(@Nullable StreamsApplication application) {
        return application == null ? 0 : application.lag();
    }

    private void switchTo(TrainedTokenizer newest) throws InterruptedException {
        while (!closing && newest.equals(wanted)) {
            try {
                Tokenizer tokenizer = store.load(newest);
                stopPacking();
                StreamsApplication application = new StreamsApplication(
                        PackingTopology.applicationId(newest.sha256()),
                        PackingTopology.build(tokenizer, newest.documents(), config.packing()),
                        settings);
                packing = application;
                current = new Version(newest, tokenizer);
                application.start(PackingTopology.topics());
                cannotPackYet = null;
                forgetOthers(application.applicationId());
                return;
            } catch (BrokerRefusedException e) {
                LOG.error("cannot pack with tokenizer {}; the service has to be started again", newest.sha256(), e);
                cannotGoOn = failed(PackingTopology.applicationId(newest.sha256()), e.reason());
                return;
            } catch (IOException | RuntimeException e) {
                LOG.error("cannot pack with tokenizer {} yet, trying again", newest.sha256(), e);
                cannotPackYet = e.toString();
                Thread.sleep(RETRY);
            }
        }
    }

    /** An older version's packing ends where it is; its state stays in Kafka, what lies on this disk goes. */
    private void stopPacking() {
        StreamsApplication old = packing;
        if (old != null) {
            old.close();
            old.streams().cleanUp();
            packing = null;
        }
    }

    private void forgetOthers(String applicationId) {
        try {
            PackingTopology.forgetOthers(settings.stateDirectory(), applicationId);
        } catch (IOException e) {
            LOG.warn("what older packings have on this disk stays for now: {}", e.toString());
        }
    }

    private static void close(@Nullable StreamsApplication application) {
        if (application != null) {
            application.close();
        }
    }

    private static ExecutorService thread(String name, ClassLoader loader) {
        return Executors.newSingleThreadExecutor(task -> {
            Thread thread = Thread.ofPlatform().name(name).daemon().unstarted(task);
            thread.setContextClassLoader(loader);
            return thread;
        });
    }
}
