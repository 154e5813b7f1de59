package io.alignstream.local.service;

import io.alignstream.contracts.Stage;
import io.alignstream.local.process.ManagedProcess;
import io.alignstream.local.site.ServiceInstance;
import io.alignstream.local.site.Site;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The processes of services that run at a site now, whoever started them; thread-safe. */
public final class RunningInstances {

    private static final Comparator<JobStatus> FARTHEST_FIRST = Comparator.comparingInt(RunningInstances::rank)
            .thenComparing(Comparator.comparingLong(JobStatus::step).reversed());

    private final Site site;

    public RunningInstances(Site site) {
        this.site = site;
    }

    /** All of them, in the order of their start. */
    public List<ServiceInstance> all() {
        return ServiceInstance.possible().stream().filter(this::runs).toList();
    }

    /** Those of one stage. */
    public List<ServiceInstance> of(Stage stage) {
        return ServiceInstance.possible(stage).stream().filter(this::runs).toList();
    }

    private boolean runs(ServiceInstance instance) {
        return ManagedProcess.find(site.run(), instance.name()).isPresent();
    }

    /**
     * What a stage is doing: what that one of its processes says that is farthest with a job, else the one that a person has to
     * look after. Of several workers of a run one leads and reports.
     */
    public Optional<JobStatus> job(Stage stage) {
        List<ServiceInstance> running = of(stage);
        return (running.isEmpty() ? List.of(ServiceInstance.first(stage)) : running)
                .stream()
                        .flatMap(instance -> new ServiceClient(site.address(instance)).job().stream())
                        .min(FARTHEST_FIRST);
    }

    private static int rank(JobStatus job) {
        if (job.isRunning()) {
            return 0;
        }
        return job.isHeld() ? 1 : job.isFailed() ? 2 : 3;
    }
}
