package io.alignstream.local.lessons.run;

import io.alignstream.contracts.Document;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.local.input.DocumentSource;
import io.alignstream.local.input.LastPart;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.world.World;
import io.alignstream.local.world.WorldGenerator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Texts to learn from and others to be tested with.
 *
 * @param training one document an entry
 * @param validation documents of which none is learned from
 */
public record LessonText(List<String> training, List<String> validation) {

    /** Documents of the sample world, a tenth of which is held out. */
    private static final int DOCUMENTS = 20_000;

    private static final double HELD_OUT = 0.1;
    /** Fewer characters to learn from teach nothing. */
    private static final int FEWEST = 20_000;

    public LessonText {
        training = List.copyOf(training);
        validation = List.copyOf(validation);
    }

    /**
     * The sample world's documents, or a text file whose last tenth is held out.
     *
     * @throws LaunchException if the file is missing, or holds too little to learn from
     */
    public static LessonText of(Optional<Path> file, long seed) {
        List<String> training = new ArrayList<>();
        List<String> validation = new ArrayList<>();
        if (file.isEmpty()) {
            new WorldGenerator(World.load(), seed)
                    .documents(DOCUMENTS)
                    .map(Document::text)
                    .filter(text -> !text.isBlank())
                    .distinct()
                    .forEachOrdered(text -> (HeldOut.of(text, HELD_OUT) ? validation : training).add(text));
            return new LessonText(training, validation);
        }
        Path path = file.get();
        if (!Files.isRegularFile(path)) {
            throw new LaunchException("There is no text file " + path + "; give --text a file of running text.");
        }
        DocumentSource source = DocumentSource.of(List.of(path)).heldOut(new LastPart(HELD_OUT));
        source.validate();
        source.forEach(document ->
                ("validation".equals(document.labels().get("split")) ? validation : training).add(document.text()));
        int characters = training.stream().mapToInt(String::length).sum();
        if (characters < FEWEST) {
            throw new LaunchException(path + " holds " + characters + " characters to learn from, but a lesson needs "
                    + FEWEST + "; give --text a longer one.");
        }
        return new LessonText(training, validation);
    }
}
