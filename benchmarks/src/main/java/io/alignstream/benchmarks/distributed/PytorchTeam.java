package io.alignstream.benchmarks.distributed;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.List;

/** Workers under PyTorch's DistributedDataParallel. */
final class PytorchTeam extends Team {

    PytorchTeam(String name) {
        super(name);
    }

    @Override
    void join(int count) throws IOException {
        int port = freePort();
        ask(count, rank -> "join " + port + " " + rank + " " + count);
    }

    @Override
    List<JsonNode> alone(int steps) throws IOException {
        return ask(1, rank -> "plain " + steps);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
