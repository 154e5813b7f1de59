package io.alignstream.training.workers;

import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.collective.CollectiveException;
import io.alignstream.languagemodel.collective.GradientSum;
import io.alignstream.languagemodel.collective.ProcessGroup;
import io.alignstream.languagemodel.collective.Rendezvous;
import io.alignstream.languagemodel.collective.RendezvousServer;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.network.Trainable;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Several processes that train one run, in generations: Kafka says who is there ({@link Membership}), libtorch's process groups
 * add.
 *
 * <p>A generation's members meet at the rendezvous that its first rank serves, tell each other how far they are, and join a
 * process group. When one of its collectives fails, it fails for all of them, and they meet again: in the next
 * generation, or once more in the same one if nobody is gone. A collective that waits for a process which is silent is aborted when a
 * generation without that process is known.
 */
public final class WorkerGroup implements Workers {

    private static final Logger LOG = LoggerFactory.getLogger(WorkerGroup.class);

    /** How often those who wait look whether they still should. */
    private static final Duration LOOK = Duration.ofMillis(100);

    /** How often those who wait at a rendezvous look what is there. */
    private static final Duration AGAIN = Duration.ofMillis(5);

    /** After which they look less often. */
    private static final Duration SOON = Duration.ofSeconds(1);

    /** Time in which a rendezvous that is there answers. */
    private static final Duration CONNECT = Duration.ofSeconds(5);

    /** Time in which a process that has never reached the others gives up. */
    private static final Duration REACH = Duration.ofSeconds(30);

    /** Time in which all members of a process group, who have just met, must be connected. */
    private static final Duration JOIN = Duration.ofSeconds(20);

    /** Most time that a leader stores, measures or writes while the others wait for its next step. */
    private static final Duration STEP = Duration.ofHours(6);

    /** Time that those who know of newcomers leave the others to end their step. */
    private static final Duration GRACE = Duration.ofSeconds(10);

    /** Time besides that of three steps for which a worker that is asked to stop waits for another in a collective. */
    private static final Duration STOPPING = Duration.ofSeconds(5);

    /** Key by which a round ends for those who still wait in it. */
    private static final String OVER = "over";

    private final Supplier<Membership> join;
    private @Nullable Membership membership;
    private final RendezvousServer server;
    private final int shards;
    private final double auditShare;
    private final RandomGenerator chance = RandomGenerator.getDefault();
    private final StateTransfer transfer = new StateTransfer();
    private final GradientSum gradients = new GradientSum();
    private final Object lock = new Object();

    private volatile @Nullable Generation generation;
    private int round;
    private @Nullable Rendezvous rendezvous;
    private @Nullable ProcessGroup group;
    private List<Hello> hellos = List.of();
    private int leader = -1;
    private boolean changed;
    private boolean audits;
    private final List<Disagreement> disagreements = new ArrayList<>();
    private boolean stoodBy;
    private int meetings;
    private Set<String> company = Set.of();
    private long come;
    private long gone;
    /** Those with whom this process has computed. */
    private final Set<String> reached = new HashSet<>();
    /** Since when this process has tried to meet the others in vain; 0 while it does not. */
    private long inVainSince;

    private volatile boolean ending;
    private volatile double lastStepSeconds;
    private long exchangeNanos;
    /** Since when it waits in a collective; 0 while it computes. */
    private volatile long waitsSince;

    private long exchangedBytes;
    /** Whether somebody of this generation is gone for sure. */
    private boolean incomplete;
    /** Whether the others of this round know of this worker. */
    private boolean greeted;

    /**
     * The workers of a run.
     *
     * @param join makes this process one of the workers, when it is ready to meet them; what comes of it is closed with this
     * @param server of this process, which its member record names; closed with this
     * @param shards power of two
     * @param auditShare share of the steps in which each worker computes a shard of another one, too
     */
    public WorkerGroup(Supplier<Membership> join, RendezvousServer server, int shards, double auditShare) {
        this.auditShare = auditShare;
        this.join = join;
        this.server = server;
        this.shards = LoneWorker.requireShards(shards);
    }

