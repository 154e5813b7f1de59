package io.alignstream.local.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.local.broker.Broker;
import io.alignstream.local.process.ManagedProcess;
import io.alignstream.local.process.ResidentMemory;
import io.alignstream.local.service.JobStatus;
import io.alignstream.local.service.RunningInstances;
import io.alignstream.local.service.ServiceClient;
import io.alignstream.local.service.WorkersPlan;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.ServiceInstance;
import io.alignstream.local.site.Site;
import io.alignstream.local.site.StageWorkers;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./alignstream status}. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "Show which processes run, since when, with how much memory, and what they are doing.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:everything runs", "3:something is stopped, still starts or needs a new start"})
public final class StatusCommand implements Callable<Integer> {

    private static final int NOT_ALL_RUNNING = 3;
    private static final String ROW = "%-19s %-10s %8s %6s %9s %9s  %s";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Mixin
    SiteOptions options = new SiteOptions();

    @Option(
            names = "--watch",
            arity = "0..1",
            fallbackValue = "2",
            paramLabel = "SECONDS",
            description = "Show it again and again until Ctrl-C, with so many seconds between, 1 to 3600."
                    + " Without a number: ${FALLBACK-VALUE}.")
    @Nullable
    Integer watch;

    @Option(names = "--json", description = "As JSON for a program; with --watch one line each time.")
    boolean json;

    /**
     * What stands at a site.
     *
     * @param running whether everything runs
     * @param workers of the stages that have several
     */
    record Status(String dataFolder, boolean running, List<ProcessStatus> processes, List<Workers> workers) {}

    /**
     * The processes of a stage's service.
     *
     * @param service its name
     * @param wanted how many there are to be
     * @param running how many there are
     * @param shards at most so many compute, others stand by
     */
    record Workers(String service, int wanted, int running, int shards) {

        private String words() {
            return "%s: %d of %d workers run, %d %s%s"
                    .formatted(
                            service,
                            running,
                            wanted,
                            shards,
                            shards == 1 ? "shard" : "shards",
                            running > shards ? ", " + (running - shards) + " of them on standby" : "");
        }
    }

    /**
     * One of its processes.
     *
     * @param state stopped, not ready, running (serves no model yet), ready
     * @param pid null, as what follows, if it is stopped
     * @param seconds since its start
     * @param memoryBytes resident
     * @param job null for the broker, and where the service says nothing
     * @param problem why the service says nothing, if that is known
     */
    record ProcessStatus(
            String process,
            String state,
            @Nullable Long pid,
            @Nullable Integer port,
            @Nullable Long seconds,
            @Nullable Long memoryBytes,
            @Nullable Job job,
            @Nullable String problem) {

        private static ProcessStatus stopped(String name) {
            return new ProcessStatus(name, "stopped", null, null, null, null, null, null);
        }
    }

    /**
     * What a service is doing: its {@code GET /job}, the reasons as sentences.
     *
     * @param cause why its run was begun, null of none
     */
    record Job(
            String state,
            String explanation,
            @Nullable String run,
            @Nullable String cause,
            @Nullable String phase,
            long step,
            long totalSteps,
            double etaSeconds,
            Map<String, Double> metrics) {

        private static Job of(JobStatus job) {
            return new Job(
                    job.state(),
                    job.explanation(),
                    job.run(),
                    Optional.ofNullable(job.cause()).map(Messages::english).orElse(null),
                    job.phase(),
                    job.step(),
                    job.totalSteps(),
                    job.etaSeconds(),
                    job.metrics() == null ? Map.of() : job.metrics());
        }

        private String words() {
            return state.equals("running")
                    ? "%s: %s, step %d of %d%s"
                            .formatted(explanation, phase, step, totalSteps, cause == null ? "" : " (" + cause + ")")
                    : state + ": " + explanation;
        }
    }

    @Override
    public Integer call() throws JsonProcessingException {
        Console console = Console.standard();
        Site site = options.site();
        if (watch != null && (watch < 1 || watch > 3600)) {
            throw new LaunchException("--watch is " + watch + " but must lie between 1 and 3600 seconds.");
        }
        Status status = show(site, console);
        while (watch != null && slept(Duration.ofSeconds(watch))) {
            status = show(site, console);
        }
        return status.running() ? 0 : NOT_ALL_RUNNING;
    }

