package io.alignstream.local.command;

import io.alignstream.local.broker.Broker;
import io.alignstream.local.process.LogFile;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.ServiceInstance;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./alignstream logs SERVICE}. */
@Command(name = "logs", mixinStandardHelpOptions = true, description = "Show the end of one process's log.")
public final class LogsCommand implements Callable<Integer> {

    private static final Duration POLL = Duration.ofMillis(200);

    /** The names for completion and help; short forms such as {@code sft} work, too. */
    static final class Names extends ArrayList<String> {
        private static final long serialVersionUID = 1;

        Names() {
            super(LocalCluster.processNames());
        }
    }

    @Mixin
    SiteOptions options = new SiteOptions();

    @Parameters(
            paramLabel = "SERVICE",
            completionCandidates = Names.class,
            description = "One of ${COMPLETION-CANDIDATES}; the part before -service is enough. A further worker is"
                    + " pretrain-service-2, or pretrain-2, and so on.")
    String service = "";

    @Option(
            names = {"-n", "--lines"},
            paramLabel = "N",
            defaultValue = "40",
            description = "How many lines. Default: ${DEFAULT-VALUE}.")
    int lines;

    @Option(
            names = {"-f", "--follow"},
            description = "Keep printing what is added, until Ctrl-C.")
    boolean follow;

    @Override
    public Integer call() throws IOException {
        Site site = options.site();
        String name = Stream.concat(
                        Stream.of(Broker.NAME),
                        ServiceInstance.possible().stream().map(ServiceInstance::name))
                .filter(candidate -> candidate.equals(service)
                        || candidate.replace("-service", "").equals(service))
                .findFirst()
                .orElseThrow(() -> new LaunchException("There is no process " + service + "; choose one of "
                        + String.join(", ", LocalCluster.processNames()) + "."));
        Path log = site.log(name);
        if (!Files.isRegularFile(log)) {
            throw new LaunchException(name + " has no log in " + site.logs() + "; it was never started there.");
        }
        Console console = Console.standard();
        LogFile file = new LogFile(log);
        long end = file.size();
        file.tail(lines, 0).forEach(console::line);
        while (follow) {
            end = print(log, end, console);
            LockSupport.parkNanos(POLL.toNanos());
        }
        return 0;
    }

    private static long print(Path log, long from, Console console) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            long begin = file.length() < from ? 0 : from; // a shorter file is a new one
            byte[] bytes = new byte[(int) Math.min(file.length() - begin, 1 << 20)];
            file.seek(begin);
            file.readFully(bytes);
            if (bytes.length > 0) {
                console.text(new String(bytes, StandardCharsets.UTF_8));
            }
            return begin + bytes.length;
        }
    }
}
