package io.alignstream.stageruntime;

import io.alignstream.contracts.hash.Sha256;
import io.alignstream.languagemodel.torch.TorchRuntime;
import io.alignstream.training.Trainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What this process trains with: workers of another version would take other steps, and nothing else would tell. */
final class Code {

    private Code() {}

    /** The beginning of a hash of the archives of network, trainer and {@code job}; {@code classes} where they are in folders. */
    static String hash(Class<?> job) {
        Sha256 sha256 = new Sha256();
        Stream.of(TorchRuntime.class, Trainer.class, TrainingJob.class, job)
                .map(Code::archive)
                .distinct()
                .forEach(archive -> sha256.add(hash(archive)));
        return sha256.hex().substring(0, 12);
    }

    private static String hash(Path archive) {
        try {
            return Files.isRegularFile(archive) ? Sha256.hex(archive) : "classes";
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + archive, e);
        }
    }

    private static Path archive(Class<?> type) {
        try {
            return Path.of(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException("the archive of " + type + " has no path", e);
        }
    }
}
