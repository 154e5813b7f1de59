package io.alignstream.local.input;

import io.alignstream.local.input.file.InputException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What became of the lines, rows, records and files that were read: taken, passed over as no documents, or set aside as
 * faulty; for one thread.
 *
 * <p>One bad element stops nothing, but what is mostly bad is not what it was taken for: above a share reading ends.
 */
public final class InputReport {

    /** Share of elements, and of files, that may be set aside unless the user says otherwise. */
    public static final double MOST_SET_ASIDE = 0.1;

    /** What the command line tells its users about that share. */
    public static final String MOST_HELP =
            "Share of each file's lines, rows and elements, 0 to 1, that may be faulty and are"
                    + " then set aside; above it nothing is published. Default: ${DEFAULT-VALUE}";

    /** What to do where more is faulty. */
    static final String WAY_OUT = "correct the files, or allow more with --most-set-aside";

    /** Most faults that are shown. */
    static final int SHOWN = 10;

    private static final long JUDGED_FROM = 1_000; // of a few elements the first ones say nothing about the others

    /** What holds no document, though nothing is wrong with it; it is counted, so that nothing is lost unseen. */
    enum PassedOver {
        NO_TEXT("without text"),
        NO_PAGE("records of archives that are no pages of successful responses"),
        UNREAD_PACKING("pages packed in a way that is not read, such as Brotli"),
        LARGE_PAGE("pages of archives that have more than 32 MiB"),
        OTHER_KIND("files of other kinds");

        private final String words;

        PassedOver(String words) {
            this.words = words;
        }

        /** As people read it behind a number. */
        String words() {
            return words;
        }
    }

    private final double most;
    private final String wayOut;
    private final Map<PassedOver, Long> passedOver = new EnumMap<>(PassedOver.class);
    private final List<String> faults = new ArrayList<>();
    private final Kinds kinds = new Kinds();
    private final Kinds remarks = new Kinds();
    private long taken;
    private long setAside;
    private long files;
    private long unreadFiles;

    /** Counts by kind, each with the first one of it; beyond so many kinds the others are counted together. */
    private static final class Kinds {

        private static final int MOST = 20;

        private static final class Kind {
            private final String first;
            private long count;

            Kind(InputException first) {
                this.first = String.valueOf(first.getMessage());
            }
        }

        private final Map<String, Kind> byName = new LinkedHashMap<>();
        private long others;

        void add(InputException one) {
            if (byName.size() < MOST || byName.containsKey(one.kind())) {
                byName.computeIfAbsent(one.kind(), name -> new Kind(one)).count++;
            } else {
                others++;
            }
        }

        void clear() {
            byName.clear();
            others = 0;
        }

        /** The most frequent kind first. */
        List<String> lines() {
            List<String> lines = new ArrayList<>(byName.values().stream()
                    .sorted(Comparator.comparingLong((Kind kind) -> kind.count).reversed())
                    .map(kind -> "  %,d like %s".formatted(kind.count, kind.first))
                    .toList());
            if (others > 0) {
                lines.add("  %,d of other kinds".formatted(others));
            }
            return lines;
        }
    }

    /**
     * Of nothing so far.
     *
     * @param most the share that may be set aside, 0 to 1
     * @param wayOut what to do where it is more
     * @throws InputException if the share is none
     */
    InputReport(double most, String wayOut) {
        if (!(most >= 0 && most <= 1)) {
            throw new InputException("--most-set-aside is " + most + " but must lie between 0 and 1");
        }
        this.most = most;
        this.wayOut = wayOut;
    }

    /** Forgets what was read; what was passed over when files were looked for stays. */
    void clear() {
        passedOver.keySet().removeIf(kind -> kind != PassedOver.OTHER_KIND);
        faults.clear();
        kinds.clear();
        remarks.clear();
        taken = 0;
        setAside = 0;
        files = 0;
        unreadFiles = 0;
    }

    void take() {
        taken++;
    }

    /** Notes what counts for nothing of an element that is taken. */
    void remark(InputException remark) {
        remarks.add(remark);
    }

    void passOver(PassedOver kind, long count) {
        passedOver.merge(kind, count, Long::sum);
    }

    /**
     * Notes a faulty element.
     *
     * @throws InputException if there are too many
     */
    void setAside(InputException fault) {
        setAside++;
        show(fault);
        if (tooMuchAtOnce()) {
            requireMost();
        }
    }

    /** Notes a file. */
    void file() {
        files++;
    }

    /** Notes that the file noted last could not be read to its end. */
    void unreadFile(InputException fault) {
        unreadFiles++;
        show(fault);
    }

    private void show(InputException fault) {
        kinds.add(fault);
        if (faults.size() < SHOWN) {
            faults.add(String.valueOf(fault.getMessage()));
        }
    }

    /** Whether so much is faulty that there is no use in reading on. */
    boolean tooMuchAtOnce() {
        return taken + setAside >= JUDGED_FROM && setAside > limit(taken + setAside);
    }

    /** Whether more was set aside than may be. */
    private boolean tooMuch() {
        return setAside > limit(taken + setAside)
                || unreadFiles > limit(files)
                || unreadFiles > 0 && unreadFiles == files;
    }

    private double limit(long all) {
        return Math.max(all == 1 ? 0 : 1, most * all);
    }

    /**
     * Ends a reading.
     *
     * @throws InputException if too much was set aside
     */
    void requireMost() {
        if (!tooMuch()) {
            return;
        }
        if (setAside + unreadFiles == 1) {
            throw new InputException(faults.getFirst());
        }
        throw new InputException("%s, more than %s %%; %s. First:\n".formatted(setAsideWords(), percent(most), wayOut)
                + String.join("\n", faultLines()));
    }

    /** The first faults, and where there are more, how many there are of each kind. */
    private List<String> faultLines() {
        List<String> lines = new ArrayList<>();
        faults.forEach(fault -> lines.add("  " + fault));
        if (setAside + unreadFiles > faults.size()) {
            lines.add("all of them by kind:");
            lines.addAll(kinds.lines());
        }
        return lines;
    }

    private String setAsideWords() {
        List<String> parts = new ArrayList<>();
        if (setAside > 0) {
            parts.add("%,d of %,d elements set aside".formatted(setAside, taken + setAside));
        }
        if (unreadFiles > 0) {
            parts.add("%,d of %,d files not read to their end".formatted(unreadFiles, files));
        }
        return String.join(", ", parts);
    }

    private static String percent(double share) {
        return String.valueOf(Math.round(share * 1_000) / 10.0).replaceFirst("\\.0$", "");
    }

    /** What was not taken, for people, a line each; empty if everything was. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        passedOver.forEach((kind, count) -> lines.add("passed over: %,d %s".formatted(count, kind.words())));
        if (setAside + unreadFiles > 0) {
            lines.add(setAsideWords() + ":");
            lines.addAll(faultLines());
        }
        List<String> remarked = remarks.lines();
        if (!remarked.isEmpty()) {
            lines.add("taken, but not all that it says:");
            lines.addAll(remarked);
        }
        return lines;
    }
}
