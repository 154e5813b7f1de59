package io.alignstream.local.process;

import io.alignstream.local.site.Console;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/**
 * The processes of one site: starts what is missing, takes over what runs, watches, stops.
 *
 * <p>A process that already runs with the same command and build is taken over and belongs to whoever started it; {@link
 * #stopStarted} stops only what this group started. Thread-safe: a shutdown hook may stop while another thread starts.
 */
public final class ProcessGroup {

    /** The variable with the launcher's own API key, which no process that it starts gets. */
    public static final String CREDENTIAL = "ALIGNSTREAM_KEY";

    private static final Duration POLL = Duration.ofMillis(100);
    private static final int SHOWN_LOG_LINES = 15;
    /** Lines in which to look for them: stack frames, which would push the reason out of sight, are left out. */
    private static final int READ_LOG_LINES = 300;

    private static final Pattern STACK_FRAME =
            Pattern.compile("\\s+(?:at .+\\(.*\\)|\\.\\.\\. \\d+ (?:more|common frames omitted))");

    private final Site site;
    private final Console console;
    private final SequencedMap<String, Member> members = new LinkedHashMap<>();
    private final AtomicBoolean stopping = new AtomicBoolean();

    private record Member(ProcessSpec spec, ManagedProcess process, boolean startedHere, long logBegin) {}

    public ProcessGroup(Site site, Console console) {
        this.site = site;
        this.console = console;
    }

    /** Starts {@code spec} or takes over its process; does not wait until it is ready. */
    public void start(ProcessSpec spec) {
        Optional<ManagedProcess> running = ManagedProcess.find(site.run(), spec.name());
        if (running.isPresent() && running.get().matches(spec)) {
            add(new Member(spec, running.get(), false, logOf(spec.name()).size()));
            return;
        }
        running.ifPresent(process -> {
            console.line(spec.name() + " runs with other settings or an older build: restarting it");
            process.requestStop();
            process.awaitStop(spec.stopGrace());
        });
        for (int port : spec.ports()) {
            if (!Ports.isFree(port)) {
                throw new LaunchException("Port " + port + ", which " + spec.name()
                        + " needs, is in use by another program. Stop that program or choose another --port-base.");
            }
        }
        long logBegin = logOf(spec.name()).size();
        synchronized (this) {
            if (stopping.get()) {
                throw new LaunchException("Stopping; " + spec.name() + " is not started any more.");
            }
            add(new Member(spec, launch(spec), true, logBegin));
        }
    }

    /**
     * Takes over a process of {@code service} that another launcher has started beside those of this group, if it runs; it ends
     * with them.
     */
    public synchronized void takeOver(String name, String service, Duration stopGrace) {
        List<Member> others = members.values().stream()
                .filter(member -> member.spec().service().equals(service))
                .toList();
        if (members.containsKey(name) || others.isEmpty() || stopping.get()) {
            return;
        }
        ManagedProcess.find(site.run(), name).ifPresent(process -> {
            boolean ours = others.stream().anyMatch(Member::startedHere);
            ProcessSpec spec = new ProcessSpec(
                    name,
                    service,
                    List.of(),
                    Map.of(),
                    "",
                    List.of(process.port()),
                    () -> true,
                    Duration.ZERO,
                    stopGrace);
            add(new Member(spec, process, ours, logOf(name).size()));
        });
    }

    private synchronized void add(Member member) {
        members.put(member.spec().name(), member);
    }

    private ManagedProcess launch(ProcessSpec spec) {
        Path log = site.log(spec.name());
        List<String> command = new ArrayList<>();
        // A session of its own: Ctrl-C at the terminal reaches the launcher alone, which then stops in order.
        if (Files.isExecutable(Path.of("/usr/bin/setsid"))) {
            command.add("/usr/bin/setsid");
        }
        command.addAll(spec.command());
        try {
            new LogFile(log).rotate();
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(site.dataFolder().toFile())
                    .redirectErrorStream(true)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
            builder.environment().putAll(spec.environment());
            builder.environment().remove(CREDENTIAL);
            Process process = builder.start();
            return ManagedProcess.remember(site.run(), spec, process.toHandle());
        } catch (IOException e) {
            throw new LaunchException("Cannot start " + spec.name() + ": " + e.getMessage(), e);
        }
    }

