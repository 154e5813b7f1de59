package io.alignstream.inference.generation;

import io.alignstream.inference.generation.InferenceLoop.Request;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.IntPredicate;

/**
 * Requests that wait for their turn, a bounded number; clients take turns, each one's requests keep their order. Thread-safe.
 *
 * <p>Who comes when there is no room takes the place of the last request of whoever has most of them waiting, if that is at least
 * two more than their own: nobody keeps others out by asking much.
 */
final class WaitingRequests {

    private final int most;
    /** The next one's turn comes first; clients without requests are left out. */
    private final SequencedMap<String, Deque<Request>> byClient = new LinkedHashMap<>();

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
    synchronized Optional<Request> add(String client, Request request, IntPredicate fits) {
        if (closed) {
            return Optional.of(request);
        }
        Optional<Request> displaced = Optional.empty();
        if (size == most || !fits.test(size)) {
            if (size == 0) {
                return Optional.of(request);
            }
            Map.Entry<String, Deque<Request>> greediest = byClient.entrySet().stream()
                    .max(Comparator.comparingInt(entry -> entry.getValue().size()))
                    .orElseThrow();
            int own = byClient.getOrDefault(client, new ArrayDeque<>()).size();
            if (greediest.getValue().size() < own + 2) {
                return Optional.of(request);
            }
            displaced = Optional.of(greediest.getValue().removeLast());
            size--;
        }
        byClient.computeIfAbsent(client, name -> new ArrayDeque<>()).addLast(request);
        size++;
        notifyAll();
        return displaced;
    }

    /** The next request; its client comes last then. */
    synchronized Optional<Request> next() {
        if (byClient.isEmpty()) {
            return Optional.empty();
        }
        Map.Entry<String, Deque<Request>> first = byClient.pollFirstEntry();
        Request next = first.getValue().removeFirst();
        if (!first.getValue().isEmpty()) {
            byClient.putLast(first.getKey(), first.getValue());
        }
        size--;
        return Optional.of(next);
    }

    /** A request for which there is no room yet is the next one again; false if this is closed. */
    synchronized boolean putBack(Request request) {
        if (closed) {
            return false;
        }
        String client = request.generation().client();
        Deque<Request> own = byClient.getOrDefault(client, new ArrayDeque<>());
        own.addFirst(request);
        byClient.putFirst(client, own);
        size++;
        return true;
    }

    /** Ends those that nobody wants any more, or that have waited too long. */
    void dropInterrupted() {
        Deque<Request> dropped = new ArrayDeque<>();
        synchronized (this) {
            byClient.values()
                    .forEach(requests -> requests.removeIf(request -> {
                        boolean interrupted =
                                request.generation().interruption().isPresent();
                        if (interrupted) {
                            dropped.add(request);
                        }
                        return interrupted;
                    }));
            byClient.values().removeIf(Deque::isEmpty);
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
        byClient.values().forEach(left::addAll);
        byClient.clear();
        size = 0;
        notifyAll();
        return left;
    }
}
