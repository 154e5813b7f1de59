package io.alignstream.local.site;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Keeps two launchers from working on one data folder, or from starting and stopping its processes at the same time; the
 * operating system gives it back if the launcher dies.
 */
public final class SiteLock implements AutoCloseable {

    private final FileChannel channel;

    private SiteLock(FileChannel channel) {
        this.channel = channel;
    }

    /** Takes the lock of {@code site}, whose folders exist, or fails naming the process that holds it. */
    public static SiteLock take(Site site) {
        Path file = site.run().resolve("launcher.lock");
        try {
            FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (tryLock(channel) == null) {
                channel.close();
                throw new LaunchException("Another ./alignstream (process "
                        + Files.readString(file).strip() + ") works on " + site.dataFolder()
                        + ". Wait for it, stop it, or choose another --data-dir.");
            }
            byte[] pid = Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.UTF_8);
            channel.truncate(0).write(ByteBuffer.wrap(pid));
            return new SiteLock(channel);
        } catch (IOException e) {
            throw new LaunchException("Cannot lock " + file + ": " + e.getMessage(), e);
        }
    }

    /**
     * Waits until no other launcher starts or stops processes of {@code site}, whose folders exist. Whoever follows a run holds
     * {@link #take the other lock} for hours, and this one only at the beginning and at the end. Threads of one launcher share it.
     */
    public static SiteLock awaitProcesses(Site site) {
        Path file = site.run().resolve("processes.lock");
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try {
                channel.lock();
            } catch (OverlappingFileLockException e) {
                return new SiteLock(channel); // another thread of this launcher has it, and is not to be waited for
            }
            return new SiteLock(channel);
        } catch (IOException e) {
            throw new LaunchException("Cannot lock " + file + ": " + e.getMessage(), e);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null; // held by this very process
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new LaunchException("Cannot give the lock back: " + e.getMessage(), e);
        }
    }
}
