package io.alignstream.local.monitoring;

import io.alignstream.local.project.Project;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files that are written from code: all of them anew with {@code -Dmonitoring.write=true}. */
final class Written {

    static final String HOW = "./mvnw -pl local -am test -Dtest='MetricsTest,BoardsTest'"
            + " -Dsurefire.failIfNoSpecifiedTests=false -Dmonitoring.write=true writes it anew";

    private Written() {}

    /** What stands at {@code path}, after it was written as {@code expected} where that was asked for. */
    static String at(String path, String expected) throws IOException {
        Path file = Project.ROOT.resolve(path);
        if (Boolean.getBoolean("monitoring.write")) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, expected);
        }
        return Files.exists(file) ? Project.text(path) : "";
    }
}
