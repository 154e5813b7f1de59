package io.alignstream.stageruntime.tracking;

import io.alignstream.contracts.Stage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;

/** Writes the figures of runs for TensorBoard, each run in {@code FOLDER/STAGE/RUN}; for one thread. */
final class TensorBoardTracker implements Tracker {

    private static final Logger LOG = Logger.getLogger(TensorBoardTracker.class);

    private final Path folder;
    /** Of the runs that go on, by their folders. */
    private final Map<Path, EventFile> open = new HashMap<>();

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
        EventFile file = open.get(place);
        if (file == null) {
            file = new EventFile(place, step.at());
            open.put(place, file);
        }
        file.scalars(step.progress().step(), step.figures(), step.at());
    }

    private void forget(Path place) {
        EventFile done = open.remove(place);
        if (done != null) {
            close(done);
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
        open.values().forEach(TensorBoardTracker::close);
        open.clear();
    }
}
