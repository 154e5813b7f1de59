package io.alignstream.inference.generation;

import io.alignstream.inference.LoadedModel;
import io.alignstream.inference.generation.InferenceLoop.Request;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * Requests that wait for their turn, a bounded number. Clients take turns, and of each client the models that it asks; its requests
 * of one model keep their order. Thread-safe.
 *
 * <p>Who comes when there is no room takes the place of the last request of whoever has most of them waiting, if that is at least
 * two more than their own: nobody keeps others out by asking much.
 */
final class WaitingRequests {

    private final int most;
    /** The next one's turn comes first; those without requests are left out. */
    private final SequencedMap<Turn, Deque<Request>> byTurn = new LinkedHashMap<>();

    /** Of whom, and for what: a model without room holds up nobody who asks another. */
    private record Turn(String client, LoadedModel model) {

        static Turn of(Request request) {
            return new Turn(request.generation().client(), request.generation().model());
        }
    }

    private int size;
    private boolean closed;

    WaitingRequests(int most) {
        this.most = most;
    }

    /**
     * Takes a request.
     *
     * @param fits whether one more may come when so many wait; no more than the bounded number ever do
     * @return the one that finds no place: an older one, this one, or none
     */
    synchronized Optional<Request> add(Request request, IntPredicate fits) {
        if (closed) {
            return Optional.of(request);
        }
        Optional<Request> displaced = Optional.empty();
        if (!hasRoom(fits)) {
            Optional<String> greedier = greedier(request.generation().client());
            if (greedier.isEmpty()) {
                return Optional.of(request);
            }
            Deque<Request> longest = byTurn.entrySet().stream()
                    .filter(entry -> entry.getKey().client().equals(greedier.get()))
                    .map(Map.Entry::getValue)
                    .max(Comparator.comparingInt(Deque::size))
                    .orElseThrow();
            displaced = Optional.of(longest.removeLast());
            byTurn.values().removeIf(Deque::isEmpty);
            size--;
        }
        byTurn.computeIfAbsent(Turn.of(request), turn -> new ArrayDeque<>()).addLast(request);
        size++;
        notifyAll();
        return displaced;
    }

    /** Whether a request of {@code client} would find a place just now. */
    synchronized boolean wouldTake(String client, IntPredicate fits) {
        return !closed && (hasRoom(fits) || greedier(client).isPresent());
    }

    private boolean hasRoom(IntPredicate fits) {
        return size < most && fits.test(size);
    }

    /** Whoever has most of all waiting, if that is enough more than {@code client} has. */
    private Optional<String> greedier(String client) {
        return byTurn.keySet().stream()
                .map(Turn::client)
                .max(Comparator.comparingInt(this::waiting))
                .filter(greediest -> waiting(greediest) >= waiting(client) + 2);
    }

    /** Takes a request if no other one waits; false if it does not. */
    synchronized boolean addIfNoneWaits(Request request) {
        return size == 0 && add(request, waits -> true).isEmpty();
    }

    private int waiting(String client) {
        return byTurn.entrySet().stream()
                .filter(entry -> entry.getKey().client().equals(client))
                .mapToInt(entry -> entry.getValue().size())
                .sum();
    }

    /** The next request for none of the {@code full} models; its turn comes last then. */
    synchronized Optional<Request> next(Set<LoadedModel> full) {
        Optional<Turn> turn = byTurn.keySet().stream()
                .filter(one -> !full.contains(one.model()))
                .findFirst();
        return turn.map(one -> {
            Deque<Request> requests = byTurn.getOrDefault(one, new ArrayDeque<>());
            Request next = requests.removeFirst();
            byTurn.remove(one);
            if (!requests.isEmpty()) {
                byTurn.putLast(one, requests);
            }
            size--;
            return next;
        });
    }

    /** A request for which there is no room yet is the next one again; false if this is closed. */
    synchronized boolean putBack(Request request) {
        if (closed) {
            return false;
        }
        Turn turn = Turn.of(request);
        Deque<Request> own = byTurn.getOrDefault(turn, new ArrayDeque<>());
        own.addFirst(request);
        byTurn.putFirst(turn, own);
        size++;
        return true;
    }

    /** Ends those that nobody wants any more, or that have waited too long. */
    void dropInterrupted() {
        Deque<Request> dropped = new ArrayDeque<>();
        synchronized (this) {
            byTurn.values()
                    .forEach(requests -> requests.removeIf(request -> {
                        boolean interrupted =
                                request.generation().interruption().isPresent();
                        if (interrupted) {
                            dropped.add(request);
                        }
                        return interrupted;
                    }));
            byTurn.values().removeIf(Deque::isEmpty);
            size -= dropped.size();
        }
        dropped.forEach(request -> request.generation().interruption().ifPresent(request::over));
    }

    synchronized int size() {
        return size;
    }

    /** Waits for a request, if {@code idle}; false when this is closed. */
    synchronized boolean await(boolean idle) {
        while (idle && size == 0 && !closed) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return !closed;
    }

    /** Takes no more requests and gives back those that wait. */
    synchronized Deque<Request> close() {
        closed = true;
        Deque<Request> left = new ArrayDeque<>();
        byTurn.values().forEach(left::addAll);
        byTurn.clear();
        size = 0;
        notifyAll();
        return left;
    }
}
