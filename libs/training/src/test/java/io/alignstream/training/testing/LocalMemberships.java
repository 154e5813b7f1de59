package io.alignstream.training.testing;

import io.alignstream.training.workers.Generation;
import io.alignstream.training.workers.Member;
import io.alignstream.training.workers.Membership;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/** The workers of a run that are threads of this process: each change makes a generation; thread-safe. */
public final class LocalMemberships implements AutoCloseable {

    private final int shards;
    private final ExecutorService listening = Executors.newSingleThreadExecutor();
    private final List<Place> places = new ArrayList<>();
    private long number;

    /** Of a run with so many shards. */
    public LocalMemberships(int shards) {
        this.shards = shards;
    }

    /** One more worker, behind those that are there. */
    public synchronized Membership join(InetSocketAddress rendezvous) {
        Place place = new Place(new Member(UUID.randomUUID().toString(), rendezvous, Map.of()));
        places.add(place);
        change();
        return place;
    }

    private synchronized void leave(Member member) {
        if (places.removeIf(place -> place.member.equals(member))) {
            change();
        }
    }

    private void change() {
        number++;
        String token = UUID.randomUUID().toString();
        List<Member> computing =
                places.stream().limit(shards).map(place -> place.member).toList();
        for (int i = 0; i < places.size(); i++) {
            places.get(i)
                    .told(new Generation(
                            number,
                            token,
                            computing,
                            places.size() - computing.size(),
                            i < computing.size() ? OptionalInt.of(i) : OptionalInt.empty()));
        }
    }

    @Override
    public void close() {
        listening.shutdown();
    }

    private final class Place implements Membership {

        private final Member member;
        private Optional<Generation> newest = Optional.empty();
        private Consumer<Generation> listener = generation -> {};

        Place(Member member) {
            this.member = member;
        }

        synchronized void told(Generation generation) {
            newest = Optional.of(generation);
            notifyAll();
            Consumer<Generation> told = listener;
            listening.execute(() -> told.accept(generation));
        }

        @Override
        public synchronized Optional<Generation> next(long after, Duration most) throws InterruptedException {
            if (!knowsAfter(after) && most.toMillis() > 0) {
                wait(most.toMillis());
            }
            return newest.filter(generation -> generation.number() > after);
        }

        @Override
        public synchronized boolean knowsAfter(long after) {
            return newest.filter(generation -> generation.number() > after).isPresent();
        }

        @Override
        public synchronized void onGeneration(Consumer<Generation> told) {
            listener = told;
        }

        @Override
        public void lost(Member gone) {
            leave(gone);
        }

        @Override
        public void close() {
            leave(member);
        }
    }
}