    private Membership membership() {
        Membership present = membership;
        if (present == null) {
            present = join.get();
            present.onGeneration(this::announced);
            membership = present;
        }
        return present;
    }

    @Override
    public int shards() {
        return shards;
    }

    @Override
    public Shards own() {
        Generation now = Objects.requireNonNull(generation);
        return Shards.of(now.rank().orElseThrow(), now.size(), shards);
    }

    @Override
    public boolean leads() {
        Generation now = generation;
        return now != null && now.rank().isPresent() && now.rank().getAsInt() == leader;
    }

    @Override
    public boolean elected() {
        return leads();
    }

    @Override
    public boolean stoodBy() {
        return stoodBy;
    }

    @Override
    public boolean changed() {
        return changed;
    }

    @Override
    public Gradients sum(List<Gradients> parts, Trainable trained) {
        Gradients first = parts.getFirst();
        if (now().size() == 1) {
            return first;
        }
        long began = System.nanoTime();
        waitsSince = began;
        try {
            gradients.of(group(), parts, shards);
            // each sends its rows' columns to those that add them, and what it has added to all
            exchangedBytes += Float.BYTES * first.count() * (parts.size() + 1L) * (now().size() - 1) / now().size();
            exchangeNanos += System.nanoTime() - began;
            return first;
        } catch (CollectiveException e) {
            throw failed(e);
        } finally {
            waitsSince = 0;
        }
    }

    @Override
    public double[] sum(double[] numbers) {
        // one more tells the others that this worker knows of a later generation: all end the step, then meet
        int news = numbers.length;
        int audit = news + 1;
        double[] withNews = Arrays.copyOf(numbers, audit + 1);
        withNews[news] = membership().knowsAfter(now().number()) ? 1 : 0;
        withNews[audit] = leads() && chance.nextDouble() < auditShare ? 1 : 0;
        try {
            double[] all = now().size() == 1 ? withNews : exchanged(withNews);
            changed |= all[news] > 0;
            audits = all[audit] > 0;
            return Arrays.copyOf(all, numbers.length);
        } catch (CollectiveException e) {
            throw failed(e);
        } finally {
            waitsSince = 0;
        }
    }

    private double[] exchanged(double[] numbers) {
        long began = System.nanoTime();
        waitsSince = began;
        double[] all = group().sum(numbers);
        exchangedBytes += 2L * Double.BYTES * numbers.length * (now().size() - 1) / now().size();
        exchangeNanos += System.nanoTime() - began;
        return all;
    }

    @Override
    public OptionalInt audited() {
        int size = now().size();
        boolean alike =
                now().members().stream().map(Member::fingerprint).distinct().count() == 1;
        return audits && alike && size > 1
                ? OptionalInt.of(Shards.of((now().rank().orElseThrow() + 1) % size, size, shards)
                        .from())
                : OptionalInt.empty();
    }

    @Override
    public void audit(String own, String others) {
        int size = now().size();
        int rank = now().rank().orElseThrow();
        ExchangedHashes hashes = new ExchangedHashes(2 * size);
        hashes.put(rank, own);
        hashes.put(size + (rank + 1) % size, others);
        ExchangedHashes all = new ExchangedHashes(sum(hashes.numbers()));
        for (int one = 0; one < size; one++) {
            if (!all.get(one).equals(all.get(size + one))) {
                disagreements.add(new Disagreement(
                        Shards.of(one, size, shards).from(),
                        now().members().get(one),
                        all.get(one),
                        now().members().get((one + size - 1) % size),
                        all.get(size + one)));
            }
        }
    }

    @Override
    public List<Disagreement> disagreements() {
        List<Disagreement> told = List.copyOf(disagreements);
        disagreements.clear();
        return told;
    }

