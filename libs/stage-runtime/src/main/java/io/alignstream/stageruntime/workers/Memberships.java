package io.alignstream.stageruntime.workers;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.workers.WorkerShards;
import io.alignstream.stageruntime.kafka.BrokerRefusals;
import io.alignstream.stageruntime.kafka.KafkaReaders;
import io.alignstream.stageruntime.settings.CommonConfig;
import io.alignstream.training.workers.Membership;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;

/** Makes this process a worker of runs; thread-safe. */
@ApplicationScoped
public class Memberships {

    private final KafkaReaders readers;
    private final BrokerRefusals refusals;
    private final InetAddress address;
    private final boolean mixedFingerprints;
    private final double auditShare;

    /** With the service's settings. */
    @Inject
    public Memberships(KafkaReaders readers, BrokerRefusals refusals, CommonConfig config) {
        this(
                readers,
                refusals,
                config.workers().address(),
                config.workers().mixedFingerprints(),
                config.workers().auditShare());
    }

    /**
     * With settings of its own.
     *
     * @param address where others reach this process
     * @param mixedFingerprints whether workers whose bits differ may compute together
     * @param auditShare share of the steps in which workers compare what they compute
     */
    public Memberships(
            KafkaReaders readers,
            BrokerRefusals refusals,
            InetAddress address,
            boolean mixedFingerprints,
            double auditShare) {
        this.readers = readers;
        this.refusals = refusals;
        this.address = address;
        this.mixedFingerprints = mixedFingerprints;
        this.auditShare = auditShare;
    }

    /** Share of the steps in which workers compare what they compute. */
    public double auditShare() {
        return auditShare;
    }

    /** Where the other workers reach this process: what its servers are bound to. */
    public InetAddress address() {
        return address;
    }

    /**
     * Joins the workers of {@code run}; returns at once.
     *
     * @param shards of the run, 1 to {@link WorkerShards#PARTITIONS}
     * @param rendezvous where this process' rendezvous server listens
     * @param fingerprint what the bits of its results depend on
     */
    public Membership join(
            Stage stage, String run, int shards, InetSocketAddress rendezvous, Map<String, String> fingerprint) {
        return new KafkaMembership(
                WorkerShards.group(stage, run), shards, rendezvous, fingerprint, mixedFingerprints, readers, refusals);
    }
}
