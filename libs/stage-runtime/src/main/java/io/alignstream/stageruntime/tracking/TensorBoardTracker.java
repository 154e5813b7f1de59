package io.alignstream.stageruntime.tracking;

import io.alignstream.contracts.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/** Writes the figures of runs for TensorBoard, each run in {@code FOLDER/STAGE/RUN}; for one thread. */
final class TensorBoardTracker implements Tracker {

    private static final Logger LOG = Logger.getLogger(TensorBoardTracker.class);

    private final Path folder;
    /** In whose steps a run goes back, as after a resumption; other phases count steps of their own. */
    private static final String TRAINING = "train";

    /** Of the runs that go on, by their folders. */
    private final Map<Path, Open> open = new HashMap<>();

    /**
     * A run's file.
     *
     * @param last step of training that is written, in this file or an earlier one
     */
    private record Open(EventFile file, long last) {}

    TensorBoardTracker(Path folder) {
        this.folder = folder;
    }

    @Override
    public String name() {
        return "tensorboard";
    }

    /** What was written before a failure is written again: TensorBoard shows what a step said last. */
    @Override
    public void tell(List<Told> news) throws IOException {
        for (Told one : news) {
            switch (one) {
                case Told.Step step -> write(step);
                case Told.Ended ended -> forget(folder(ended.stage(), ended.run()));
                case Told.Begun begun -> {} // a run that measures nothing has no file
                case Told.Model model -> {}
                case Told.Verdict verdict -> {}
            }
        }
    }

    private Path folder(Stage stage, String run) {
        return folder.resolve(stage.id()).resolve(run.replaceAll("[^A-Za-z0-9._-]", "_"));
    }

    private void write(Told.Step step) throws IOException {
        if (step.figures().isEmpty()) {
            return;
        }
        Path place = folder(step.progress().stage(), step.progress().run());
        Open run = open.get(place);
        if (run == null) {
            boolean again = isBegun(place);
            run = new Open(new EventFile(place, step.at()), again ? Long.MAX_VALUE : -1);
            open.put(place, run);
        }
        long number = step.progress().step();
        if (step.progress().job().equals(TRAINING)) {
            if (number < run.last()) {
                run.file().restart(number, step.at());
            }
            open.put(place, new Open(run.file(), number));
        }
        run.file().scalars(number, step.figures(), step.at());
    }

    private static boolean isBegun(Path place) throws IOException {
        if (!Files.isDirectory(place)) {
            return false;
        }
        try (Stream<Path> files = Files.list(place)) {
            return files.findAny().isPresent();
        }
    }

    private void forget(Path place) {
        Open done = open.remove(place);
        if (done != null) {
            close(done.file());
        }
    }

    private static void close(EventFile file) {
        try {
            file.close();
        } catch (IOException e) {
            LOG.warnf("A file of TensorBoard's events was not closed: %s", e);
        }
    }

    @Override
    public void close() {
        open.values().forEach(run -> close(run.file()));
        open.clear();
    }
}
