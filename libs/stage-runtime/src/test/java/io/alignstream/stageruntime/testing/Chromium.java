package io.alignstream.stageruntime.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * A page in a real Chromium without a window, driven through the browser's DevTools protocol as a person would: with
 * pointer and keys. For one thread.
 */
public final class Chromium implements AutoCloseable {

    /** What has not moved for so long stands still; it is looked for so often. */
    private static final Duration STILL = Duration.ofMillis(60);

    private static final int LOOKS = 100;
    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome", "chrome");
    private static final String LISTENING = "DevTools listening on ";
    private static final String AXE = "/META-INF/resources/webjars/axe-core/4.6.3/axe.min.js";
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, Integer> KEY_CODES = Map.of(
            "Enter", 13, "ArrowLeft", 37, "ArrowUp", 38, "ArrowRight", 39, "ArrowDown", 40, "Tab", 9, "Escape", 27);

    private final Process process;
    private final Path profile;
    private final WebSocket socket;
    private final AtomicInteger calls = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    private final BlockingQueue<JsonNode> drags = new LinkedBlockingQueue<>();
    private final String session;

    private Chromium(Process process, Path profile, URI address) {
        this.process = process;
        this.profile = profile;
        this.socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(address, new Messages())
                .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .join();
        String target = call(null, "Target.createTarget", Map.of("url", "about:blank"))
                .path("targetId")
                .asText();
        this.session = call(null, "Target.attachToTarget", Map.of("targetId", target, "flatten", true))
                .path("sessionId")
                .asText();
        call("Page.enable", Map.of());
        call("Input.setInterceptDrags", Map.of("enabled", true));
    }