    @Override
    public SequencedMap<String, Double> figures(double seconds, long steps) {
        SequencedMap<String, Double> figures = new LinkedHashMap<>();
        figures.put("workers", (double) now().size());
        figures.put("standby", (double) now().standby());
        figures.put("regroupings", (double) meetings - 1);
        figures.put("exchangedBytes", (double) exchangedBytes / steps);
        figures.put("exchangeShare", Math.min(1, exchangeNanos / 1e9 / seconds));
        exchangedBytes = 0;
        exchangeNanos = 0;
        lastStepSeconds = seconds;
        return figures;
    }

    @Override
    public Optional<Reason> news(long step) {
        if (come + gone == 0) {
            return Optional.empty();
        }
        Reason what = Reason.of("training.workersChanged")
                .with("step", step)
                .with("workers", company.size())
                .with("shards", shards)
                .with("come", come)
                .with("gone", gone);
        come = 0;
        gone = 0;
        return Optional.of(what);
    }

    @Override
    public void ending() {
        ending = true;
    }

    @Override
    public boolean meet(Standing mine, BooleanSupplier stop) {
        boolean led = leads();
        leave();
        while (!stop.getAsBoolean()) {
            Optional<Generation> next = next(stop);
            if (next.isEmpty()) {
                return false;
            }
            if (next.get().rank().isEmpty()) {
                stoodBy = true;
                continue;
            }
            try {
                if (join(next.get(), new Hello(mine, led), stop)) {
                    return true;
                }
            } catch (CollectiveException | WorkersChangedException e) {
                LOG.atInfo().log("The workers have not come together: {}", withoutToken(e));
                seek(next.get());
                leave();
                if (e instanceof CollectiveException) {
                    requireReachable(next.get());
                }
            }
        }
        return false;
    }

    /** Who cannot reach the others for long is no worker: it would keep them waiting. */
    private void requireReachable(Generation now) {
        if (inVainSince == 0) {
            inVainSince = System.nanoTime();
        }
        if (reached.isEmpty() && now.size() > 1 && System.nanoTime() - inVainSince > REACH.toNanos()) {
            throw new WorkerRefusedException(Reason.of("training.workersUnreachable")
                    .with("address", server.address().toString())
                    .with(
                            "others",
                            now.members().stream()
                                    .map(member -> member.rendezvous().toString())
                                    .collect(Collectors.joining(", "))));
        }
    }

    /** What an exception says, without the secret by which the generation meets. */
    private String withoutToken(Exception e) {
        Generation now = generation;
        String message = String.valueOf(e.getMessage());
        return now == null ? message : message.replace(now.token(), "…");
    }

