package io.alignstream.local;

import io.alignstream.local.chaos.ChaosCommand;
import io.alignstream.local.command.BenchCommand;
import io.alignstream.local.command.ChatCommand;
import io.alignstream.local.command.DemoCommand;
import io.alignstream.local.command.DownCommand;
import io.alignstream.local.command.ImportCommand;
import io.alignstream.local.command.LoadCommand;
import io.alignstream.local.command.LogsCommand;
import io.alignstream.local.command.SettingsCommand;
import io.alignstream.local.command.StatusCommand;
import io.alignstream.local.command.SweepCommand;
import io.alignstream.local.command.TrainCommand;
import io.alignstream.local.command.UpCommand;
import io.alignstream.local.command.WeightsCommand;
import io.alignstream.local.command.access.KeyCommand;
import io.alignstream.local.command.distil.DistilCommand;
import io.alignstream.local.command.exchange.InstructionsCommand;
import io.alignstream.local.command.exchange.RankingsCommand;
import io.alignstream.local.command.lessons.LessonsCommand;
import io.alignstream.local.command.letters.ReplayCommand;
import io.alignstream.local.command.release.CardCommand;
import io.alignstream.local.command.release.EvaluateCommand;
import io.alignstream.local.command.release.ExportCommand;
import io.alignstream.local.command.release.ReleaseCommand;
import io.alignstream.local.command.store.GcCommand;
import io.alignstream.local.command.store.RestoreCommand;
import io.alignstream.local.command.workers.ScaleCommand;
import io.alignstream.local.input.file.InputException;
import io.alignstream.local.site.LaunchException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParseResult;

/** The command line of {@code ./alignstream}. */
@Command(
        name = "alignstream",
        mixinStandardHelpOptions = true,
        versionProvider = Alignstream.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        description = {
            "Raw text and human judgement in, an aligned language model out, continuously.",
            "",
            "Runs the whole pipeline on this machine: an Apache Kafka broker and six services, each a process of its"
                    + " own."
        },
        commandListHeading = "%nCommands:%n",
        footer = {"", "Start with:  ./alignstream demo", "Help on one command:  ./alignstream COMMAND --help"},
        subcommands = {
            DemoCommand.class,
            TrainCommand.class,
            ImportCommand.class,
            LoadCommand.class,
            UpCommand.class,
            DownCommand.class,
            ScaleCommand.class,
            StatusCommand.class,
            LogsCommand.class,
            SettingsCommand.class,
            KeyCommand.class,
            ChatCommand.class,
            InstructionsCommand.class,
            RankingsCommand.class,
            ReleaseCommand.class,
            CardCommand.class,
            EvaluateCommand.class,
            ReplayCommand.class,
            SweepCommand.class,
            DistilCommand.class,
            ExportCommand.class,
            GcCommand.class,
            RestoreCommand.class,
            BenchCommand.class,
            LessonsCommand.class,
            ChaosCommand.class,
            WeightsCommand.class
        })
public final class Alignstream {

    private Alignstream() {}

    /** Runs one command and exits: 0 success, 1 failure, 2 wrong usage, 3 not everything runs (status). */
    public static void main(String[] arguments) {
        System.exit(execute(arguments));
    }

    /** Runs one command and returns its exit code. */
    public static int execute(String... arguments) {
        return commandLine().execute(arguments);
    }

    static CommandLine commandLine() {
        CommandLine commandLine = new CommandLine(new Alignstream())
                .setUsageHelpAutoWidth(true)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8))
                .setExecutionExceptionHandler(Alignstream::report);
        commandLine.getSubcommands().values().forEach(Alignstream::addHeadings);
        HelpText.install(commandLine);
        WrongValues.install(commandLine);
        commandLine.setExecutionStrategy(parsed -> withSubcommand(parsed, commandLine));
        return commandLine;
    }

    private static void addHeadings(CommandLine command) {
        command.getCommandSpec()
                .usageMessage()
                .parameterListHeading("%nArguments:%n")
                .optionListHeading("%nOptions:%n");
        command.getSubcommands().values().forEach(Alignstream::addHeadings);
    }

    private static int withSubcommand(ParseResult parsed, CommandLine commandLine) {
        if (!parsed.hasSubcommand() && !parsed.isUsageHelpRequested() && !parsed.isVersionHelpRequested()) {
            commandLine.usage(commandLine.getErr());
            return CommandLine.ExitCode.USAGE;
        }
        return new CommandLine.RunLast().execute(parsed);
    }

    private static int report(Exception failure, CommandLine commandLine, ParseResult parsed) {
        PrintWriter err = commandLine.getErr();
        if (failure instanceof LaunchException || failure instanceof InputException) {
            err.println("alignstream: " + failure.getMessage());
        } else {
            err.println("alignstream: unexpected failure, please report it:");
            failure.printStackTrace(err);
        }
        return CommandLine.ExitCode.SOFTWARE;
    }

    /** Prints the version. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Alignstream.class.getPackage().getImplementationVersion();
            return new String[] {"alignstream " + (version == null ? "(development build)" : version)};
        }
    }
}
