package io.alignstream.benchmarks.distributed;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.benchmarks.harness.WorkerProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/** The workers of one peer. */
abstract class Team implements AutoCloseable {

    private final String name;
    private final List<WorkerProcess> workers = new ArrayList<>();

    Team(String name) {
        this.name = name;
    }

    /** Its name, for people. */
    String name() {
        return name;
    }

    /** One more worker, which this team closes. */
    void add(WorkerProcess worker) {
        workers.add(worker);
    }

    /** Lets the first {@code count} workers meet. */
    abstract void join(int count) throws IOException;

    /** Takes {@code steps} with those that have met; what each says. */
    List<JsonNode> steps(int count, int steps) throws IOException {
        return ask(count, rank -> "steps " + steps);
    }

    /** Takes {@code steps} of the whole batch by the first worker alone. */
    abstract List<JsonNode> alone(int steps) throws IOException;

    /** Seconds that a sum of {@code bytes} takes. */
    double sum(int count, long bytes, int times) throws IOException {
        return ask(count, rank -> "sum " + bytes + " " + times).stream()
                .mapToDouble(answer -> answer.path("seconds").asDouble())
                .max()
                .orElseThrow();
    }

    /** Ends the group. */
    void leave(int count) throws IOException {
        ask(count, rank -> "leave");
    }

    /** What the first {@code count} workers answer, working at the same time. */
    List<JsonNode> ask(int count, IntFunction<String> command) throws IOException {
        for (int rank = 0; rank < count; rank++) {
            workers.get(rank).tell(command.apply(rank));
        }
        List<JsonNode> answers = new ArrayList<>();
        for (int rank = 0; rank < count; rank++) {
            answers.add(workers.get(rank).answer());
        }
        return answers;
    }

    @Override
    public void close() throws IOException {
        for (WorkerProcess worker : workers) {
            worker.close();
        }
    }
}
