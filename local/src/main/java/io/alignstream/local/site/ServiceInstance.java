package io.alignstream.local.site;

import io.alignstream.contracts.Stage;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One process of a service.
 *
 * @param number 1 is the one that the service's address leads to; further ones, up to {@value StageWorkers#MOST}, work
 *     beside it
 */
public record ServiceInstance(Stage stage, int number) {

    public ServiceInstance {
        if (number < 1 || number > most(stage)) {
            throw new IllegalArgumentException(
                    stage.service() + " has no process " + number + ", but 1 to " + most(stage));
        }
    }

    /** The one that the service's address leads to. */
    public static ServiceInstance first(Stage stage) {
        return new ServiceInstance(stage, 1);
    }

    /** All that a site can ever have, in the order of their start. */
    public static List<ServiceInstance> possible() {
        return Arrays.stream(Stage.values())
                .flatMap(stage -> possible(stage).stream())
                .toList();
    }

    /** All of one service that a site can ever have. */
    public static List<ServiceInstance> possible(Stage stage) {
        return IntStream.rangeClosed(1, most(stage))
                .mapToObj(number -> new ServiceInstance(stage, number))
                .toList();
    }

    private static int most(Stage stage) {
        return StageWorkers.STAGES.contains(stage) ? StageWorkers.MOST : 1;
    }

    public boolean isFirst() {
        return number == 1;
    }

    /** Names its process, its log and its record: {@code pretrain-service}, {@code pretrain-service-2}. */
    public String name() {
        return isFirst() ? stage.service() : stage.service() + "-" + number;
    }
}