    /**
     * Starts the browser that is on the path.
     *
     * @throws AssertionError if there is none, or it does not start
     */
    public static Chromium start() throws IOException {
        Path program = Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no Chromium on the path (looked for " + NAMES
                        + "); install one, on Debian and Ubuntu with: apt-get install chromium"));
        Path profile = Files.createTempDirectory("chromium");
        Process process = new ProcessBuilder(
                        program.toString(),
                        "--headless=new",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--no-first-run",
                        "--lang=en",
                        "about:blank")
                .redirectErrorStream(true)
                .start();
        BufferedReader said = process.inputReader(StandardCharsets.UTF_8);
        StringBuilder all = new StringBuilder();
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            all.append(line).append('\n');
            if (line.startsWith(LISTENING)) {
                Thread.ofVirtual().start(() -> said.lines().forEach(ignored -> {}));
                return new Chromium(process, profile, URI.create(line.substring(LISTENING.length())));
            }
        }
        throw new AssertionError(program + " did not start:\n" + all);
    }

    /** The answers to calls, and what is dragged. */
    private final class Messages implements WebSocket.Listener {

        private final StringBuilder text = new StringBuilder();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                take(text.toString());
                text.setLength(0);
            }
            socket.request(1);
            return null;
        }

        private void take(String message) {
            try {
                JsonNode node = JSON.readTree(message);
                CompletableFuture<JsonNode> answer =
                        answers.remove(node.path("id").asInt(-1));
                if (answer != null) {
                    answer.complete(node);
                } else if (node.path("method").asText().equals("Input.dragIntercepted")) {
                    drags.add(node.path("params").path("data"));
                }
            } catch (IOException e) {
                throw new AssertionError("the browser sent no JSON: " + message, e);
            }
        }
    }

    private JsonNode call(String method, Map<String, ?> parameters) {
        return call(session, method, parameters);
    }

    private JsonNode call(@Nullable String in, String method, Map<String, ?> parameters) {
        int id = calls.incrementAndGet();
        ObjectNode message = JSON.createObjectNode().put("id", id).put("method", method);
        if (in != null) {
            message.put("sessionId", in);
        }
        message.set("params", JSON.valueToTree(parameters));
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.put(id, answer);
        socket.sendText(message.toString(), true).join();
        try {
            JsonNode node = answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            if (node.has("error")) {
                throw new AssertionError(method + ": " + node.path("error"));
            }
            return node.path("result");
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError(method + " has no answer", e);
        }
    }

    /** Opens a page and waits until it stands in place of the one before; what it fetches may still be coming. */
    public void open(String address) {
        value("window.isLeft = true");
        call("Page.navigate", Map.of("url", address));
        await("!window.isLeft && document.readyState === 'complete'");
    }

    /** The value of a JavaScript expression on the page, awaited if it is a promise. */
    public JsonNode value(String expression) {
        JsonNode result =
                call("Runtime.evaluate", Map.of("expression", expression, "awaitPromise", true, "returnByValue", true));
        if (result.has("exceptionDetails")) {
            throw new AssertionError(expression + ": " + result.path("exceptionDetails"));
        }
        return result.path("result").path("value");
    }

    /** What the browser would send to the page's host, those that scripts do not see, too, as a header has it. */
    public String cookies() {
        return StreamSupport.stream(
                        call("Network.getCookies", Map.of()).path("cookies").spliterator(), false)
                .map(cookie -> cookie.path("name").asText() + "="
                        + cookie.path("value").asText())
                .collect(Collectors.joining("; "));
    }

    /** Waits until an expression is true. */
    public void await(String expression) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!isTrue(expression)) {
            if (System.nanoTime() > end) {
                throw new AssertionError("still not true: " + expression + "; the page says: "
                        + value("document.body.innerText").asText());
            }
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                throw new AssertionError("interrupted", e);
            }
        }
    }

    /** While another page loads, nothing is true. */
    private boolean isTrue(String expression) {
        try {
            return value(expression).asBoolean();
        } catch (AssertionError e) {
            return false;
        }
    }

    /** Clicks the middle of the element that {@code selector} finds. */
    public void click(String selector) {
        double[] at = middle(selector);
        mouse("mousePressed", at, 1);
        mouse("mouseReleased", at, 1);
    }

    /** Drags one element onto another. */
    public void drag(String selector, String onto) throws InterruptedException {
        double[] from = middle(selector);
        double[] to = middle(onto);
        mouse("mousePressed", from, 1);
        mouse("mouseMoved", new double[] {from[0] + 5, from[1] + 5}, 1);
        mouse("mouseMoved", to, 1);
        JsonNode data = drags.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        if (data == null) {
            throw new AssertionError(selector + " cannot be dragged");
        }
        for (String type : List.of("dragEnter", "dragOver", "drop")) {
            call("Input.dispatchDragEvent", Map.of("type", type, "x", to[0], "y", to[1], "data", data));
        }
        mouse("mouseReleased", to, 1);
    }

    private void mouse(String type, double[] at, int buttons) {
        call(
                "Input.dispatchMouseEvent",
                Map.of("type", type, "x", at[0], "y", at[1], "button", "left", "buttons", buttons, "clickCount", 1));
    }

    /** Where it is once it stays there: pages still move while they get their data. */
    private double[] middle(String selector) {
        double[] before = place(selector);
        for (int look = 0; look < LOOKS; look++) {
            LockSupport.parkNanos(STILL.toNanos());
            double[] now = place(selector);
            if (Arrays.equals(before, now)) {
                return now;
            }
            before = now;
        }
        throw new AssertionError(selector + " does not stand still");
    }

    private double[] place(String selector) {
        JsonNode box = value("(() => { const e = document.querySelector(" + JSON.valueToTree(selector)
                + "); e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect();"
                + " return [r.left + Math.min(r.width / 2, 12), r.top + Math.min(r.height / 2, 12)]; })()");
        return new double[] {box.path(0).asDouble(), box.path(1).asDouble()};
    }

    /** Types a text where the focus is. */
    public void type(String text) {
        call("Input.insertText", Map.of("text", text));
    }

    /** Presses keys by their names, for example {@code 2} or {@code ArrowUp}. */
    public void press(String... keys) {
        Arrays.stream(keys).forEach(key -> {
            int code = KEY_CODES.getOrDefault(
                    key, (int) key.toUpperCase(Locale.ROOT).charAt(0));
            String text = key.equals("Enter") ? "\r" : key.length() == 1 ? key : "";
            call(
                    "Input.dispatchKeyEvent",
                    Map.of("type", "keyDown", "key", key, "text", text, "windowsVirtualKeyCode", code));
            call("Input.dispatchKeyEvent", Map.of("type", "keyUp", "key", key, "windowsVirtualKeyCode", code));
        });
    }

    /** Gives the page another size, in CSS pixels, and colours. */
    public void show(int width, int height, boolean dark) {
        call(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
        call(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
    }

    /**
     * What of the page hinders people who do not see, hear or point as others do, as axe-core finds it; only what is serious.
     *
     * @throws IllegalStateException if the test's class path lacks {@code org.webjars.npm:axe-core}
     */
    public List<String> hindrances() throws IOException {
        try (InputStream axe = Chromium.class.getResourceAsStream(AXE)) {
            if (axe == null) {
                throw new IllegalStateException(AXE + " is not on the class path");
            }
            value(new String(axe.readAllBytes(), StandardCharsets.UTF_8) + ";0");
        }
        JsonNode found = value(
                "axe.run().then(result => result.violations"
                        + ".filter(({ impact }) => impact === 'serious' || impact === 'critical')"
                        + ".map(({ id, nodes }) => id + ': ' + nodes.map(node => node.html + ' ' + node.failureSummary).join('; ')))");
        List<String> hindrances = new ArrayList<>();
        found.forEach(hindrance -> hindrances.add(hindrance.asText()));
        return hindrances;
    }

    /** A picture of what is to be seen, as PNG. */
    public byte[] picture() {
        return Base64.getDecoder()
                .decode(call("Page.captureScreenshot", Map.of()).path("data").asText());
    }

    /** Ends the browser with all of its processes, which write into the profile to their last moment, and then the profile. */
    @Override
    public void close() throws IOException {
        List<ProcessHandle> all = Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .toList();
        all.forEach(ProcessHandle::destroyForcibly);
        CompletableFuture.allOf(all.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new))
                .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .join();
        Files.walkFileTree(profile, new Deleting());
    }

    /** Deletes a tree, whatever else is deleted in it meanwhile. */
    private static final class Deleting extends SimpleFileVisitor<Path> {

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException gone) {
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException incomplete) throws IOException {
            try {
                Files.deleteIfExists(folder);
            } catch (DirectoryNotEmptyException e) {
                // the crash reporter, which is no child of the browser, may outlive it by a moment: what it writes
                // stays
                return FileVisitResult.CONTINUE;
            }
            return FileVisitResult.CONTINUE;
        }
    }
}
