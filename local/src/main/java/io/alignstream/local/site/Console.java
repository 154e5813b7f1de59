package io.alignstream.local.site;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Where the launcher talks to a person or a log; thread-safe. */
public final class Console {

    private static final String CLEAR_TO_END = "\u001b[0J";

    private final PrintStream out;
    private final boolean terminal;
    private int openLines;

    public Console(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /** Standard output; it counts as a terminal if this JVM was started from one and TERM can move the cursor. */
    public static Console standard() {
        String kind = System.getenv("TERM");
        java.io.Console console = System.console();
        boolean terminal = console != null && console.isTerminal() && kind != null && !kind.equals("dumb");
        return new Console(new PrintStream(System.out, true, StandardCharsets.UTF_8), terminal);
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
