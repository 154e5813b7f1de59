package io.alignstream.rlhf.training;

import io.alignstream.training.workers.SharedPieces;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The episodes that one worker has sampled and scored together.
 *
 * @param episodes in order; none if the policy's probabilities were no numbers
 * @param samplingGap by how many nats sampler and scoring differ, at most
 */
record RolloutPart(List<Episode> episodes, double samplingGap) {

    /** What comes of a policy whose probabilities are no numbers. */
    static final RolloutPart NOT_FINITE = new RolloutPart(List.of(), 0);

    /** How it travels, every bit of it; what an episode knows of its tokens was computed in fp32. */
    static final SharedPieces.Form<RolloutPart> FORM = new SharedPieces.Form<>() {
        @Override
        public byte[] bytes(RolloutPart part) {
            return part.bytes();
        }

        @Override
        public RolloutPart piece(byte[] bytes) {
            return of(ByteBuffer.wrap(bytes));
        }
    };

    RolloutPart {
        episodes = List.copyOf(episodes);
    }

    /** Whether the policy's probabilities were no numbers. */
    boolean isNotFinite() {
        return episodes.isEmpty();
    }

    private byte[] bytes() {
        int size = Double.BYTES + Integer.BYTES;
        for (Episode episode : episodes) {
            size += 3 * Integer.BYTES + Double.BYTES + Integer.BYTES * episode.row().length;
            size += 3 * Float.BYTES * episode.length();
        }
        ByteBuffer out = ByteBuffer.allocate(size);
        out.putDouble(samplingGap);
        out.putInt(episodes.size());
        for (Episode episode : episodes) {
            out.putInt(episode.row().length);
            out.putInt(episode.promptLength());
            out.putInt(episode.ended() ? 1 : 0);
            out.putDouble(episode.score());
            for (int token : episode.row()) {
                out.putInt(token);
            }
            put(out, episode.logs());
            put(out, episode.referenceLogs());
            put(out, episode.values());
        }
        return out.array();
    }

    private static void put(ByteBuffer out, double[] values) {
        for (double value : values) {
            out.putFloat((float) value);
        }
    }

    private static RolloutPart of(ByteBuffer in) {
        double gap = in.getDouble();
        int count = in.getInt();
        List<Episode> episodes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] row = new int[in.getInt()];
            int promptLength = in.getInt();
            boolean ended = in.getInt() == 1;
            double score = in.getDouble();
            for (int t = 0; t < row.length; t++) {
                row[t] = in.getInt();
            }
            int length = row.length - promptLength;
            episodes.add(new Episode(
                    row, promptLength, ended, score, values(in, length), values(in, length), values(in, length)));
        }
        return new RolloutPart(episodes, gap);
    }

    private static double[] values(ByteBuffer in, int count) {
        double[] values = new double[count];
        for (int t = 0; t < count; t++) {
            values[t] = in.getFloat();
        }
        return values;
    }
}
