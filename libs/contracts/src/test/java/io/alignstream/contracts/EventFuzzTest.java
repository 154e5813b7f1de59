package io.alignstream.contracts;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever bytes a record holds: it is poison, with a reason, or an event that can be written and read again.
 *
 * <p>In the build each topic's sample is tried. {@code JAZZER_FUZZ=1 ./mvnw -pl libs/contracts test
 * -Dtest=EventFuzzTest} goes on from these for ten minutes, and keeps what it finds as a file in {@code
 * src/test/resources}, which the build tries from then on.
 */
class EventFuzzTest {

    static Stream<Arguments> samples() {
        return IntStream.range(0, Topic.ALL.size())
                .mapToObj(index -> Arguments.of(index, sample(Topic.ALL.get(index))));
    }

    @MethodSource("samples")
    @FuzzTest(
            maxDuration = "10m") // the last one: Jazzer demands that, but only where it is to make up bytes of its own
    void bytesAreAnEventOrPoison(int topic, byte[] value) {
        if (value != null) {
            check(Topic.ALL.get(Math.floorMod(topic, Topic.ALL.size())), value);
        }
    }

    private static <T> void check(Topic<T> topic, byte[] value) {
        T event;
        try {
            event = topic.decode(Samples.consumed(topic, value));
        } catch (PoisonEventException e) {
            assertThat(e.reason().code()).isNotBlank();
            return;
        }
        T again;
        try {
            again = topic.decode(
                    Samples.consumed(topic, topic.record(event, "a-test").value()));
        } catch (PoisonEventException e) {
            throw new AssertionError("what was read cannot be read again: " + Arrays.toString(value), e);
        }
        assertThat(again).usingRecursiveComparison().isEqualTo(event);
    }

    private static byte[] sample(Topic<?> topic) {
        return Samples.encode(topic, Samples.event(topic)).value();
    }
}
