package io.alignstream.contracts;

import io.alignstream.contracts.check.Check;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.hash.SequenceLedger;
import io.alignstream.contracts.messages.Reason;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;

/**
 * Packed token sequences of one shard, the unit in which text travels to pretraining.
 *
 * <p>Sequence numbers are dense for each shard and split: batch n+1 starts where batch n ended, so a gap or a repeat is
 * visible. Binary layout, little-endian: magic {@code ASTB}, version (1 byte), flags (1 byte: bit 0 validation split,
 * bit 1 end of snapshot), bytes a token (1 byte: 2 up to 65,536 token ids, else 4), reserved (1 byte), tokenizer sha256
 * (32 bytes), shard (int), sequences (int), sequence length (int), first sequence number (long), document partition
 * (int), document offset (long), tokens, CRC-32C of all before (int).
 *
 * @param tokenizerSha256 hash of the {@code tokenizer.json} that made the ids
 * @param shard partition of the topic
 * @param split training or validation
 * @param firstSequence sequence number of the first sequence
 * @param sequenceLength tokens in each sequence
 * @param tokens ids, {@code [sequences, sequenceLength]} row by row
 * @param documentPartition partition of {@code clean-documents} that the tokens come from
 * @param documentOffset offset in {@code clean-documents} before which every document is packed or in the open buffer
 * @param endOfSnapshot whether the tokenizer's own document snapshot ends here, open buffers flushed
 */
