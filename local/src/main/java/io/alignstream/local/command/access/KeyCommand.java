package io.alignstream.local.command.access;

import io.alignstream.contracts.access.ApiKey;
import io.alignstream.contracts.access.KeyFile;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.local.command.SiteOptions;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.LaunchException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./alignstream key create|list|revoke}. */
@Command(
        name = "key",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = {
            "Make and revoke the API keys with which people and programs come in where no one is trusted unasked.",
            "",
            "The file keeps what is needed to know a key again, never the key. The services look at it with every request:"
                    + " what is revoked there opens nothing from then on. The roles:",
            "viewer     sees pages, states, charts and metrics",
            "annotator  ranks answers",
            "reviewer   sees who ranked what; a viewer, too",
            "operator   triggers, pauses, cancels, lets a held run go on, rolls back; a viewer, too",
            "client     uses the served model: chat, OpenAI API, feedback",
            "admin      may do everything"
        },
        commandListHeading = "%nCommands:%n")
public final class KeyCommand {

    private static final String ROW = "%-8s  %-20s  %-30s  %-20s  %s";

    /** Which file. */
    static final class Place {

        @Mixin
        SiteOptions options = new SiteOptions();

        @Option(
                names = "--file",
                paramLabel = "FILE",
                description =
                        "The file of keys, for alignstream.access.keys of a cluster's services. Default: that of the"
                                + " data folder, access/keys.json.")
        @Nullable
        Path file;

        Path path() {
            return file == null ? options.site().keys() : file;
        }
    }

    @Command(
            name = "create",
            mixinStandardHelpOptions = true,
            description = "Make a key and print it, this once: nothing keeps it.")
    int create(
            @Mixin Place place,
            @Option(
                            names = "--name",
                            required = true,
                            paramLabel = "NAME",
                            description = "Who gets it; what is done with it is published under key:NAME.")
                    String name,
            @Option(
                            names = "--role",
                            required = true,
                            split = ",",
                            paramLabel = "ROLES",
                            hideParamSyntax = true,
                            description =
                                    "What the key opens; several with commas between, or the option several times.")
                    List<String> roles)
            throws IOException {
        Console console = Console.standard();
        Path file = place.path();
        boolean first = !Files.exists(file);
        ApiKey.Fresh fresh = told(() -> ApiKey.create(name, roles, Instant.now()));
        change(file, keys -> keys.with(fresh.kept()));
        if (first) {
            console.line(file + " is new. Services that run already know it after ./alignstream down and up.");
        }
        console.line("key %s of %s (%s), shown this once:"
                .formatted(
                        fresh.kept().id(),
                        fresh.kept().name(),
                        String.join(", ", fresh.kept().roles())));
        console.line(fresh.text());
        return 0;
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Show every key that was made.")
    int list(@Mixin Place place) {
        Console console = Console.standard();
        KeyFile keys = read(place.path());
        if (keys.keys().isEmpty()) {
            console.line("there is no key in " + place.path());
            return 0;
        }
        console.line(ROW.formatted("id", "name", "roles", "made", "revoked").stripTrailing());
        keys.keys()
                .forEach(key -> console.line(ROW.formatted(
                                key.id(),
                                key.name(),
                                String.join(", ", key.roles()),
                                key.created(),
                                key.revoked() == null ? "" : key.revoked())
                        .stripTrailing()));
        return 0;
    }

    @Command(
            name = "revoke",
            mixinStandardHelpOptions = true,
            description = "Let a key, and the sessions that it began, open nothing from now on.")
    int revoke(
            @Mixin Place place,
            @Parameters(paramLabel = "ID", description = "As ./alignstream key list shows it.") String id)
            throws IOException {
        change(place.path(), keys -> keys.revoked(id, Instant.now()));
        Console.standard().line("key " + id + " opens nothing any more");
        return 0;
    }

    private static KeyFile read(Path file) {
        return Files.exists(file) ? told(() -> KeyFile.read(file)) : new KeyFile(List.of());
    }

    /** Two who change the file at once wait for each other: the later one would undo what the earlier one did. */
    private static void change(Path file, UnaryOperator<KeyFile> change) throws IOException {
        Path whole = file.toAbsolutePath();
        Files.createDirectories(whole.getParent());
        Path lock = whole.resolveSibling("." + whole.getFileName() + ".lock");
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.lock(); // until the channel is closed
            told(() -> change.apply(read(file))).write(file);
        }
    }

    /** What fails with a reason. */
    private interface Told<T> {
        T get();
    }

    private static <T> T told(Told<T> work) {
        try {
            return work.get();
        } catch (InvalidInputException e) {
            throw new LaunchException(Messages.english(e.reason()), e);
        }
    }
}
