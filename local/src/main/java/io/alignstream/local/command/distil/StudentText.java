package io.alignstream.local.command.distil;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.contracts.split.GatePrompts;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.local.pipeline.TopicLog;
import io.alignstream.local.site.KafkaConnection;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a student reads: documents, as many as fit, and conversations, each held out or not as the stages hold it out. For one
 * thread.
 *
 * <p>Of more documents than fit those stay whose content hash is lowest: a sample that depends neither on the order in which they
 * come nor on what else is read later.
 */
public final class StudentText {

    /** Characters of all documents together, at most. */
    public static final long MOST_CHARACTERS = 64L << 20;

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final TreeMap<String, Line> documents = new TreeMap<>();
    private final List<ObjectNode> conversations = new ArrayList<>();
    private final long most;
    private long characters;
    private long seen;
    /** The lowest hash that did not fit; empty while all did. What is not below it does not fit either. */
    private String limit = "";

    private record Line(String text, boolean heldOut) {}

    /** Of up to {@code most} characters of documents. */
    public StudentText(long most) {
        this.most = most;
    }

    /** Of what the topics hold now; conversations only where the model {@code chats}. */
    public static StudentText published(KafkaConnection connection, double documentShare, double share, boolean chats) {
        StudentText text = new StudentText(MOST_CHARACTERS);
        try (TopicLog log = new TopicLog(connection, List.of(Topic.CLEAN_DOCUMENTS.name()))) {
            log.readToEnd(record -> {
                try {
                    if (record.value() != null) {
                        CleanDocument document = Topic.CLEAN_DOCUMENTS.decode(record);
                        text.add(document.text(), document.labels(), documentShare);
                    }
                } catch (PoisonEventException e) {
                    // no document for anybody
                }
            });
        }
        if (chats) {
            text.add(
                    TopicLog.newest(connection, Topic.PROMPTS).values(),
                    TopicLog.newest(connection, Topic.INSTRUCTIONS).values(),
                    share);
        }
        return text;
    }

    /** Takes a document; a label {@code split} says where it goes, or else {@code share} does. */
    public void add(String document, Map<String, String> labels, double share) {
        String split = labels.getOrDefault("split", "");
        boolean heldOut = split.equals("validation") || (!split.equals("training") && HeldOut.of(document, share));
        String hash = Sha256.hex(document);
        seen++;
        if ((!limit.isEmpty() && hash.compareTo(limit) >= 0)
                || documents.putIfAbsent(hash, new Line(document, heldOut)) != null) {
            return;
        }
        characters += document.length();
        while (characters > most && documents.size() > 1) {
            limit = documents.lastKey();
            characters -= documents.pollLastEntry().getValue().text.length();
        }
    }

    /** Takes prompts, to be answered by the teacher, and instructions, with their answers, whatever their order. */
    public void add(Collection<Prompt> prompts, Collection<Instruction> instructions, double share) {
        GatePrompts gate = GatePrompts.of(prompts);
        prompts.stream().sorted(Comparator.comparing(Prompt::id)).forEach(prompt -> {
            boolean heldOut = HeldOut.of(prompt.messages(), prompt.tags(), share) || gate.areAskedBy(prompt.messages());
            // what is right of what is learned says the teacher
            conversations.add(line(prompt.messages(), heldOut ? prompt.referenceAnswers() : List.of(), heldOut));
        });
        instructions.stream().sorted(Comparator.comparing(Instruction::id)).forEach(instruction -> {
            boolean heldOut = HeldOut.of(instruction.messages(), instruction.tags(), share)
                    || gate.areAskedBy(instruction.messages());
            conversations.add(line(instruction.messages(), instruction.referenceAnswers(), heldOut));
        });
    }

    private static ObjectNode line(List<Message> messages, List<String> answers, boolean heldOut) {
        ObjectNode line = JSON.createObjectNode();
        line.set("messages", JSON.valueToTree(messages));
        ArrayNode all = line.putArray("answers");
        answers.forEach(all::add);
        return line.put("heldOut", heldOut);
    }

    /** Documents that were offered. */
    public long seen() {
        return seen;
    }

    /** Documents that it holds. */
    public int documents() {
        return documents.size();
    }

    /** Conversations that it holds. */
    public int conversations() {
        return conversations.size();
    }

    /** Writes {@code documents.jsonl} and {@code conversations.jsonl} into {@code folder}. */
    public void write(Path folder) throws IOException {
        try (Writer writer = Files.newBufferedWriter(folder.resolve("documents.jsonl"))) {
            for (Line document : documents.values()) {
                writer.write(JSON.createObjectNode()
                        .put("text", document.text)
                        .put("heldOut", document.heldOut)
                        .toString());
                writer.write('\n');
            }
        }
        try (Writer writer = Files.newBufferedWriter(folder.resolve("conversations.jsonl"))) {
            for (ObjectNode line : conversations) {
                writer.write(line.toString());
                writer.write('\n');
            }
        }
    }
}
