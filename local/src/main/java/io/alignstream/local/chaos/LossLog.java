package io.alignstream.local.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.Stage;
import io.alignstream.local.service.ServiceClient;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The loss of each of pretraining's steps, from the charts that its workers keep. A worker that is killed may lose the last 20 s
 * of its own, and of a long run only some of the steps are kept; those that are must agree to the last bit. How many could be
 * compared stands in the report.
 *
 * @param losses by step
 * @param contradictions where two workers remember the same step otherwise
 */
public record LossLog(SortedMap<Long, Double> losses, List<String> contradictions) {

    private static final String LOSS = "loss";

    /** What all of the site's workers remember. */
    static LossLog of(TrialSite site) {
        LossLog log = new LossLog(new TreeMap<>(), new ArrayList<>());
        site.instances().stream()
                .filter(instance -> instance.stage() == Stage.PRETRAIN)
                .forEach(worker -> log.add(new ServiceClient(site.site().address(worker)), worker.name()));
        return log;
    }

    private void add(ServiceClient worker, String name) {
        for (JsonNode told : worker.get("/runs")) {
            for (JsonNode curve :
                    worker.get("/runs/" + told.path("run").asText()).path("curves")) {
                if (curve.path("metric").asText().equals(LOSS)) {
                    curve.path("points")
                            .forEach(point ->
                                    add(point.get(0).asLong(), point.get(1).asDouble(), name));
                }
            }
        }
    }

    /** What {@code worker} remembers of a step. */
    void add(long step, double loss, String worker) {
        Double known = losses.putIfAbsent(step, loss);
        if (known != null && known != loss) {
            contradictions.add("loss of step %d: %s at %s, %s at another worker".formatted(step, loss, worker, known));
        }
    }

    /** Steps that both know. */
    long inCommon(LossLog other) {
        return losses.keySet().stream().filter(other.losses::containsKey).count();
    }

    /** What cannot be, and in what this differs from {@code undisturbed}, a line for each step. */
    List<String> findings(LossLog undisturbed) {
        List<String> findings = new ArrayList<>(contradictions);
        losses.forEach((step, loss) -> {
            Double expected = undisturbed.losses.get(step);
            if (expected != null && !expected.equals(loss)) {
                findings.add("loss of step %d: %s, undisturbed %s".formatted(step, loss, expected));
            }
        });
        return findings;
    }
}
