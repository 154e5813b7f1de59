package io.alignstream.reward.desk;

import io.alignstream.contracts.judgement.Guideline;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/** What annotators follow: the guidelines of their topic, the last one is in force; thread-safe. */
public class Guidelines {

    /** Version of the guideline that the pages have as long as nobody has published one. */
    public static final String BUILT_IN = "ranking-page-1";

    private final SequencedMap<String, Guideline> guidelines = new LinkedHashMap<>();

    /** Takes in a guideline, which is in force from now on. */
    public synchronized void add(Guideline guideline) {
        guidelines.putLast(guideline.version(), guideline);
    }

    /** Withdraws a guideline: the one before is in force. */
    public synchronized void withdraw(String version) {
        guidelines.remove(version);
    }

    /** The guideline in force; empty as long as it is the built-in one. */
    public synchronized Optional<Guideline> current() {
        return Optional.ofNullable(guidelines.lastEntry()).map(Map.Entry::getValue);
    }

    /** The version in force. */
    public String version() {
        return current().map(Guideline::version).orElse(BUILT_IN);
    }

    /** Whether {@code version} is or was in force. */
    public synchronized boolean knows(String version) {
        return version.equals(BUILT_IN) || guidelines.containsKey(version);
    }
}