    /** Waits until all processes are ready; fails with the last log lines if one ends or takes too long. */
    public void awaitReady(String what) {
        long begin = System.nanoTime();
        List<Member> waiting = new ArrayList<>(snapshot());
        int total = waiting.size();
        while (!waiting.isEmpty()) {
            for (Member member : waiting) {
                if (!member.process().alive() && !stopping.get()) {
                    throw new LaunchException(ended(member) + lastLines(member));
                }
            }
            requireAlive();
            waiting.removeIf(member -> member.spec().ready().getAsBoolean());
            Duration waited = Duration.ofNanos(System.nanoTime() - begin);
            for (Member member : waiting) {
                if (waited.compareTo(member.spec().startLimit()) > 0) {
                    throw new LaunchException(member.spec().name() + " is not ready after " + waited.toSeconds() + " s."
                            + lastLines(member));
                }
            }
            if (console.isTerminal()) {
                console.redraw(what + ": " + (total - waiting.size()) + " of " + total + " ready");
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
        console.line("%s: ready after %.1f s".formatted(what, (System.nanoTime() - begin) / 1e9));
    }

    /**
     * Fails with the last log lines if a process of this group has ended although nobody stopped it. Where others of its service
     * are left, that is said once.
     */
    public void requireAlive() {
        for (Member member : snapshot()) {
            if (member.process().alive() || stopping.get()) {
                continue;
            }
            boolean dismissed = dismissed(member);
            if (!dismissed && !hasOthersOf(member)) {
                throw new LaunchException(ended(member) + lastLines(member));
            }
            forget(member);
            if (!dismissed) {
                console.line(
                        ended(member) + " The others of " + member.spec().service() + " go on without it. Its log: "
                                + site.log(member.spec().name()));
            }
        }
    }

    private static boolean dismissed(Member member) {
        try {
            return member.process().isDismissed();
        } catch (IOException e) {
            return false; // nobody can tell: that it has ended is said
        }
    }

    private boolean hasOthersOf(Member member) {
        return snapshot().stream()
                .anyMatch(other -> other.spec().service().equals(member.spec().service())
                        && other.process().alive());
    }

    private synchronized void forget(Member member) {
        members.remove(member.spec().name(), member);
    }

    private static String ended(Member member) {
        return member.spec().name() + " (process " + member.process().pid() + ") has ended unexpectedly.";
    }

    /** Whether stopping has begun, so that missing processes are no news. */
    public boolean isStopping() {
        return stopping.get();
    }

    /** Whether this group started any of its processes. */
    public boolean hasStarted() {
        return snapshot().stream().anyMatch(Member::startedHere);
    }

    /** Process ids of all members. */
    public List<Long> pids() {
        return snapshot().stream().map(member -> member.process().pid()).toList();
    }

    /** Stops what this group started, last started first; the first one, which the others need, after the others. */
    public void stopStarted() {
        stopping.set(true);
        SequencedMap<ManagedProcess, Duration> started = new LinkedHashMap<>();
        for (Member member : snapshot()) {
            if (member.startedHere()) {
                started.put(member.process(), member.spec().stopGrace());
            }
        }
        stop(started, console);
    }

    /**
     * Stops processes in reverse order; the first entry, the broker, only when the others have ended.
     *
     * @param processes in the order of their start, with the time between SIGTERM and SIGKILL
     */
    public static void stop(SequencedMap<ManagedProcess, Duration> processes, Console console) {
        if (processes.isEmpty()) {
            return;
        }
        List<Map.Entry<ManagedProcess, Duration>> reversed =
                new ArrayList<>(processes.sequencedEntrySet().reversed());
        Map.Entry<ManagedProcess, Duration> first = reversed.removeLast();
        reversed.forEach(entry -> entry.getKey().requestStop());
        reversed.forEach(entry -> await(entry.getKey(), entry.getValue(), console));
        first.getKey().requestStop();
        await(first.getKey(), first.getValue(), console);
    }

    private static void await(ManagedProcess process, Duration grace, Console console) {
        boolean graceful = process.awaitStop(grace);
        console.line("stopped " + process.name()
                + (graceful ? "" : " by force: it did not end within " + grace.toSeconds() + " s"));
    }

    private synchronized List<Member> snapshot() {
        return List.copyOf(members.values());
    }

    private LogFile logOf(String name) {
        return new LogFile(site.log(name));
    }

    private String lastLines(Member member) {
        List<String> all = logOf(member.spec().name()).tail(READ_LOG_LINES, member.logBegin()).stream()
                .filter(line -> !line.isBlank() && !STACK_FRAME.matcher(line).matches())
                .toList();
        List<String> lines = all.subList(Math.max(0, all.size() - SHOWN_LOG_LINES), all.size());
        return lines.isEmpty()
                ? " It wrote nothing to its log."
                : " The end of " + site.log(member.spec().name()) + ":\n    " + String.join("\n    ", lines);
    }
}
