package io.alignstream.local.chaos;

import io.alignstream.contracts.Stage;
import io.alignstream.local.broker.Broker;
import io.alignstream.local.broker.TopicSetup;
import io.alignstream.local.process.ManagedProcess;
import io.alignstream.local.process.Ports;
import io.alignstream.local.process.ProcessGroup;
import io.alignstream.local.process.ProcessSpec;
import io.alignstream.local.service.ServiceClient;
import io.alignstream.local.service.ServiceProcesses;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.ServiceInstance;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The processes of a trial, which can be killed, stopped, doubled and started again; thread-safe.
 *
 * <p>Whatever ends without having been killed here is remembered: no fault of its surroundings may end a service.
 */
final class TrialSite implements AutoCloseable {

    private static final Duration LOOK_AGAIN = Duration.ofMillis(100);
    private static final String TWIN = "-twin";
    /** Two instances of a service have one each. */
    private static final List<String> OWN_FOLDERS =
            List.of("-Dalignstream.tokenizer.state-dir=", "-Dalignstream.views.folder=");

    private final Site site;
    private final ProcessGroup group;
    private final Console console;
    private final SequencedMap<String, ProcessSpec> specs = new LinkedHashMap<>();
    private final List<ServiceInstance> instances;
    private final List<String> services = new ArrayList<>();
    private final List<String> workers = new ArrayList<>();
    /** Killed, or asked to end: not there on purpose. */
    private final Set<String> away = new HashSet<>();

    private final List<String> ended = new ArrayList<>();

    /**
     * A site whose processes still have to be started.
     *
     * @param stages whose services it has
     * @param store an unreliable one; null: the site's folder
     */
    TrialSite(
            Site site, Set<Stage> stages, Installation installation, Console console, @Nullable UnreliableStore store) {
        this.site = site;
        this.group = new ProcessGroup(site, console);
        this.console = console;
        site.prepare();
        if (store != null) {
            add(store.server());
        }
        add(Broker.at(site, installation));
        ServiceProcesses processes = new ServiceProcesses(site, installation);
        instances = site.instances().stream()
                .filter(instance -> stages.contains(instance.stage()))
                .toList();
        for (ServiceInstance instance : instances) {
            ProcessSpec spec = processes.of(instance);
            Map<String, String> environment = new HashMap<>(spec.environment());
            if (store != null) {
                environment.putAll(store.environment());
            }
            add(withEnvironment(spec, environment));
            services.add(spec.name());
            if (instance.stage() == Stage.PRETRAIN) {
                workers.add(spec.name());
            }
        }
    }

    private void add(ProcessSpec spec) {
        specs.put(spec.name(), spec);
    }

    private static ProcessSpec withEnvironment(ProcessSpec spec, Map<String, String> environment) {
        return new ProcessSpec(
                spec.name(),
                spec.service(),
                spec.command(),
                environment,
                spec.build(),
                spec.ports(),
                spec.ready(),
                spec.startLimit(),
                spec.stopGrace());
    }

    Site site() {
        return site;
    }

    /** The services' processes. */
    List<ServiceInstance> instances() {
        return instances;
    }

    /** Names of the services' processes. */
    List<String> services() {
        return List.copyOf(services);
    }

    /** Names of pretrain-service's processes, the first of which always stays. */
    List<String> workers() {
        return List.copyOf(workers);
    }

    /** Names of those of pretrain-service's processes that are there. */
    List<String> present() {
        return workers.stream().filter(name -> !isAway(name)).toList();
    }

    /** Ends workers above {@code count} (SIGTERM), and starts those up to it that are not there. */
    void resize(int count) {
        SequencedMap<ManagedProcess, Duration> leaving = new LinkedHashMap<>();
        for (String name : workers.subList(count, workers.size())) {
            synchronized (this) {
                away.add(name);
            }
            find(name).ifPresent(process -> leaving.put(process, spec(name).stopGrace()));
        }
        ProcessGroup.stop(leaving, console);
        workers.subList(0, count).stream().filter(this::isAway).forEach(this::restart);
    }