    /** Whether nobody interrupted that. */
    private static boolean slept(Duration pause) {
        try {
            Thread.sleep(pause);
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    private Status show(Site site, Console console) throws JsonProcessingException {
        List<ServiceInstance> running = new RunningInstances(site).all();
        List<ServiceInstance> instances = ServiceInstance.possible().stream()
                .filter(instance -> site.instances().contains(instance) || running.contains(instance))
                .toList();
        List<ProcessStatus> processes = new ArrayList<>();
        if (site.hasBroker()) {
            processes.add(look(site, Broker.NAME, null));
        }
        instances.forEach(instance -> processes.add(look(site, instance.name(), site.address(instance))));
        boolean all =
                processes.stream().allMatch(each -> List.of("ready", "running").contains(each.state()));
        Status status = new Status(site.dataFolder().toString(), all, processes, workers(site, running));
        if (json) {
            console.line(JSON.writeValueAsString(status));
        } else if (watch != null && console.isTerminal()) {
            console.redraw(String.join("\n", table(status)));
        } else {
            table(status).forEach(console::line);
        }
        return status;
    }

    private static List<Workers> workers(Site site, List<ServiceInstance> running) {
        List<Workers> all = new ArrayList<>();
        for (Stage stage : StageWorkers.STAGES) {
            int there = (int) running.stream()
                    .filter(instance -> instance.stage() == stage)
                    .count();
            int wanted = site.workers(stage).count();
            if (wanted > 1 || there > 1) {
                all.add(new Workers(stage.service(), wanted, there, WorkersPlan.shards(site, stage)));
            }
        }
        return all;
    }

    private static ProcessStatus look(Site site, String name, @Nullable URI address) {
        Optional<ManagedProcess> found = ManagedProcess.find(site.run(), name);
        if (found.isEmpty()) {
            return ProcessStatus.stopped(name);
        }
        ManagedProcess process = found.get();
        Optional<ServiceClient> service = Optional.ofNullable(address).map(ServiceClient::new);
        boolean running = service.map(ServiceClient::isRunning).orElse(true);
        boolean ready = running && service.map(ServiceClient::isReady).orElse(true);
        Job job = null;
        String problem = null;
        try {
            job = service.flatMap(ServiceClient::job).map(Job::of).orElse(null);
        } catch (LaunchException e) {
            problem = e.getMessage();
        }
        return new ProcessStatus(
                name,
                ready ? "ready" : running ? "running" : "not ready",
                process.pid(),
                process.port(),
                process.age().toSeconds(),
                ResidentMemory.bytes(List.of(process.pid())),
                job,
                problem);
    }

    private static List<String> table(Status status) {
        List<String> lines = new ArrayList<>();
        lines.add("data folder " + status.dataFolder());
        lines.add(ROW.formatted("process", "state", "pid", "port", "running", "memory", "job"));
        status.processes().stream().map(StatusCommand::row).forEach(lines::add);
        status.workers().stream().map(Workers::words).forEach(lines::add);
        return lines;
    }

    private static String row(ProcessStatus process) {
        String doing = process.process().equals(Broker.NAME)
                ? "broker"
                : process.job() == null ? process.problem() : process.job().words();
        return ROW.formatted(
                        process.process(),
                        process.state(),
                        process.pid() == null ? "" : process.pid(),
                        process.port() == null ? "" : process.port(),
                        process.seconds() == null ? "" : text(Duration.ofSeconds(process.seconds())),
                        process.memoryBytes() == null ? "" : "%.0f MiB".formatted(process.memoryBytes() / 1048576.0),
                        process.pid() == null || doing == null ? "" : doing)
                .stripTrailing();
    }

    private static String text(Duration age) {
        return age.toHours() > 0
                ? "%d h %d m".formatted(age.toHours(), age.toMinutesPart())
                : "%d m %d s".formatted(age.toMinutes(), age.toSecondsPart());
    }
}
