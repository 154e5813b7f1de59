package io.alignstream.languagemodel.tokenizer.encoding;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** The encoders of one tokenizer, lent to one thread at a time; as many are kept as can work at once. Thread-safe. */
public final class Encoders {

    private static final int MAX = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 64);
    private static final int CACHE_BITS = 14;
    /** For an encoder beyond the kept ones: it is used once, so its cache must cost nothing. */
    private static final int SMALL_CACHE_BITS = 4;

    private final TokenizerModel model;
    private final AtomicInteger made = new AtomicInteger();
    private final AtomicReferenceArray<@Nullable Encoder> idle = new AtomicReferenceArray<>(MAX);

    /** An empty pool of encoders for {@code model}. */
    public Encoders(TokenizerModel model) {
        this.model = model;
    }

    /** An encoder for the calling thread alone, best the one that it had last, until {@link #giveBack}. */
    public Encoder lend() {
        int first = firstSlot();
        for (int i = 0; i < MAX; i++) {
            Encoder encoder = idle.getAndSet((first + i) % MAX, null);
            if (encoder != null) {
                return encoder;
            }
        }
        boolean keep = made.get() < MAX && made.incrementAndGet() <= MAX;
        return new Encoder(model, keep ? CACHE_BITS : SMALL_CACHE_BITS);
    }

    /** Takes back what {@link #lend} gave. */
    public void giveBack(Encoder encoder) {
        int first = firstSlot();
        for (int i = 0; i < MAX; i++) {
            if (idle.compareAndSet((first + i) % MAX, null, encoder)) {
                return;
            }
        }
    }

    private static int firstSlot() {
        return (int) (Thread.currentThread().threadId() % MAX);
    }
}
