package io.alignstream.stageruntime.testing;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.RandomGenerator;
import net.jqwik.api.Tuple;
import net.jqwik.api.sessions.JqwikSession;

/** Request bodies as nobody should send them: JSON of the right names with values of any kind, cut, doubled or no JSON at all. */
final class FuzzedBodies {

    private static final ObjectMapper JSON = JsonMapper.builder().build();
    private static final int DEEPEST = 3;
    private static final int LARGEST = 4;
    /** What jqwik wants to know to choose edge cases. */
    private static final int SIZE = 1_000;

    /** Fields that are read from the bytes by hand, and values that mean something somewhere. */
    private static final List<String> WORDS = List.of(
            "messages",
            "role",
            "content",
            "user",
            "assistant",
            "system",
            "model",
            "alignstream",
            "stream",
            "stop",
            "seed",
            "temperature",
            "max_tokens",
            "response_id",
            "rating",
            "correction",
            "reason",
            "by",
            "verdict",
            "approved",
            "rolled-back",
            "text",
            "type",
            "up",
            "null",
            "-1",
            "",
            " ",
            "\u0000",
            "\ud800",
            "ﷺ",
            "../../etc/passwd",
            "<script>");

    private FuzzedBodies() {}

    /** Hands {@code count} bodies for {@code method} to {@code sender}; the same ones for the same seed. */
    static void send(Method method, long seed, int count, Consumer<String> sender) {
        Set<String> names = new TreeSet<>(WORDS);
        for (Type parameter : method.getGenericParameterTypes()) {
            addNames(parameter, names, new HashSet<>());
        }
        JqwikSession.run(() -> {
            RandomGenerator<String> bodies = bodies(List.copyOf(names)).generator(SIZE);
            Random random = new Random(seed);
            for (int i = 0; i < count; i++) {
                sender.accept(bodies.next(random).value());
            }
        });
    }

    private static void addNames(Type type, Set<String> names, Set<Type> seen) {
        if (!seen.add(type)) {
            return;
        }
        if (type instanceof ParameterizedType parameterized) {
            Arrays.stream(parameterized.getActualTypeArguments()).forEach(argument -> addNames(argument, names, seen));
        } else if (type instanceof Class<?> record && record.isRecord()) {
            for (RecordComponent component : record.getRecordComponents()) {
                names.add(component.getName());
                addNames(component.getGenericType(), names, seen);
            }
        }
    }

    private static Arbitrary<String> bodies(List<String> names) {
        Arbitrary<String> json = values(names, DEEPEST).map(FuzzedBodies::write);
        return Arbitraries.frequencyOf(
                Tuple.of(12, object(names, DEEPEST).map(FuzzedBodies::write)),
                Tuple.of(3, json),
                Tuple.of(2, json.flatMap(text -> Arbitraries.integers()
                        .between(0, text.length())
                        .map(end -> text.substring(0, end)))),
                Tuple.of(1, json.map(text -> text + text)),
                Tuple.of(1, Arbitraries.strings().all().ofMaxLength(200)),
                Tuple.of(
                        1,
                        Arbitraries.of(
                                "[".repeat(100_000),
                                "{\"a\":".repeat(10_000),
                                "1e999999999",
                                "9".repeat(5_000),
                                "\"" + "x".repeat(300_000) + "\"",
                                "{\"reason\":1,\"reason\":2}",
                                "\ufeff{}",
                                "NaN",
                                "// {}")));
    }

    private static Arbitrary<Object> object(List<String> names, int depth) {
        return Arbitraries.maps(Arbitraries.of(names), values(names, depth - 1))
                .ofMaxSize(LARGEST)
                .map(map -> map);
    }

    private static Arbitrary<Object> values(List<String> names, int depth) {
        List<Arbitrary<?>> kinds = new ArrayList<>(List.of(
                Arbitraries.of(names),
                Arbitraries.strings().all().ofMaxLength(20),
                Arbitraries.integers(),
                Arbitraries.longs(),
                Arbitraries.bigDecimals(),
                Arbitraries.of(true, false),
                Arbitraries.just(0).injectNull(1)));
        if (depth > 0) {
            kinds.add(object(names, depth));
            kinds.add(values(names, depth - 1).list().ofMaxSize(LARGEST));
        }
        return Arbitraries.of(kinds).flatMap(kind -> kind.map(value -> (Object) value));
    }

    private static String write(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
