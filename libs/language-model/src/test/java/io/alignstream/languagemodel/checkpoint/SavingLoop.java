package io.alignstream.languagemodel.checkpoint;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/**
 * A process that saves checkpoints until it is killed, and says on its standard output how far it is.
 *
 * <p>Arguments: root of the store, its cache, seed of the contents.
 */
final class SavingLoop {

    static final String RUN = "killed";

    private SavingLoop() {}

    public static void main(String[] arguments) throws IOException {
        Random random = new Random(Long.parseLong(arguments[2]));
        try (CheckpointStore store = CheckpointStore.open(URI.create(arguments[0]), Path.of(arguments[1]))) {
            int step = store.newest(Stage.PRETRAIN, RUN)
                    .map(newest -> (int) newest.manifest().step())
                    .orElse(0);
            while (true) {
                step++;
                Reference saved = store.save(Manifest.draft(Stage.PRETRAIN, RUN, step), folder -> {
                    for (String name : new String[] {"a", "b", "c"}) {
                        byte[] bytes = new byte[random.nextInt(400_000)];
                        random.nextBytes(bytes);
                        Files.write(folder.resolve(name), bytes);
                        say("writing " + name);
                    }
                });
                say("saved " + saved.uri());
            }
        }
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
