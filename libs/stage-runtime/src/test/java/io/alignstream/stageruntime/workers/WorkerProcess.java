package io.alignstream.stageruntime.workers;

import io.alignstream.contracts.Stage;
import io.alignstream.stageruntime.kafka.BrokerRefusals;
import io.alignstream.stageruntime.kafka.KafkaReaders;
import io.alignstream.training.workers.Membership;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;

/** A worker in a process of its own, to be killed or stopped by its test. */
final class WorkerProcess implements AutoCloseable {

    private final Process process;

    private WorkerProcess(Process process) {
        this.process = process;
    }

    static WorkerProcess start(String address, String run, int shards) throws IOException {
        return new WorkerProcess(new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Xshare:auto",
                        "-cp",
                        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                                .filter(entry -> !entry.contains("jboss-logmanager"))
                                .collect(Collectors.joining(File.pathSeparator)),
                        WorkerProcess.class.getName(),
                        address,
                        run,
                        Integer.toString(shards))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start());
    }

    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Sends STOP or CONT. */
    void signal(String name) throws IOException, InterruptedException {
        int code = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
        if (code != 0) {
            throw new IOException("kill -" + name + " ended with " + code);
        }
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }

    /** The process: joins and stays until it is killed. */
    public static void main(String[] arguments) throws Exception {
        join(arguments[0], arguments[1], Integer.parseInt(arguments[2]), KafkaMembershipTest.FINGERPRINT);
        new CountDownLatch(1).await();
    }

    static Membership join(String address, String run, int shards, Map<String, String> fingerprint) {
        return join(address, run, run, shards, fingerprint);
    }

    static Membership join(String address, String family, String run, int shards, Map<String, String> fingerprint) {
        InetSocketAddress rendezvous = new InetSocketAddress(InetAddress.getLoopbackAddress(), 4_000);
        return memberships(address).join(Stage.PRETRAIN, family, run, shards, rendezvous, fingerprint);
    }

    static Memberships memberships(String address) {
        Map<String, Object> connection = Map.of("bootstrap.servers", address);
        return new Memberships(
                new KafkaReaders(connection),
                new BrokerRefusals(connection),
                InetAddress.getLoopbackAddress(),
                false,
                0);
    }
}
