package io.alignstream.languagemodel.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.languagemodel.network.Footprint;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keys and values of texts in blocks of {@value #BLOCK} tokens, {@code [layers, blocks, key-value heads, head width, tokens]}
 * and {@code [layers, blocks, key-value heads, tokens, head width]} (PagedAttention, Kwon et al., arXiv 2309.06180). For one
 * thread.
 *
 * <p>A block that a prompt fills is kept when its text ends, until its place is needed: a text that begins alike takes it as
 * it is. It would compute the same bits.
 */
final class KeyValueCache implements AutoCloseable {

    /** Tokens of a block. */
    static final int BLOCK = Footprint.CACHE_BLOCK;

    private final NDManager scope = TorchRuntime.get().newScope();
    private final NDArray keys;
    private final NDArray values;
    private final int[] users;
    /** Blocks with users; written by the one thread, read by any. */
    private volatile int used;

    private final Deque<Integer> unused = new ArrayDeque<>();
    /** Blocks that hold the beginning of a prompt, by that beginning; those that nobody uses stand in the order of their last use. */
    private final Map<Beginning, Integer> filled = new LinkedHashMap<>(16, 0.75f, true);

    private final @Nullable Beginning[] holds;

    /** What stands for all tokens of a prompt up to a block's end: a sha256 over the one before and the block's tokens. */
    private record Beginning(ByteBuffer sha256) {

        /** Of each block that {@code prompt} fills. */
        static List<Beginning> of(int[] prompt) {
            List<Beginning> beginnings = new ArrayList<>();
            ByteBuffer bytes = ByteBuffer.allocate(Sha256.BYTES + BLOCK * Integer.BYTES);
            for (int end = BLOCK; end <= prompt.length; end += BLOCK) {
                bytes.position(Sha256.BYTES).asIntBuffer().put(prompt, end - BLOCK, BLOCK);
                byte[] sha256 = new Sha256().add(bytes.array()).bytes();
                beginnings.add(new Beginning(ByteBuffer.wrap(sha256)));
                bytes.put(0, sha256);
            }
            return beginnings;
        }
    }

    /**
     * A text's place.
     *
     * @param blocks where its tokens stand
     * @param known tokens of its prompt that stand there already
     */
    record Place(int[] blocks, int known, List<Beginning> beginnings) {}

    /** An empty cache with room for {@code tokens}, rounded up to whole blocks. */
    KeyValueCache(TransformerConfig config, long tokens) {
        if (tokens < 1) {
            throw new IllegalArgumentException("a cache of " + tokens + " tokens holds nothing");
        }
        int blocks = Math.toIntExact(Math.ceilDiv(tokens, BLOCK));
        int heads = config.keyValueHeads();
        this.keys = scope.zeros(new Shape(config.layers(), blocks, heads, config.headWidth(), BLOCK));
        this.values = scope.zeros(new Shape(config.layers(), blocks, heads, BLOCK, config.headWidth()));
        this.users = new int[blocks];
        this.holds = new Beginning[blocks];
        for (int block = 0; block < blocks; block++) {
            unused.add(block);
        }
    }

    /** Blocks of all texts together. */
    int blocks() {
        return users.length;
    }

    /** Blocks for a text, empty while there is no room; at least one token of the prompt is left to be computed. */
    Optional<Place> take(int[] prompt, int tokens) {
        int[] blocks = new int[Math.ceilDiv(tokens, BLOCK)];
        List<Beginning> beginnings = Beginning.of(prompt);
        int shared = 0;
        while (shared < beginnings.size() && (shared + 1) * BLOCK < prompt.length) {
            Integer block = filled.get(beginnings.get(shared));
            if (block == null) {
                break;
            }
            blocks[shared++] = block;
        }
        for (int i = 0; i < shared; i++) {
            use(blocks[i]);
        }
        if (blocks.length - shared > free()) {
            for (int i = 0; i < shared; i++) {
                leave(blocks[i]);
            }
            return Optional.empty();
        }
        for (int i = shared; i < blocks.length; i++) {
            blocks[i] = next();
            use(blocks[i]);
        }
        return Optional.of(new Place(blocks, shared * BLOCK, beginnings));
    }

    private void use(int block) {
        if (users[block]++ == 0) {
            used++;
        }
    }

    private void leave(int block) {
        if (--users[block] == 0) {
            used--;
        }
    }

    /** Blocks that texts take now. */
    int used() {
        return used;
    }

    /** Blocks that nobody uses. */
    private int free() {
        int free = unused.size();
        for (int block : filled.values()) {
            free += users[block] == 0 ? 1 : 0;
        }
        return free;
    }

    /** A block to write to: one that holds nothing, else the one whose beginning was asked for longest ago. */
    private int next() {
        Integer block = unused.poll();
        if (block != null) {
            return block;
        }
        var oldest = filled.entrySet().iterator();
        while (oldest.hasNext()) {
            int candidate = oldest.next().getValue();
            if (users[candidate] == 0) {
                oldest.remove();
                holds[candidate] = null;
                return candidate;
            }
        }
        throw new IllegalStateException("no block is free, though there was room");
    }

    /** The block at {@code index} of a place is complete. */
    void filled(Place place, int index) {
        int block = place.blocks[index];
        Beginning beginning = place.beginnings.get(index);
        if (holds[block] == null && filled.putIfAbsent(beginning, block) == null) {
            holds[block] = beginning;
        }
    }

    /** A text has ended. */
    void giveBack(Place place) {
        for (int block : place.blocks) {
            leave(block);
            if (users[block] == 0 && holds[block] == null) {
                unused.add(block);
            }
        }
    }

    void addTo(NDList in) {
        in.add(keys);
        in.add(values);
    }

    @Override
    public void close() {
        scope.close();
    }
}
