package io.alignstream.local;

import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;

/** The names of the launcher's commands. */
public final class CommandNames {

    private CommandNames() {}

    public static Set<String> all() {
        return Arrays.stream(Alignstream.class.getAnnotation(Command.class).subcommands())
                .map(command -> command.getAnnotation(Command.class).name())
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
