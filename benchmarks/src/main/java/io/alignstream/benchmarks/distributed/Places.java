package io.alignstream.benchmarks.distributed;

import java.io.IOException;
import java.util.List;

/** Where the workers of a benchmark run, and how they reach each other. */
interface Places extends AutoCloseable {

    /** All on this machine, over its loopback interface. */
    Places LOOPBACK = new Places() {
        @Override
        public String address(int worker) {
            return "127.0.0.1";
        }

        @Override
        public String networkInterface() {
            return "lo";
        }

        @Override
        public List<String> prefix(int worker) {
            return List.of();
        }

        @Override
        public boolean sharesProcessor() {
            return true;
        }

        @Override
        public void close() {}

        @Override
        public String toString() {
            return "loopback";
        }
    };

    /** IPv4 address of a worker, counted from 0. */
    String address(int worker);

    /** Name of the network interface with that address, as the worker sees it. */
    String networkInterface();

    /** What stands before a worker's command. */
    List<String> prefix(int worker);

    /** Whether a network's speed is that of the processor that moves its bytes. */
    boolean sharesProcessor();

    @Override
    void close() throws IOException;
}