    /** The generation to meet in: the next one, or the same once more if nobody of it is known to be gone. */
    private Optional<Generation> next(BooleanSupplier stop) {
        Generation before = generation;
        long number = before == null ? -1 : before.number();
        boolean again = before != null
                && before.rank().isPresent()
                && !incomplete
                && !membership().knowsAfter(number);
        if (again) {
            round += greeted ? 1 : 0; // the others wait in this one otherwise
            greeted = false;
            return Optional.ofNullable(before);
        }
        while (!stop.getAsBoolean()) {
            try {
                Optional<Generation> newer = membership().next(number, LOOK);
                if (newer.isPresent()) {
                    generation = newer.get();
                    round = 0;
                    greeted = false;
                    incomplete = false;
                    return newer;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return Optional.empty();
            }
        }
        return Optional.empty();
    }

    /** Meets the members of {@code now} in this round; false if told to stop. */
    private boolean join(Generation now, Hello mine, BooleanSupplier stop) {
        int rank = now.rank().orElseThrow();
        if (seek(now)) {
            throw new WorkersChangedException("a worker of the generation is gone");
        }
        Rendezvous meeting =
                Rendezvous.connect(now.members().getFirst().rendezvous(), now.token() + "/" + round, CONNECT);
        rendezvous = meeting;
        meeting.set("hello/" + rank, mine.json());
        greeted = true;
        List<Hello> heard = new ArrayList<>();
        for (int other = 0; other < now.size(); other++) {
            Optional<String> hello = other == rank ? Optional.of(mine.json()) : await("hello/" + other, stop);
            if (hello.isEmpty()) {
                return false;
            }
            heard.add(Hello.of(hello.get()));
        }
        hellos = List.copyOf(heard);
        leader = IntStream.range(0, heard.size())
                .boxed()
                .max(Comparator.<Integer, Hello>comparing(heard::get, Hello.ORDER)
                        .thenComparing(Comparator.reverseOrder()))
                .orElseThrow();
        ProcessGroup joined = ProcessGroup.join(
                meeting, now.members().get(rank).rendezvous().getAddress(), rank, now.size(), JOIN, STEP);
        synchronized (lock) {
            group = joined;
        }
        Thread.ofVirtual().start(() -> abortWhenStopped(joined, stop));
        if (membership().knowsAfter(now.number())) {
            throw new WorkersChangedException("a later generation came while the workers joined");
        }
        changed = false;
        audits = false;
        inVainSince = 0;
        Set<String> before = company;
        company = now.members().stream().map(Member::id).collect(Collectors.toUnmodifiableSet());
        reached.addAll(company);
        if (!before.isEmpty()) {
            come += company.stream().filter(id -> !before.contains(id)).count();
            gone += before.stream().filter(id -> !company.contains(id)).count();
        }
        meetings++;
        LOG.atInfo()
                .addKeyValue("generation", now.number())
                .addKeyValue("round", round)
                .addKeyValue("rank", rank)
                .addKeyValue("size", now.size())
                .addKeyValue("leader", leader)
                .log("The workers have come together");
        return true;
    }

    /**
     * What somebody puts at the rendezvous; empty if told to stop.
     *
     * @throws WorkersChangedException if there is a later generation by now
     */
    private Optional<String> await(String key, BooleanSupplier stop) {
        Rendezvous meeting = Objects.requireNonNull(rendezvous);
        long began = System.nanoTime();
        long looked = began;
        while (!stop.getAsBoolean()) {
            Optional<String> value = meeting.find(key);
            if (value.isPresent()) {
                return value;
            }
            boolean due = System.nanoTime() - looked > LOOK.toNanos();
            if (membership().knowsAfter(now().number())
                    || due && (seek(now()) || meeting.find(OVER).isPresent())) {
                throw new WorkersChangedException("a worker has come or gone while " + key + " was waited for");
            }
            looked = due ? System.nanoTime() : looked;
            LockSupport.parkNanos((System.nanoTime() - began < SOON.toNanos() ? AGAIN : LOOK).toNanos());
        }
        return Optional.empty();
    }

    @Override
    public void lead(Handover state, Content content) throws IOException {
        if (now().size() == 1) {
            return;
        }
        boolean wanted = hellos.stream().anyMatch(hello -> hello.standing().compareTo(state.standing()) < 0);
        try {
            transfer.send(Objects.requireNonNull(rendezvous), group(), leader, state, wanted, content);
        } catch (CollectiveException e) {
            throw failed(e);
        }
    }

    @Override
    public Optional<Handover> follow(Standing mine, Path folder, BooleanSupplier stop) throws IOException {
        try {
            Optional<String> told = await(StateTransfer.KEY, stop);
            return told.isEmpty()
                    ? Optional.empty()
                    : Optional.of(transfer.receive(told.get(), group(), leader, mine, folder));
        } catch (CollectiveException e) {
            throw failed(e);
        }
    }

    @Override
    public String tell(String text) {
        if (now().size() == 1) {
            return text;
        }
        byte[] bytes = leads() ? text.getBytes(StandardCharsets.UTF_8) : new byte[0];
        try {
            int length = (int) group().sum(new double[] {bytes.length})[0];
            return new String(group().broadcast(leads() ? bytes : new byte[length], leader), StandardCharsets.UTF_8);
        } catch (CollectiveException e) {
            throw failed(e);
        }
    }

    @Override
    public void dismiss() {
        if (now().size() > 1) {
            try {
                group().barrier();
            } catch (CollectiveException e) {
                throw failed(e);
            }
        }
    }

    /** A collective has failed: says who is gone, so that a generation without them comes soon. */
    private WorkersChangedException failed(CollectiveException e) {
        seek(now());
        return new WorkersChangedException("a collective of the workers has failed: " + withoutToken(e));
    }

    /**
     * Whether somebody is gone; says so to the membership. A process that is gone refuses connections; one that only stands still does
     * not, and Kafka misses its signs of life.
     */
    private boolean seek(Generation now) {
        for (int other = 0; other < now.size(); other++) {
            if (other != now.rank().orElse(-1) && !membership().knowsAfter(now.number())) {
                Member member = now.members().get(other);
                try (Socket socket = new Socket()) {
                    socket.connect(member.rendezvous(), (int) LOOK.toMillis());
                } catch (ConnectException e) {
                    // Who was never reached may be out of this process's reach only: the others are not told that it is
                    // gone.
                    if (reached.contains(member.id())) {
                        LOG.atInfo().addKeyValue("worker", member.id()).log("A worker's process is gone");
                        incomplete = true;
                        membership().lost(member);
                    }
                } catch (IOException e) {
                    LOG.atDebug().setCause(e).log("Whether a worker is there cannot be told");
                }
            }
        }
        return incomplete;
    }

    /** A new generation is known; on the membership's thread. */
    private void announced(Generation newer) {
        ProcessGroup present;
        Set<String> gone = new HashSet<>();
        synchronized (lock) {
            present = group;
            Generation now = generation;
            if (now == null || newer.number() <= now.number()) {
                return;
            }
            if (present == null) {
                return; // who meets looks by itself
            }
            now.members().forEach(member -> gone.add(member.id()));
        }
        newer.members().forEach(member -> gone.remove(member.id()));
        if (!gone.isEmpty()) {
            abort(present);
        } else if (!ending && lastStepSeconds > 0) { // nobody is missing, and who has just come knows no step's time
            Thread.ofVirtual().start(() -> {
                try {
                    Thread.sleep(GRACE.plusMillis((long) (3_000 * lastStepSeconds)));
                    if (!ending) {
                        abort(present);
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }
    }

    /** Who is asked to stop while it waits for another in a collective does not wait for long; what it computes counts. */
    private void abortWhenStopped(ProcessGroup present, BooleanSupplier stop) {
        try {
            long stopped = 0;
            while (true) {
                Thread.sleep(LOOK);
                synchronized (lock) {
                    if (group != present) {
                        return;
                    }
                }
                long now = System.nanoTime();
                stopped = stopped == 0 && stop.getAsBoolean() ? now : stopped;
                long waits = waitsSince;
                if (stopped != 0
                        && waits != 0
                        && now - Math.max(stopped, waits) > STOPPING.toNanos() + 3e9 * lastStepSeconds) {
                    abort(present);
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void abort(ProcessGroup present) {
        synchronized (lock) {
            if (group == present) {
                present.abort();
            }
        }
    }

    private Generation now() {
        return Objects.requireNonNull(generation);
    }

    private ProcessGroup group() {
        return Objects.requireNonNull(group);
    }

    /** Whoever still waits in a round that others try again must not wait for ever. */
    private void tellOver() {
        Rendezvous meeting = rendezvous;
        if (meeting != null && !incomplete && now().size() > 1 && !membership().knowsAfter(now().number())) {
            try {
                meeting.set(OVER, "yes");
            } catch (CollectiveException e) {
                LOG.atDebug().setCause(e).log("The rendezvous is over by itself");
            }
        }
    }

    private void leave() {
        tellOver();
        synchronized (lock) {
            if (group != null) {
                group.close();
                group = null;
            }
        }
        Rendezvous meeting = rendezvous;
        if (meeting != null) {
            meeting.close();
            rendezvous = null;
        }
        leader = -1;
        hellos = List.of();
    }

    @Override
    public void close() {
        try (gradients;
                server) {
            leave();
        } finally {
            if (membership != null) {
                membership.close();
            }
        }
    }
}
