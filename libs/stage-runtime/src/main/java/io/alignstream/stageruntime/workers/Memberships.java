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
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.InterruptException;

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
     * How many processes are workers of a run of {@code family} just now.
     *
     * @throws KafkaException if the brokers do not tell
     */
    public int count(Stage stage, String family) {
        String group = WorkerShards.group(stage, family);
        try (Admin admin = readers.admin()) {
            return Objects.requireNonNull(admin.describeConsumerGroups(List.of(group))
                            .describedGroups()
                            .get(group))
                    .get()
                    .members()
                    .size();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof GroupIdNotFoundException) {
                return 0;
            }
            throw new KafkaException("who is in group " + group + " cannot be told: " + e.getCause(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptException(e);
        }
    }

    /**
     * Joins the workers of {@code run}; returns at once. Of those who would work on different runs of one family the ones that were
     * there first stay, so that a family has one run at a time; the others are refused.
     *
     * @param family what the run has in common with any on the same parents and settings
     * @param shards of the run, 1 to {@link WorkerShards#PARTITIONS}
     * @param rendezvous where this process' rendezvous server listens
     * @param fingerprint what the bits of its results depend on
     */
    public Membership join(
            Stage stage,
            String family,
            String run,
            int shards,
            InetSocketAddress rendezvous,
            Map<String, String> fingerprint) {
        return new KafkaMembership(
                WorkerShards.group(stage, family),
                run,
                shards,
                rendezvous,
                fingerprint,
                mixedFingerprints,
                readers,
                refusals);
    }
}
