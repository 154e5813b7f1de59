package io.alignstream.languagemodel.collective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/**
 * One process of a group: reads a command a line and answers each with a line, {@code ok …} or {@code failed …}; what
 * it only begins answers a second time when it ends.
 */
final class MemberProcess {

    private Rendezvous rendezvous;
    private ProcessGroup group;

    private MemberProcess() {}

    public static void main(String[] arguments) throws Exception {
        MemberProcess member = new MemberProcess();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            say(member, line.split(" "));
        }
    }

    private static void say(MemberProcess member, String[] words) {
        String answer;
        try {
            answer = "ok " + member.run(words);
        } catch (Exception e) {
            answer = "failed " + e.getClass().getSimpleName() + ": " + e.getMessage();
        }
        synchronized (System.out) {
            System.out.println(answer.replaceAll("\\s+", " "));
            System.out.flush();
        }
    }

    private Object run(String[] words) throws Exception {
        return switch (words[0]) {
            case "library" -> CollectiveLibrary.isThere();
            case "meet" -> meet(words);
            case "part" -> {
                rendezvous.close();
                yield "";
            }
            case "join" -> join(words);
            case "tree-sum" ->
                treeSum(Integer.parseInt(words[1]), Integer.parseInt(words[2]), words[3].equals("merged"));
            case "sum" -> {
                double[] values = Arrays.stream(words)
                        .skip(1)
                        .mapToDouble(Double::parseDouble)
                        .toArray();
                yield DoubleStream.of(group.sum(values))
                        .mapToObj(Double::toString)
                        .collect(Collectors.joining(" "));
            }
            case "broadcast" -> {
                byte[] bytes = words[2].getBytes(StandardCharsets.UTF_8);
                yield new String(group.broadcast(bytes, Integer.parseInt(words[1])), StandardCharsets.UTF_8);
            }
            case "barrier" -> {
                group.barrier();
                yield "";
            }
            case "begin" -> {
                String[] command = Arrays.copyOfRange(words, 1, words.length);
                Thread.ofPlatform().daemon().start(() -> say(this, command));
                yield "";
            }
            case "sum-until-it-fails" -> sumUntilItFails();
            case "abort" -> {
                group.abort();
                yield "";
            }
            case "leave" -> {
                group.close();
                yield "";
            }
            case "files" -> Objects.requireNonNull(new File("/proc/self/fd").list()).length;
            default -> throw new IllegalArgumentException(words[0]);
        };
    }

    /** meet HOST PORT NAME MILLISECONDS */
    private Object meet(String[] words) throws Exception {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getByName(words[1]), Integer.parseInt(words[2]));
        rendezvous = Rendezvous.connect(address, words[3], Duration.ofMillis(Long.parseLong(words[4])));
        return "";
    }

    /** join RANK SIZE, MILLISECONDS of joining, and of each wait afterwards */
    private Object join(String[] words) throws Exception {
        group = ProcessGroup.join(
                rendezvous,
                InetAddress.getByName("127.0.0.1"),
                Integer.parseInt(words[1]),
                Integer.parseInt(words[2]),
                Duration.ofMillis(Long.parseLong(words[3])),
                Duration.ofMillis(Long.parseLong(words[4])));
        return group.rank() + " " + group.size();
    }

    /** The hash of the sum's bits. */
    private Object treeSum(int leaves, int columns, boolean merged) {
        int first = group.rank() * leaves / group.size();
        int end = (group.rank() + 1) * leaves / group.size();
        try (NDManager scope = TorchRuntime.get().newScope()) {
            NDList rows = new NDList();
            while (first < end) {
                int count = 1;
                while (merged && first % (2 * count) == 0 && first + 2 * count <= end) {
                    count *= 2;
                }
                rows.add(scope.create(Leaves.sum(first, count, columns)));
                first += count;
            }
            NDArray matrix = NDArrays.stack(rows);
            group.treeSum(matrix, leaves);
            return hash(matrix.get(0).toFloatArray());
        }
    }

    static String hash(float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * values.length);
        bytes.asFloatBuffer().put(values);
        return Sha256.hex(bytes.array());
    }

    private Object sumUntilItFails() {
        try (NDManager scope = TorchRuntime.get().newScope()) {
            NDArray rows = scope.zeros(new Shape(1, 2_000_000));
            while (true) {
                group.treeSum(rows, Integer.highestOneBit(2 * group.size() - 1));
            }
        }
    }
}
