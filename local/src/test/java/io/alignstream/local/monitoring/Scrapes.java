package io.alignstream.local.monitoring;

import io.alignstream.contracts.Stage;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Asks the services of a site for their metrics, again and again, as Prometheus does; thread-safe. */
public final class Scrapes implements AutoCloseable {

    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Pattern SERIES = Pattern.compile("^([a-zA-Z_:][\\w:]*)(?:\\{(.*)})? \\S+$");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"(?:[^\"\\\\]|\\\\.)*\",?");

    private final Site site;
    private final Map<Stage, SortedMap<String, Set<String>>> seen = new ConcurrentHashMap<>();
    private final Thread thread = Thread.ofVirtual().name("scrapes").unstarted(this::follow);

    /** Begins to ask the services of {@code site}; one that does not answer is asked again. */
    public Scrapes(Site site) {
        this.site = site;
        thread.start();
    }

    /** By stage the names of the series that were seen, each with its sets of labels. */
    public Map<Stage, SortedMap<String, Set<String>>> seen() {
        return seen;
    }

    private void follow() {
        try (HttpClient http = HttpClient.newHttpClient()) {
            while (true) {
                for (Stage stage : Stage.values()) {
                    look(http, stage);
                }
                Thread.sleep(PAUSE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        }
    }

    private void look(HttpClient http, Stage stage) throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(site.address(stage).resolve("/q/metrics"))
                .timeout(PATIENCE)
                .build();
        try {
            HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() == 200) {
                answer.body().lines().forEach(line -> take(stage, line));
            }
        } catch (IOException e) {
            // it does not run just now
        }
    }

    private void take(Stage stage, String line) {
        Matcher series = SERIES.matcher(line);
        if (series.matches()) {
            seen.computeIfAbsent(stage, one -> new ConcurrentSkipListMap<>())
                    .computeIfAbsent(series.group(1), name -> new ConcurrentSkipListSet<>())
                    .add(labels(series.group(2)));
        }
    }

    /** Names, sorted. */
    private static String labels(String text) {
        TreeSet<String> names = new TreeSet<>();
        if (text != null) {
            LABEL.matcher(text).results().forEach(label -> names.add(label.group(1)));
        }
        return String.join(",", names);
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
