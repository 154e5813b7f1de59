package io.alignstream.pretrain.distil;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a student reads, as rows of token ids and which of them count; immutable.
 *
 * <p>Documents are packed one behind the other, with an end of document each, and every token counts. Conversations are a row
 * each, laid out as the model's own, and the answers count. What one of them is too long for a row, or is refused by the model's
 * chat template, is left out and counted.
 *
 * @param training rows to learn from
 * @param documents rows of documents that nothing learns from
 * @param answers conversations that nothing learns from
 * @param unanswered prompts, as token ids, to which the teacher's answers are yet to be written
 * @param leftOut conversations that are in none of them
 */
public record DistilText(
        List<Conversation> training,
        List<Conversation> documents,
        List<Conversation> answers,
        List<int[]> unanswered,
        int leftOut) {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** A line of the file of documents. */
    public record DocumentLine(String text, boolean heldOut) {}

    /**
     * A line of the file of conversations.
     *
     * @param answers right ones; where there is none, the teacher's is learned
     */
    public record ConversationLine(List<Message> messages, List<String> answers, boolean heldOut) {}

    public DistilText {
        training = List.copyOf(training);
        documents = List.copyOf(documents);
        answers = List.copyOf(answers);
        unanswered = List.copyOf(unanswered);
    }

    /**
     * Reads and encodes both files.
     *
     * @param length tokens of the longest row
     * @param room tokens that an answer of the teacher may take
     * @throws IOException if a file cannot be read, or a line is no JSON of its kind; says which
     */
    public static DistilText read(Path documents, Path conversations, Tokenizer tokenizer, int length, int room)
            throws IOException {
        List<Conversation> training = new ArrayList<>();
        List<Conversation> heldOut = new ArrayList<>();
        List<Conversation> answers = new ArrayList<>();
        List<int[]> unanswered = new ArrayList<>();
        Rows learned = new Rows(tokenizer, length, training);
        Rows kept = new Rows(tokenizer, length, heldOut);
        for (DocumentLine line : lines(documents, DocumentLine.class)) {
            (line.heldOut ? kept : learned).add(line.text);
        }
        learned.end();
        kept.end();
        int leftOut = 0;
        for (ConversationLine line : lines(conversations, ConversationLine.class)) {
            try {
                if (line.answers.isEmpty()) {
                    int[] prompt = ChatTemplate.prompt(tokenizer, line.messages);
                    if (prompt.length + room > length) {
                        leftOut++;
                    } else if (!line.heldOut) {
                        unanswered.add(prompt);
                    }
                }
                for (String answer : line.answers) {
                    Conversation conversation = ChatTemplate.conversation(tokenizer, line.messages, answer);
                    if (conversation.length() > length) {
                        leftOut++;
                    } else {
                        (line.heldOut ? answers : training).add(conversation);
                    }
                }
            } catch (InvalidInputException e) {
                leftOut++; // the model's own template cannot lay it out
            }
        }
        return new DistilText(training, heldOut, answers, unanswered, leftOut);
    }

    /** The same with the answers that the teacher wrote, each behind its prompt. */
    DistilText answered(List<Conversation> written) {
        return new DistilText(
                Stream.concat(training.stream(), written.stream()).toList(), documents, answers, List.of(), leftOut);
    }

    /** Tokens that count in one pass over what is learned. */
    long targets() {
        return training.stream().mapToLong(DistilText::targets).sum();
    }

    private static long targets(Conversation row) {
        long count = 0;
        for (int i = 1; i < row.length(); i++) {
            count += row.learned()[i] ? 1 : 0;
        }
        return count;
    }

    /** Hash of all rows, 64 lower-case hexadecimal digits. */
    String sha256() {
        Sha256 sha256 = new Sha256();
        for (List<Conversation> part : List.of(training, documents, answers)) {
            sha256.add(part.size() + "\n");
            part.forEach(row -> {
                ByteBuffer bytes = ByteBuffer.allocate(row.length() * (Integer.BYTES + 1) + Integer.BYTES);
                bytes.putInt(row.length());
                for (int i = 0; i < row.length(); i++) {
                    bytes.putInt(row.ids()[i]).put((byte) (row.learned()[i] ? 1 : 0));
                }
                sha256.add(bytes.array());
            });
        }
        return sha256.hex();
    }

    private static <T> List<T> lines(Path file, Class<T> type) throws IOException {
        List<T> read = new ArrayList<>();
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                try {
                    read.add(JSON.readValue(line, type));
                } catch (JsonProcessingException e) {
                    throw new IOException(
                            file + " line " + (read.size() + 1) + " is no " + type.getSimpleName() + ": "
                                    + e.getOriginalMessage(),
                            e);
                }
            }
        }
        return read;
    }

    /** Documents one behind the other in rows of one length; the last row is as long as what is left. */
    private static final class Rows {

        private final Tokenizer tokenizer;
        private final int[] open;
        private final List<Conversation> rows;
        private int filled;

        Rows(Tokenizer tokenizer, int length, List<Conversation> rows) {
            this.tokenizer = tokenizer;
            this.open = new int[length];
            this.rows = rows;
        }

        void add(String text) {
            for (int id : tokenizer.encode(text)) {
                put(id);
            }
            put(tokenizer.endOfDocument());
        }

        private void put(int id) {
            open[filled++] = id;
            if (filled == open.length) {
                end();
            }
        }

        void end() {
            if (filled > 1) {
                boolean[] all = new boolean[filled];
                Arrays.fill(all, true);
                rows.add(new Conversation(Arrays.copyOf(open, filled), all));
            }
            filled = 0;
        }
    }
}
