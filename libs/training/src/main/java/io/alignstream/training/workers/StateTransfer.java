package io.alignstream.training.workers;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.languagemodel.collective.ProcessGroup;
import io.alignstream.languagemodel.collective.Rendezvous;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A leader's state on its way to those that are behind: the files of a checkpoint, from folder to folder, by broadcast to
 * all of the group in pieces. For one thread.
 */
final class StateTransfer {

    static final String KEY = "state";

    private static final int PIECE = 8 << 20;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** What stands at the rendezvous before the pieces come. */
    private record Announcement(Handover handover, List<Item> files, @Nullable String failure) {}

    private record Item(String name, long size) {}

    /** Tells the state, and sends its files where they are {@code wanted}. */
    void send(
            Rendezvous rendezvous,
            ProcessGroup group,
            int root,
            Handover state,
            boolean wanted,
            Workers.Content content)
            throws IOException {
        if (!wanted) {
            rendezvous.set(KEY, JSON.writeValueAsString(new Announcement(state, List.of(), null)));
            return;
        }
        TransferFolder transfer;
        try {
            transfer = written(content);
        } catch (IOException e) {
            // who waits for it cannot work; those that are as far as this one can
            rendezvous.set(KEY, JSON.writeValueAsString(new Announcement(state, List.of(), e.getMessage())));
            return;
        }
        try (transfer) {
            Path folder = transfer.path();
            List<Item> files = new ArrayList<>();
            for (Path file : list(folder)) {
                files.add(new Item(file.getFileName().toString(), Files.size(file)));
            }
            rendezvous.set(KEY, JSON.writeValueAsString(new Announcement(state, files, null)));
            for (Item item : files) {
                try (InputStream bytes = Files.newInputStream(folder.resolve(item.name))) {
                    for (long left = item.size; left > 0; left -= PIECE) {
                        group.broadcast(bytes.readNBytes((int) Math.min(left, PIECE)), root);
                    }
                }
            }
        }
    }

    /** Takes part in the sending of what was {@code told}, and keeps the files if {@code mine} is behind. */
    Handover receive(String told, ProcessGroup group, int root, Standing mine, Path folder) throws IOException {
        Announcement announcement = JSON.readValue(told, Announcement.class);
        boolean behind = mine.compareTo(announcement.handover.standing()) < 0;
        if (behind && announcement.failure != null) {
            throw new IOException("the leading worker could not write its state: " + announcement.failure);
        }
        for (Item item : announcement.files) {
            Path file = folder.resolve(item.name).normalize();
            if (!folder.equals(file.getParent())) {
                throw new IOException("a worker sends a file called " + item.name);
            }
            try (OutputStream out = behind ? Files.newOutputStream(file) : OutputStream.nullOutputStream()) {
                for (long left = item.size; left > 0; left -= PIECE) {
                    out.write(group.broadcast(new byte[(int) Math.min(left, PIECE)], root));
                }
            }
        }
        return announcement.handover;
    }

    private static TransferFolder written(Workers.Content content) throws IOException {
        TransferFolder transfer = TransferFolder.create();
        try {
            content.write(transfer.path());
            return transfer;
        } catch (IOException | RuntimeException e) {
            transfer.close();
            throw e;
        }
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }
}
