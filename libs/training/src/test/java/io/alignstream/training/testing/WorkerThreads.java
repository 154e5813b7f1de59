package io.alignstream.training.testing;

import io.alignstream.languagemodel.collective.RendezvousServer;
import io.alignstream.training.LedElsewhereException;
import io.alignstream.training.workers.Membership;
import io.alignstream.training.workers.WorkerGroup;
import io.alignstream.training.workers.Workers;
import io.alignstream.training.workers.WorkersChangedException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Workers of one run, each a thread of this process, over real process groups. */
public final class WorkerThreads {

    /** Share of the steps in which they compare what they compute. */
    private static final double AUDITS = 0.5;

    private WorkerThreads() {}

    /** What a worker does; it is over, too, when another one has the result. */
    @FunctionalInterface
    public interface Work {
        void of(int worker, WorkerGroup group) throws Exception;
    }

    /** The end of a worker, in the middle of whatever it does. */
    public static final class Death extends Error {
        private static final long serialVersionUID = 1L;
    }

    /** Lets so many work together, all of them known to each other before the first begins, until all are done or dead. */
    public static void work(int workers, int shards, Work work) throws Exception {
        try (LocalMemberships memberships = new LocalMemberships(shards);
                ExecutorService threads = Executors.newFixedThreadPool(workers)) {
            List<WorkerGroup> groups = new ArrayList<>();
            for (int worker = 0; worker < workers; worker++) {
                RendezvousServer server = RendezvousServer.open(InetAddress.getLoopbackAddress());
                Membership member = memberships.join(server.address());
                groups.add(new WorkerGroup(() -> member, server, shards, AUDITS));
            }
            List<Future<?>> working = new ArrayList<>();
            for (int worker = 0; worker < workers; worker++) {
                int number = worker;
                working.add(threads.submit(() -> {
                    try (WorkerGroup group = groups.get(number)) {
                        work.of(number, group);
                        dismiss(group);
                    } catch (LedElsewhereException e) {
                        // another one has the result
                    }
                    return number;
                }));
            }
            for (Future<?> worker : working) {
                try {
                    worker.get(2, TimeUnit.MINUTES);
                } catch (ExecutionException e) {
                    if (!(e.getCause() instanceof Death)) {
                        throw e;
                    }
                }
            }
        }
    }

    private static void dismiss(WorkerGroup group) {
        try {
            group.dismiss();
        } catch (WorkersChangedException e) {
            // all are done, or it would not have come here; who is gone has heard it
        }
    }

    /**
     * {@code workers}, one of whom dies when it is about to add something up.
     *
     * @param now whether it dies, asked with what is added: numbers, or parts of gradients and whose they are
     */
    public static Workers dying(Workers workers, Predicate<List<Object>> now) {
        return (Workers) Proxy.newProxyInstance(
                WorkerThreads.class.getClassLoader(), new Class<?>[] {Workers.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("sum") && now.test(List.of(Objects.requireNonNull(arguments)))) {
                        throw new Death();
                    }
                    try {
                        return method.invoke(workers, arguments);
                    } catch (InvocationTargetException e) {
                        throw Objects.requireNonNull(e.getCause());
                    }
                });
    }
}
