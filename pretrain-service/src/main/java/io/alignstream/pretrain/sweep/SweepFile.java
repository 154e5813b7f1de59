package io.alignstream.pretrain.sweep;

import io.alignstream.contracts.objective.PretrainingObjective;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * Which sets of settings a sweep tries: a run file in which values may be lists.
 *
 * <pre>
 * alignstream.pretrain.steps=400
 * alignstream.pretrain.learning-rate=0.001,0.003,0.01
 * alignstream.pretrain.width=64,128
 * sweep.keep=0.5
 * </pre>
 *
 * <p>Besides settings it may name {@code documents.validation-last}, as run files do; the launcher reads that.
 *
 * @param sets what they have in common and one value of each list, every combination once
 * @param varied names of the values that are lists
 * @param keep share of the sets that go on after each round
 */
record SweepFile(List<Map<String, String>> sets, List<String> varied, double keep) {

    static final int MAX_SETS = 64;
    private static final String OBJECTIVE = "alignstream.pretrain.objective";
    private static final String KEEP = "sweep.keep";
    private static final String SETTINGS = "alignstream.";
    private static final String VARIED = "alignstream.pretrain.";
    private static final String VALIDATION_LAST = "documents.validation-last";

    SweepFile {
        if (sets.size() < 2 || sets.size() > MAX_SETS) {
            throw new IllegalArgumentException("the sweep has " + sets.size() + " sets of settings but must have 2 to "
                    + MAX_SETS + "; give some values as lists: name=value,value");
        }
        if (!(keep > 0 && keep < 1)) {
            throw new IllegalArgumentException(KEEP + " is " + keep + " but must lie between 0 and 1");
        }
    }

    static SweepFile read(Path file) throws IOException {
        return of(new TreeMap<>(RunFile.read(file).values()));
    }

    static SweepFile of(SequencedMap<String, String> values) {
        SequencedMap<String, String> rest = new TreeMap<>(values);
        String share = rest.remove(KEEP);
        double keep;
        try {
            keep = share == null ? 0.5 : Double.parseDouble(share);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(KEEP + " is " + share + " but must be a number", e);
        }
        List<String> varied = new ArrayList<>();
        List<Map<String, String>> sets = new ArrayList<>(List.of(Map.of()));
        rest.forEach((name, text) -> {
            if (!name.startsWith(SETTINGS) && !name.equals(VALIDATION_LAST)) {
                throw new IllegalArgumentException(name + "=" + text + " is not for a sweep file; names begin with "
                        + SETTINGS + ", or are " + VALIDATION_LAST + " or " + KEEP);
            }
            if (name.equals(OBJECTIVE) && !text.strip().equals(PretrainingObjective.NEXT_TOKEN.id())) {
                throw new IllegalArgumentException(
                        OBJECTIVE + " is " + text + " but a sweep compares bits per byte, of which"
                                + " models that fill blanks have none; leave it out");
            }
            String[] choices = text.split(",", -1);
            if (choices.length > 1 && !name.startsWith(VARIED)) {
                throw new IllegalArgumentException(name + " is a list but only settings of " + VARIED + "… can vary");
            }
            if (choices.length > 1) {
                varied.add(name);
            }
            List<Map<String, String>> more = new ArrayList<>();
            for (Map<String, String> set : sets) {
                for (String choice : choices) {
                    if (more.size() > MAX_SETS) {
                        break; // the constructor says that these are too many
                    }
                    Map<String, String> extended = new TreeMap<>(set);
                    extended.put(name, choice.strip());
                    more.add(extended);
                }
            }
            sets.clear();
            sets.addAll(more);
        });
        return new SweepFile(List.copyOf(sets), List.copyOf(varied), keep);
    }

    /** What makes a set different, for people: {@code learning-rate=0.003 width=64}. */
    String title(Map<String, String> set) {
        StringBuilder title = new StringBuilder();
        for (String name : varied) {
            title.append(title.isEmpty() ? "" : " ")
                    .append(name.substring(name.lastIndexOf('.') + 1))
                    .append('=')
                    .append(set.get(name));
        }
        return title.toString();
    }
}