public record TokenBatch(
        String tokenizerSha256,
        int shard,
        Split split,
        long firstSequence,
        int sequenceLength,
        int[] tokens,
        int documentPartition,
        long documentOffset,
        boolean endOfSnapshot) {

    public static final int MAX_TOKENS = 4_000_000;
    private static final byte[] MAGIC = {'A', 'S', 'T', 'B'};
    private static final byte VERSION = 1;
    /** Two bytes of an array at a time: a loop over it compiles to vector instructions. */
    private static final VarHandle SHORTS =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int HEADER = 4 + 4 + 32 + 4 + 4 + 4 + 8 + 4 + 8;

    /** Which part of the data a sequence belongs to. */
    public enum Split {
        TRAINING,
        VALIDATION
    }

    public TokenBatch {
        Check.sha256("tokenizerSha256", tokenizerSha256);
        Check.atLeast("shard", shard, 0);
        Check.present("split", split);
        Check.atLeast("firstSequence", firstSequence, 0);
        Check.atLeast("sequenceLength", sequenceLength, 1);
        Check.atLeast("documentPartition", documentPartition, 0);
        Check.atLeast("documentOffset", documentOffset, 0);
        if (tokens.length > MAX_TOKENS || tokens.length % sequenceLength != 0) {
            throw new InvalidInputException(Reason.of("invalid.tokens")
                    .with("tokens", tokens.length)
                    .with("length", sequenceLength)
                    .with("most", MAX_TOKENS));
        }
        int signs = 0;
        for (int token : tokens) {
            signs |= token;
        }
        if (signs < 0) {
            Check.atLeast("tokens[]", Arrays.stream(tokens).min().orElse(0), 0);
        }
    }

    /** Number of sequences, 0 or more. */
    public int sequences() {
        return tokens.length / sequenceLength;
    }

    /** The sequence number that follows this batch. */
    public long nextSequence() {
        return firstSequence + sequences();
    }

    /** Sequence {@code index} of this batch, {@code [sequenceLength]}. */
    public int[] sequence(int index) {
        return Arrays.copyOfRange(tokens, index * sequenceLength, (index + 1) * sequenceLength);
    }

    /** Fails if an id is not below {@code vocabularySize}: such a batch was made with another tokenizer. */
    public void requireTokensBelow(int vocabularySize) throws PoisonEventException {
        for (int token : tokens) {
            if (token >= vocabularySize) {
                throw new PoisonEventException(
                        Reason.of("poison.unknownToken").with("token", token).with("size", vocabularySize));
            }
        }
    }

    /** Makes the records of batches that nobody has packed: each with the ledger of its shard and split; for one thread. */
    public static final class Ledgers {

        private final Map<String, SequenceLedger> lanes = new HashMap<>();

        /** The record of the batch that is next in its shard and split. */
        public ProducerRecord<byte[], byte[]> record(TokenBatch batch, String source) {
            SequenceLedger ledger =
                    lanes.computeIfAbsent(batch.shard() + " " + batch.split(), lane -> new SequenceLedger());
            byte[] before = ledger.state();
            ledger.append(batch.tokens(), batch.sequenceLength());
            ProducerRecord<byte[], byte[]> record = Topic.TOKEN_BATCHES.record(batch, source);
            SequenceLedger.stamp(before, ledger.root(), record.headers());
            return record;
        }
    }

    byte[] encode() {
        int bits = 0;
        for (int token : tokens) {
            bits |= token;
        }
        int width = bits > 0xFFFF ? 4 : 2;
        ByteBuffer out = ByteBuffer.allocate(HEADER + tokens.length * width + 4).order(ByteOrder.LITTLE_ENDIAN);
        out.put(MAGIC).put(VERSION);
        out.put((byte) ((split == Split.VALIDATION ? 1 : 0) | (endOfSnapshot ? 2 : 0)));
        out.put((byte) width).put((byte) 0);
        out.put(HexFormat.of().parseHex(tokenizerSha256));
        out.putInt(shard).putInt(sequences()).putInt(sequenceLength).putLong(firstSequence);
        out.putInt(documentPartition).putLong(documentOffset);
        if (width == 2) {
            byte[] bytes = out.array();
            int at = out.position();
            for (int i = 0; i < tokens.length; i++) {
                SHORTS.set(bytes, at + 2 * i, (short) tokens[i]);
            }
        } else {
            out.asIntBuffer().put(tokens);
        }
        out.position(HEADER + tokens.length * width);
        return out.putInt(checksum(out.array(), out.position())).array();
    }

    static TokenBatch decode(byte[] bytes) throws PoisonEventException {
        if (bytes.length < HEADER + 4 || !Arrays.equals(bytes, 0, 4, MAGIC, 0, 4)) {
            throw new PoisonEventException(Reason.of("poison.noTokenBatch").with("bytes", bytes.length));
        }
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).position(4);
        byte version = in.get();
        if (version != VERSION) {
            throw new PoisonEventException(Reason.of("poison.tokenBatchVersion")
                    .with("version", version)
                    .with("known", VERSION));
        }
        int flags = in.get();
        int width = in.get();
        in.get();
        byte[] sha = new byte[32];
        in.get(sha);
        int shard = in.getInt();
        int sequences = in.getInt();
        int length = in.getInt();
        long first = in.getLong();
        int partition = in.getInt();
        long offset = in.getLong();
        long count = (long) sequences * length;
        if ((width != 2 && width != 4)
                || count < 0
                || count > MAX_TOKENS
                || bytes.length != HEADER + count * width + 4) {
            throw new PoisonEventException(Reason.of("poison.tokenBatchSize")
                    .with("sequences", sequences)
                    .with("length", length)
                    .with("width", width)
                    .with("bytes", bytes.length));
        }
        int[] tokens = new int[(int) count];
        if (width == 2) {
            for (int i = 0; i < tokens.length; i++) {
                tokens[i] = Short.toUnsignedInt((short) SHORTS.get(bytes, HEADER + 2 * i));
            }
        } else {
            in.asIntBuffer().get(tokens);
        }
        if (in.getInt(bytes.length - 4) != checksum(bytes, bytes.length - 4)) {
            throw new PoisonEventException(Reason.of("poison.tokenBatchChecksum"));
        }
        try {
            return new TokenBatch(
                    HexFormat.of().formatHex(sha),
                    shard,
                    (flags & 1) == 0 ? Split.TRAINING : Split.VALIDATION,
                    first,
                    length,
                    tokens,
                    partition,
                    offset,
                    (flags & 2) != 0);
        } catch (InvalidInputException e) {
            throw new PoisonEventException(
                    Reason.of("poison.invalid").with("type", "ASTB").with("problem", e.reason()), e);
        }
    }

    private static int checksum(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }

    /** The topic's codec. */
    static final class BinaryCodec implements Topic.Codec<TokenBatch> {
        @Override
        public byte[] encode(TokenBatch event, String source, Headers headers) {
            return event.encode();
        }

        @Override
        public TokenBatch decode(byte[] value, Headers headers) throws PoisonEventException {
            return TokenBatch.decode(value);
        }

        @Override
        public Optional<String> newer(byte[] value, Headers headers) {
            boolean ours = value.length > MAGIC.length
                    && Arrays.equals(value, 0, MAGIC.length, MAGIC, 0, MAGIC.length)
                    && value[MAGIC.length] > VERSION;
            return ours ? Optional.of("token batch version " + value[MAGIC.length]) : Optional.empty();
        }
    }
}
