package io.alignstream.local.broker;

import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import kafka.Kafka;
import org.apache.kafka.metadata.storage.Formatter;

/** The broker process: formats its data folder the first time, then is Kafka. */
public final class BrokerProgram {

    /** "AlignstreamLocal" in base 64; fixed: the folder, not the id, tells local clusters apart. */
    private static final String CLUSTER_ID = "QWxpZ25zdHJlYW1Mb2NhbA";

    private BrokerProgram() {}

    /** Takes one argument, the path of a Kafka server.properties. */
    public static void main(String[] arguments) throws Exception {
        Path settings = Path.of(arguments[0]);
        format(settings);
        Kafka.main(new String[] {settings.toString()});
    }

    private static void format(Path settings) throws Exception {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(settings)) {
            properties.load(reader);
        }
        String folder = properties.getProperty("log.dirs");
        Formatter formatter = new Formatter()
                .setNodeId(Integer.parseInt(properties.getProperty("node.id")))
                .setClusterId(CLUSTER_ID)
                .setControllerListenerName(properties.getProperty("controller.listener.names"))
                .setMetadataLogDirectory(folder)
                .addDirectory(folder)
                .setIgnoreFormatted(true)
                .setPrintStream(System.out);
        formatter.run();
    }
}
