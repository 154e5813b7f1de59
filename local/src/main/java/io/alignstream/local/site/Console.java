package io.alignstream.local.site;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Where the launcher talks to a person or a log; thread-safe, but for questions, which one thread may ask. */
public final class Console {

    private static final String CLEAR_TO_END = "\u001b[0J";

    private static final Set<String> YES = Set.of("y", "yes");

    private final PrintStream out;
    private final BufferedReader in;
    private final boolean terminal;
    private final boolean interactive;
    private int openLines;

    /** Writes to {@code out} and reads nothing. */
    public Console(PrintStream out, boolean terminal) {
        this(out, Reader.nullReader(), terminal, false);
    }

    /**
     * Writes to {@code out} and reads from {@code in}.
     *
     * @param terminal whether lines can be redrawn
     * @param interactive whether a person sits at both
     */
    public Console(PrintStream out, Reader in, boolean terminal, boolean interactive) {
        this.out = out;
        this.in = new BufferedReader(in);
        this.terminal = terminal;
        this.interactive = interactive;
    }

    /** Standard input and output; a terminal if this JVM was started from one and TERM can move the cursor. */
    public static Console standard() {
        String kind = System.getenv("TERM");
        java.io.Console console = System.console();
        boolean interactive = console != null && console.isTerminal();
        return new Console(
                new PrintStream(System.out, true, StandardCharsets.UTF_8),
                new InputStreamReader(System.in, StandardCharsets.UTF_8),
                interactive && kind != null && !kind.equals("dumb"),
                interactive);
    }

    /** Whether a person sits at input and output. */
    public boolean isInteractive() {
        return interactive;
    }

    /** The next line of the input after {@code prompt}; empty if it has ended. */
    public Optional<String> ask(String prompt) {
        text(prompt);
        try {
            return Optional.ofNullable(in.readLine());
        } catch (IOException e) {
            throw new UncheckedIOException("standard input cannot be read", e);
        }
    }

    /** Whether a person says yes to {@code question}; nobody is asked, and the answer is no, where no person sits. */
    public boolean confirms(String question) {
        return interactive
                && ask(question + " [y/N] ")
                        .map(answer -> YES.contains(answer.strip().toLowerCase(Locale.ROOT)))
                        .orElse(false);
    }

    /** Whether lines can be redrawn. */
    public boolean isTerminal() {
        return terminal;
    }

    /** Prints one line for good. */
    public synchronized void line(String text) {
        clear();
        out.println(text);
    }

    /** Prints text without a line end, for answers that arrive piece by piece. */
    public synchronized void text(String text) {
        clear();
        out.print(text);
        out.flush();
    }

    /** Shows {@code block}, which the next call of any method replaces; only for a terminal. */
    public synchronized void redraw(String block) {
        StringBuilder frame = new StringBuilder();
        if (openLines > 0) {
            frame.append("\u001b[").append(openLines).append("A\r");
        }
        frame.append(CLEAR_TO_END).append(block).append('\n');
        out.print(frame);
        out.flush();
        openLines = (int) block.lines().count();
    }

    /** Leaves what was drawn last as it stands. */
    public synchronized void keep() {
        openLines = 0;
    }

    private void clear() {
        if (openLines > 0) {
            out.print("\u001b[" + openLines + "A\r" + CLEAR_TO_END);
            openLines = 0;
        }
    }
}
