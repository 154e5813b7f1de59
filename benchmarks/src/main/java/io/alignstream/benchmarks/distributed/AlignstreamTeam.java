package io.alignstream.benchmarks.distributed;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.benchmarks.simulation.Link;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Alignstream's workers. */
final class AlignstreamTeam extends Team {

    private final Places places;
    private final int shards;
    private final int rows;

    /**
     * No workers yet.
     *
     * @param shards of a run that they share
     * @param rows of the whole batch
     */
    AlignstreamTeam(Places places, int shards, int rows) {
        super("alignstream");
        this.places = places;
        this.shards = shards;
        this.rows = rows;
    }

    @Override
    void join(int count) throws IOException {
        List<JsonNode> ports = ask(count, rank -> "open");
        String members = IntStream.range(0, count)
                .mapToObj(rank -> places.address(rank) + ":"
                        + ports.get(rank).path("port").asInt())
                .collect(Collectors.joining(","));
        ask(count, rank -> "join " + rank + " " + shards + " " + members);
    }

    @Override
    List<JsonNode> alone(int steps) throws IOException {
        return alone(1, rows, steps);
    }

    /** The same of {@code rows} that are cut into {@code shards}. */
    List<JsonNode> alone(int shards, int rows, int steps) throws IOException {
        return ask(1, rank -> "alone " + shards + " " + rows + " " + steps);
    }

    /** Seconds of adding one number to another by one worker, in long rows. */
    double addSeconds() throws IOException {
        return ask(1, rank -> "add").getFirst().path("seconds").asDouble();
    }

    /** The network between the first two workers. */
    Link link() throws IOException {
        int port = ask(1, rank -> "listen").getFirst().path("port").asInt();
        List<JsonNode> measured = ask(2, rank -> rank == 0 ? "accept" : "connect " + places.address(0) + " " + port);
        JsonNode first = measured.getFirst();
        return new Link(
                first.path("bytesPerSecond").asDouble(),
                first.path("latencySeconds").asDouble());
    }
}
