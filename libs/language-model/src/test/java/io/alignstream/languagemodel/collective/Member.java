package io.alignstream.languagemodel.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/** A {@link MemberProcess} as its parent sees it. */
final class Member implements AutoCloseable {

    /** Longer than anything takes, even on a busy machine. */
    static final int LONG = 120_000;

    private static final AtomicInteger NAMES = new AtomicInteger();

    private final Process process;
    private final PrintStream in;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    private Member(Process process) {
        this.process = process;
        in = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
        Thread.ofPlatform().daemon().start(() -> {
            try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
                out.lines().forEach(lines::add);
            } catch (IOException | UncheckedIOException e) {
                // it ended
            }
            lines.add("ended");
        });
    }

    /** The library that the build has made; where it could not, a test is skipped, or fails where the build requires it. */
    static Path library() {
        Path library = Path.of(System.getProperty("collective.library", ""));
        boolean there = Files.isRegularFile(library);
        assertThat(there || !Boolean.getBoolean("collective.required"))
                .as("the library of collectives is required, but " + library + " was not built")
                .isTrue();
        assumeTrue(there, "the library of collectives could not be built here");
        return library;
    }

    /** A process with the library. */
    static Member start() {
        return start(List.of("-D" + CollectiveLibrary.PROPERTY + "=" + library()));
    }

    static Member start(List<String> options) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dalignstream.torch.threads=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow"));
        command.addAll(options);
        command.addAll(List.of(
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                MemberProcess.class.getName()));
        try {
            return new Member(new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<Member> start(int count) {
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            members.add(start());
        }
        return members;
    }

    /** Makes these the ranks of a new group. */
    static void join(InetSocketAddress server, List<Member> members) {
        join(server, members, LONG);
    }

    /** Makes these the ranks of a new group with a time-out. */
    static void join(InetSocketAddress server, List<Member> members, int millis) {
        String name = "secret-" + NAMES.incrementAndGet();
        members.forEach(member -> member.meet(server, name, LONG));
        together(members, rank -> "join " + rank + " " + members.size() + " " + LONG + " " + millis);
    }

    void meet(InetSocketAddress server, String name, int millis) {
        ask("meet " + server.getAddress().getHostAddress() + " " + server.getPort() + " " + name + " " + millis);
    }

    /** Asks all at the same time; the answers without {@code ok}. */
    static List<String> together(List<Member> members, IntFunction<String> command) {
        for (int rank = 0; rank < members.size(); rank++) {
            members.get(rank).tell(command.apply(rank));
        }
        return members.stream().map(Member::hear).map(Member::ok).toList();
    }

    void tell(String command) {
        in.println(command);
    }

    String hear() {
        try {
            return Objects.requireNonNullElse(lines.poll(LONG, TimeUnit.MILLISECONDS), "silent");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    /** The answer without {@code ok}. */
    String ask(String command) {
        tell(command);
        return ok(hear());
    }

    private static String ok(String answer) {
        assertThat(answer).startsWith("ok");
        return answer.substring(2).strip();
    }

    /** Sends it a signal by name. */
    void signal(String signal) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
