package io.alignstream.local.command;

import io.alignstream.contracts.Stage;
import io.alignstream.local.broker.Broker;
import io.alignstream.local.process.ManagedProcess;
import io.alignstream.local.process.ResidentMemory;
import io.alignstream.local.service.JobStatus;
import io.alignstream.local.service.ServiceClient;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code ./alignstream status}. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "Show which processes run, since when, with how much memory, and what they are doing.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:everything runs", "3:something is stopped, still starts or needs a new start"})
public final class StatusCommand implements Callable<Integer> {

    private static final int NOT_ALL_RUNNING = 3;
    private static final String ROW = "%-18s %-10s %8s %6s %9s %9s  %s";

    @Mixin
    SiteOptions options = new SiteOptions();

    @Override
    public Integer call() {
        Console console = Console.standard();
        Site site = options.site();
        console.line("data folder " + site.dataFolder());
        console.line(ROW.formatted("process", "state", "pid", "port", "running", "memory", "job"));
        boolean all = true;
        for (String name : LocalCluster.processNames()) {
            all &= show(site, name, console);
        }
        return all ? 0 : NOT_ALL_RUNNING;
    }

    private static boolean show(Site site, String name, Console console) {
        Optional<ManagedProcess> found = ManagedProcess.find(site.run(), name);
        if (found.isEmpty()) {
            console.line(ROW.formatted(name, "stopped", "", "", "", "", "").stripTrailing());
            return false;
        }
        ManagedProcess process = found.get();
        Optional<ServiceClient> service = Arrays.stream(Stage.values())
                .filter(stage -> stage.service().equals(name))
                .map(stage -> new ServiceClient(site.address(stage)))
                .findFirst();
        boolean running = service.map(ServiceClient::isRunning).orElse(true);
        boolean ready = service.map(ServiceClient::isReady).orElse(true);
        String job = service.map(StatusCommand::job).orElse("");
        String memory = "%.0f MiB".formatted(ResidentMemory.bytes(List.of(process.pid())) / 1048576.0);
        console.line(ROW.formatted(
                        name,
                        ready ? "ready" : running ? "running" : "not ready",
                        process.pid(),
                        process.port(),
                        text(process.age()),
                        memory,
                        name.equals(Broker.NAME) ? "broker" : job)
                .stripTrailing());
        return running;
    }

    private static String job(ServiceClient service) {
        try {
            return service.job().map(StatusCommand::describe).orElse("");
        } catch (LaunchException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static String describe(JobStatus job) {
        return job.isRunning()
                ? "%s: %s, step %d of %d".formatted(job.explanation(), job.phase(), job.step(), job.totalSteps())
                : job.state() + ": " + job.explanation();
    }

    private static String text(Duration age) {
        return age.toHours() > 0
                ? "%d h %d m".formatted(age.toHours(), age.toMinutesPart())
                : "%d m %d s".formatted(age.toMinutes(), age.toSecondsPart());
    }
}
