package io.alignstream.languagemodel.exchange;

import io.alignstream.languagemodel.checkpoint.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads small GGUF files with fp32 tensors, as the format's description says. */
record GgufFile(Map<String, Object> pairs, Map<String, Tensor> tensors) {

    static GgufFile read(Path file) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        if (in.getInt() != 0x46554747 || in.getInt() != 3) {
            throw new IOException(file + " is no GGUF file of version 3");
        }
        long tensorCount = in.getLong();
        long pairCount = in.getLong();
        Map<String, Object> pairs = new LinkedHashMap<>();
        for (long i = 0; i < pairCount; i++) {
            pairs.put(string(in), value(in, in.getInt()));
        }
        Map<String, long[]> shapes = new LinkedHashMap<>();
        Map<String, Long> offsets = new LinkedHashMap<>();
        for (long i = 0; i < tensorCount; i++) {
            String name = string(in);
            long[] shape = new long[in.getInt()];
            for (int d = shape.length - 1; d >= 0; d--) {
                shape[d] = in.getLong();
            }
            if (in.getInt() != 0) {
                throw new IOException(name + " is not fp32");
            }
            shapes.put(name, shape);
            offsets.put(name, in.getLong());
        }
        int begin = (in.position() + 31) / 32 * 32;
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        shapes.forEach((name, shape) -> {
            float[] values = new float[(int) java.util.Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
            in.position((int) (begin + offsets.get(name)));
            in.asFloatBuffer().get(values);
            tensors.put(name, Tensor.of(values, shape));
        });
        return new GgufFile(pairs, tensors);
    }

    private static Object value(ByteBuffer in, int type) {
        return switch (type) {
            case 4, 5 -> in.getInt();
            case 6 -> in.getFloat();
            case 7 -> in.get() != 0;
            case 8 -> string(in);
            case 9 -> {
                int elements = in.getInt();
                List<Object> list = new ArrayList<>();
                for (long left = in.getLong(); left > 0; left--) {
                    list.add(value(in, elements));
                }
                yield list;
            }
            default -> throw new IllegalArgumentException("type " + type);
        };
    }

    private static String string(ByteBuffer in) {
        byte[] utf8 = new byte[(int) in.getLong()];
        in.get(utf8);
        return new String(utf8, StandardCharsets.UTF_8);
    }
}