    private synchronized boolean isAway(String name) {
        return away.contains(name);
    }

    /** Starts all of it and waits until it works. */
    void start() {
        specs.values().stream().filter(spec -> !services.contains(spec.name())).forEach(group::start);
        group.awaitReady("Kafka");
        TopicSetup.createMissing(site.connection());
        specs.values().stream().filter(spec -> services.contains(spec.name())).forEach(group::start);
        group.awaitReady("Kafka and %d services".formatted(services.size()));
    }

    /** Kills a process with signal 9, if it is there. */
    void kill(String name) {
        synchronized (this) {
            away.add(name);
        }
        find(name).ifPresent(process -> {
            ProcessHandle.of(process.pid()).ifPresent(ProcessHandle::destroyForcibly);
            await(() -> !process.alive());
        });
    }

    /** Starts what {@link #kill} has ended. */
    void restart(String name) {
        start(spec(name));
    }

    /** Starts what {@link #kill} has ended with a clock that is off by {@code shift}. */
    void restart(String name, ShiftedClocks clocks, Duration shift) {
        ProcessSpec spec = spec(name);
        start(withEnvironment(spec, clocks.shifted(spec.environment(), shift)));
    }

    private void start(ProcessSpec spec) {
        await(() -> spec.ports().stream().allMatch(Ports::isFree));
        group.start(spec);
        synchronized (this) {
            away.remove(spec.name());
        }
    }

    private ProcessSpec spec(String name) {
        ProcessSpec spec = specs.get(name);
        if (spec == null) {
            throw new IllegalArgumentException("there is no process " + name);
        }
        return spec;
    }

    /** Holds a process wherever it is (SIGSTOP). */
    void stop(String name) {
        signal(name, "STOP");
    }

    /** Lets a process go on that was held (SIGCONT). */
    void resume(String name) {
        signal(name, "CONT");
    }

    private void signal(String name, String signal) {
        find(name).ifPresent(process -> {
            try {
                new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                        .start()
                        .waitFor();
            } catch (IOException e) {
                throw new LaunchException("Cannot send SIG" + signal + " to " + name + ": " + e.getMessage(), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** Starts a second instance of a service on a port of its own, and waits until it works; returns its name. */
    String startTwin(String name) {
        ProcessSpec spec = spec(name);
        int port = freePort();
        ProcessSpec twin = new ProcessSpec(
                name + TWIN,
                spec.command().stream()
                        .map(argument -> argument.startsWith("-Dquarkus.http.port=")
                                ? "-Dquarkus.http.port=" + port
                                : OWN_FOLDERS.stream().anyMatch(argument::startsWith) ? argument + TWIN : argument)
                        .toList(),
                spec.environment(),
                spec.build(),
                List.of(port),
                new ServiceClient(URI.create("http://127.0.0.1:" + port))::isRunning,
                spec.startLimit(),
                spec.stopGrace());
        synchronized (this) {
            away.remove(twin.name());
        }
        group.start(twin);
        await(twin.ready());
        return twin.name();
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts again what has ended by itself, and remembers that it has. */
    void lookAfter() {
        for (String name : specs.keySet()) {
            synchronized (this) {
                if (away.contains(name) || find(name).isPresent()) {
                    continue;
                }
                away.add(name);
                ended.add(name);
            }
            restart(name);
        }
    }

    /** Processes that ended although nobody killed them. */
    synchronized List<String> ended() {
        return List.copyOf(ended);
    }

    /** Waits until every service has started and lives. */
    void awaitRunning() {
        specs.values().forEach(spec -> await(spec.ready()));
    }

    private Optional<ManagedProcess> find(String name) {
        return ManagedProcess.find(site.run(), name);
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        while (!condition.getAsBoolean() && System.nanoTime() < end) {
            LockSupport.parkNanos(LOOK_AGAIN.toNanos());
        }
    }

    @Override
    public void close() {
        group.stopStarted();
    }
}
