package io.alignstream.local.site;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.Stage;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One running place of the pipeline: a data folder with everything that survives a restart, and the settings that must
 * be the same at the next start.
 *
 * @param dataFolder absolute path; below it {@code kafka/}, {@code store/}, {@code logs/}, {@code run/}
 * @param portBase the services listen on portBase + 1 to portBase + 6, Prometheus on portBase + 10, the broker on portBase + 12 and + 13, further workers
 *     of pretrain-service on portBase + 14 to portBase + 76, those of the other stages behind them, each on 64 more
 * @param seed of every random choice in training
 * @param serviceOptions for every service's JVM, for example {@code -Dalignstream.pretrain.steps=1000}
 * @param workers the processes of the stages that have several, or have had
 * @param kafkaConfig how clients come to Kafka brokers of one's own; null for one on this machine
 */
public record Site(
        Path dataFolder,
        int portBase,
        long seed,
        List<String> serviceOptions,
        Map<Stage, StageWorkers> workers,
        @Nullable Path kafkaConfig) {

    public static final int DEFAULT_PORT_BASE = 8080;
    public static final long DEFAULT_SEED = 1;
    private static final int BROKER_OFFSET = 12;
    private static final int MAX_PORT = 65_535;
    private static final JsonMapper JSON = JsonMapper.builder().build();
    /** What decides the bits of a model: whoever gives other options later need not know of it. */
    private static final Pattern NUMBERS =
            Pattern.compile("-Dalignstream[.](?:[a-z]+[.]precision|torch[.]operators|[a-z]+[.]shards)=");

    public Site {
        serviceOptions = List.copyOf(serviceOptions);
        workers = several(workers);
        int behind = 1;
        for (Map.Entry<Stage, StageWorkers> several : workers.entrySet()) {
            behind =
                    Math.max(behind, offset(several.getKey(), several.getValue().count()));
        }
        int most = MAX_PORT - BROKER_OFFSET - behind;
        if (portBase < 1 || portBase > most) {
            throw new LaunchException("--port-base is " + portBase + " but must lie between 1 and " + most + ".");
        }
    }

    private static Map<Stage, StageWorkers> several(Map<Stage, StageWorkers> workers) {
        Map<Stage, StageWorkers> several = new EnumMap<>(Stage.class);
        several.putAll(workers);
        several.values().removeIf(StageWorkers.ALONE::equals);
        return Collections.unmodifiableMap(several);
    }

    /** A site with one process a service. */
    public Site(Path dataFolder, int portBase, long seed, List<String> serviceOptions) {
        this(dataFolder, portBase, seed, serviceOptions, Map.of(), null);
    }

    /**
     * The site at {@code dataFolder}; what is not given is as it was the last time, else the default. Of the options those by
     * which numbers are computed stay besides, unless they are given: a run would be another one without them.
     */
    public static Site at(
            Path dataFolder, @Nullable Integer portBase, @Nullable Long seed, @Nullable List<String> serviceOptions) {
        Path folder = dataFolder.toAbsolutePath().normalize();
        Settings last = Settings.read(folder.resolve("site.json"));
        return new Site(
                folder,
                portBase == null ? last.portBase : portBase,
                seed == null ? last.seed : seed,
                serviceOptions == null ? last.serviceOptions : withNumbers(serviceOptions, last.serviceOptions),
                last.allWorkers(),
                last.kafkaConfig == null ? null : Path.of(last.kafkaConfig));
    }

    /** The same with other options. */
    public Site withServiceOptions(List<String> options) {
        return new Site(dataFolder, portBase, seed, options, workers, kafkaConfig);
    }

    /** The same with other workers of {@code stage}. */
    public Site withWorkers(Stage stage, StageWorkers changed) {
        Map<Stage, StageWorkers> all = new EnumMap<>(Stage.class);
        all.putAll(workers);
        all.put(stage, changed);
        return new Site(dataFolder, portBase, seed, serviceOptions, all, kafkaConfig);
    }

    /** The workers of {@code stage}. */
    public StageWorkers workers(Stage stage) {
        return workers.getOrDefault(stage, StageWorkers.ALONE);
    }

    /** The same with Kafka brokers of one's own, to which clients come as {@code config} says. */
    public Site withKafka(Path config) {
        return new Site(
                dataFolder,
                portBase,
                seed,
                serviceOptions,
                workers,
                config.toAbsolutePath().normalize());
    }

    private static List<String> withNumbers(List<String> given, List<String> last) {
        List<String> all = new ArrayList<>(given);
        for (String option : last) {
            Matcher numbers = NUMBERS.matcher(option);
            if (numbers.lookingAt() && given.stream().noneMatch(other -> other.startsWith(numbers.group()))) {
                all.add(option);
            }
        }
        return all;
    }

    /** Creates the folders and remembers the settings for later commands. */
    public void prepare() {
        try {
            Files.createDirectories(store());
            Files.createDirectories(logs());
            Files.createDirectories(run());
            Path temporary = dataFolder.resolve("site.json.tmp");
            JSON.writeValue(
                    temporary.toFile(),
                    new Settings(
                            portBase,
                            seed,
                            serviceOptions,
                            workers,
                            null,
                            kafkaConfig == null ? null : kafkaConfig.toString()));
            Files.move(temporary, dataFolder.resolve("site.json"), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new LaunchException(
                    "Cannot write to the data folder " + dataFolder + ": " + e.getMessage()
                            + ". Choose another one with --data-dir.",
                    e);
        }
    }

    /** The processes that it has, in the order of their start. */
    public List<ServiceInstance> instances() {
        return ServiceInstance.possible().stream()
                .filter(instance ->
                        instance.number() <= workers(instance.stage()).count())
                .toList();
    }

    public int port(Stage stage) {
        return portBase + stage.portOffset();
    }

    public int port(ServiceInstance instance) {
        return instance.isFirst() ? port(instance.stage()) : brokerPort() + offset(instance.stage(), instance.number());
    }

    /** How far behind the broker's port a further worker listens. */
    private static int offset(Stage stage, int number) {
        return StageWorkers.MOST * StageWorkers.STAGES.indexOf(stage) + number;
    }

    public int brokerPort() {
        return portBase + BROKER_OFFSET;
    }

    /** The port on which the broker talks to itself as its own controller. */
    public int controllerPort() {
        return brokerPort() + 1;
    }

    /** Whether Kafka is a process of this site. */
    public boolean hasBroker() {
        return kafkaConfig == null;
    }

    /** How clients come to the brokers; reads the file that says so, where there is one. */
    public KafkaConnection connection() {
        return kafkaConfig == null
                ? KafkaConnection.to("127.0.0.1:" + brokerPort())
                : KafkaConnection.read(kafkaConfig);
    }

    public URI address(Stage stage) {
        return URI.create("http://127.0.0.1:" + port(stage));
    }

    public URI address(ServiceInstance instance) {
        return URI.create("http://127.0.0.1:" + port(instance));
    }

    public Path kafka() {
        return dataFolder.resolve("kafka");
    }

    public Path store() {
        return dataFolder.resolve("store");
    }

    /** Local copies of checkpoints; needed for remote stores only. */
    public Path storeCache() {
        return dataFolder.resolve("store-cache");
    }

    public Path logs() {
        return dataFolder.resolve("logs");
    }

    /** The API keys of the site, once one was made. */
    public Path keys() {
        return dataFolder.resolve("access/keys.json");
    }

    /** Log of one process. */
    public Path log(String process) {
        return logs().resolve(process + ".log");
    }

    /** One file for each process that runs, and the lock. */
    public Path run() {
        return dataFolder.resolve("run");
    }

    /**
     * As they are stored.
     *
     * @param pretrainWorkers as launchers wrote it that knew of no other stage's
     */
    private record Settings(
            int portBase,
            long seed,
            List<String> serviceOptions,
            @Nullable Map<Stage, StageWorkers> workers,
            @Nullable StageWorkers pretrainWorkers,
            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String kafkaConfig) {

        Map<Stage, StageWorkers> allWorkers() {
            if (workers != null) {
                return workers;
            }
            return pretrainWorkers == null ? Map.of() : Map.of(Stage.PRETRAIN, pretrainWorkers);
        }

        static Settings read(Path file) {
            if (Files.isRegularFile(file)) {
                try {
                    return JSON.readValue(file.toFile(), Settings.class);
                } catch (IOException e) {
                    throw new LaunchException(file + " is damaged (" + e.getMessage() + "); delete it.", e);
                }
            }
            return new Settings(DEFAULT_PORT_BASE, DEFAULT_SEED, List.of(), null, null, null);
        }
    }
}
