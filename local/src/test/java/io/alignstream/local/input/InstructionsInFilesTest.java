package io.alignstream.local.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import blue.strategic.parquet.ParquetWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.github.luben.zstd.Zstd;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.local.input.file.InputException;
import io.alignstream.local.world.World;
import io.alignstream.local.world.WorldGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Types;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InstructionsInFilesTest {

    private static final String MOON =
            "{\"instruction\":\"Moon?\",\"input\":\"\",\"output\":\"Far.\\nVery \\\"far\\\", 月.\"}";
    private static final String SUN =
            "{\"conversations\":[{\"from\":\"human\",\"value\":\"Sun?\"},{\"from\":\"gpt\",\"value\":\"Hot ]}, \\\\.\"}]}";
    private static final String NONE = "{\"instruction\":\"Star?\",\"output\":\"\"}";

    @TempDir
    private Path folder;

    @Test
    void readsTheTopicsOwnJson() throws IOException {
        // Given
        List<Instruction> published = new WorldGenerator(World.load(), 1).instructions();
        JsonMapper json = new JsonMapper();
        List<String> lines = new ArrayList<>();
        for (Instruction instruction : published) {
            lines.add(json.writeValueAsString(instruction));
        }
        Path file = Files.write(folder.resolve("own.jsonl"), lines);

        // When
        EventFile<Instruction> instructions = EventFile.instructions(file, 0);

        // Then
        assertThat(all(instructions)).isEqualTo(published);
        assertThat(instructions.lines())
                .containsExactly("%s: %,d instructions, %,d in the format alignstream"
                        .formatted(file, published.size(), published.size()));
    }

    /** Whatever the file is and however it is packed, the same instruction is read. */
    @ParameterizedTest
    @CsvSource({
        "a.jsonl",
        "a.jsonl.gz",
        "a.jsonl.zst",
        "a.json",
        "a.json.gz",
        "a.json.zst",
        "lines.json",
        "lines.json.gz",
        "a.csv",
        "a.csv.gz",
        "a.csv.zst",
        "semicolons.csv",
        "tabs.csv",
        "a.parquet",
        "a.parquet.gz",
        "a.parquet.zst"
    })
    void everyKindOfFileHoldsTheSame(String name) throws IOException {
        // Given
        String unpacked = name.replaceFirst("\\.(gz|zst)$", "");
        String separator = unpacked.startsWith("semi") ? ";" : unpacked.startsWith("tabs") ? "\t" : ",";
        byte[] bytes =
                switch (unpacked.substring(unpacked.indexOf('.'))) {
                    case ".jsonl" -> utf8(MOON + "\n\n");
                    case ".json" ->
                        utf8(unpacked.startsWith("lines") ? MOON + "\n" : "\ufeff\n [\n  " + MOON + "\n]\n");
                    case ".csv" ->
                        utf8(String.join(separator, "instruction", "input", "output") + "\r\n"
                                + String.join(separator, "Moon?", "", "\"Far.\nVery \"\"far\"\", 月.\"") + "\r\n");
                    default -> parquet();
                };
        Path file = folder.resolve(name);
        Files.write(file, name.endsWith(".gz") ? gzip(bytes) : name.endsWith(".zst") ? Zstd.compress(bytes) : bytes);

        // When
        EventFile<Instruction> instructions = EventFile.instructions(file, 0);

        // Then
        assertThat(instructions.formats()).isEqualTo(Map.of("alpaca", 1L));
        assertThat(all(instructions)).singleElement().satisfies(instruction -> {
            assertThat(instruction.messages()).containsExactly(Message.user("Moon?"));
            assertThat(instruction.referenceAnswers()).containsExactly("Far.\nVery \"far\", 月.");
            assertThat(instruction.id()).isEqualTo("import-83784e001d4b99eadfa2f83b9d623fd8");
        });
    }

    /** Written by pyarrow: a list of structs, one of them null, and a null list. */
    @Test
    void parquetMayHoldListsOfTurns() throws IOException {
        // Given
        Path file = Files.write(
                folder.resolve("turns.parquet"),
                Base64.getDecoder()
                        .decode(
                                "UEFSMRUAFTQVRiwVCBUAFQYVBhwAAAAotS/9IBrRAAACAAAACAEBAAAAYQEAAABiAQAAAGMBAAAAZBUAFW4VWiwVDhUAFQYV"
                                        + "BhwAAAAotS/9IDclAQDwAgAAAANKBAAAAAMkCQoFAAAAaHVtYW4DAAAAZ3B0AQDOMp0VABWCARWUASwVDhUAFQYVBhwAAAAo"
                                        + "tS/9IEEJAgACAAAAA0oEAAAAAyQJCgUAAABNb29uPwQAAABGYXIuCQAAAOaciOS6ru+8nwkAAADlvojov5zjgIIEAAAAU3Vu"
                                        + "PxUAFSQVNiwVDhUAFQYVBhwAAAAotS/9IBKRAAACAAAAA0oEAAAAA+OGCQEAAAAVAhmMNQAYBnNjaGVtYRUEABUMJQIYAmlk"
                                        + "JQBMHAAAADUCGA1jb252ZXJzYXRpb25zFQIVBkw8AAAANQQYBGxpc3QVAgA1AhgHZWxlbWVudBUGABUMJQIYBGZyb20lAEwc"
                                        + "AAAAFQwlAhgFdmFsdWUlAEwcAAAAFQIlAhgGd2VpZ2h0ABYIGRwZTCYAHBUMGSUGABkYAmlkFQwWCBZaFmwmCEkcFQAVABUC"
                                        + "ADwWCBkGGSYACAAAACYAHBUMGSUGABlIDWNvbnZlcnNhdGlvbnMEbGlzdAdlbGVtZW50BGZyb20VDBYOFpQBFoABJnRJHBUA"
                                        + "FQAVAgA8FioZJggGGVYCAAIACgAAACYAHBUMGSUGABlIDWNvbnZlcnNhdGlvbnMEbGlzdAdlbGVtZW50BXZhbHVlFQwWDhas"
                                        + "ARa+ASb0AUkcFQAVABUCADwWPhkmCAYZVgIAAgAKAAAAJgAcFQIZJQYAGUgNY29udmVyc2F0aW9ucwRsaXN0B2VsZW1lbnQG"
                                        + "d2VpZ2h0FQwWDhZKFlwmsgNJHBUAFQAVAgA8KSYIBhlWAgACCAIAAAAW5AMWCCYIFoYEACggcGFycXVldC1jcHAtYXJyb3cg"
                                        + "dmVyc2lvbiAyNi4wLjEZTBwAABwAABwAABwAAADmAQAAUEFSMQ=="));

        // When
        EventFile<Instruction> instructions = EventFile.instructions(file, 0.5);

        // Then
        assertThat(all(instructions))
                .extracting(Instruction::messages, Instruction::referenceAnswers)
                .containsExactly(
                        tuple(List.of(Message.user("Moon?")), List.of("Far.")),
                        tuple(List.of(Message.user("月亮？")), List.of("很远。")));
        assertThat(instructions.lines())
                .contains(
                        "2 of 4 elements set aside:",
                        "  " + file
                                + " row 3: unknown format with the fields id; known are messages and referenceAnswers"
                                + " (alignstream), instruction, input and output (alpaca), conversations (sharegpt),"
                                + " messages (openai), prompt and completion (trl)",
                        "  " + file + " row 4: a turn of conversations[1] is of role \"\"; known are system, user and"
                                + " assistant");
    }

    /** Written by pyarrow. */
    @Test
    void parquetMayHoldListsOfTextsAndMaps() throws IOException {
        // Given
        Path file = Files.write(
                folder.resolve("own.parquet"),
                Base64.getDecoder()
                        .decode(
                                "UEFSMRUAFSgVOiwVAhUAFQYVBhwAAAAotS/9IBShAAACAAAAAgACAAAAAgQEAAAAdXNlchUAFSoVPCwVAhUAFQYVBhwAAAAo"
                                        + "tS/9IBWpAAACAAAAAgACAAAAAgQFAAAATW9vbj8VABVCFVQsFQQVABUGFQYcAAAAKLUv/SAhCQEAAgAAAAMCAgAAAAQDBAAA"
                                        + "AEZhci4JAAAAVmVyeSBmYXIuFQAVMBVCLBUCFQAVBhUGHAAAACi1L/0gGMEAAAIAAAACAAIAAAACAggAAABsYW5ndWFnZRUA"
                                        + "FSQVNiwVAhUAFQYVBhwAAAAotS/9IBKRAAACAAAAAgACAAAAAgMCAAAAZW4VAhncNQAYBnNjaGVtYRUGADUCGAhtZXNzYWdl"
                                        + "cxUCFQZMPAAAADUEGARsaXN0FQIANQIYB2VsZW1lbnQVBAAVDCUCGARyb2xlJQBMHAAAABUMJQIYB2NvbnRlbnQlAEwcAAAA"
                                        + "NQIYEHJlZmVyZW5jZUFuc3dlcnMVAhUGTDwAAAA1BBgEbGlzdBUCABUMJQIYB2VsZW1lbnQlAEwcAAAANQIYBHRhZ3MVAhUC"
                                        + "TCwAAAA1BBgJa2V5X3ZhbHVlFQQAFQwlABgDa2V5JQBMHAAAABUMJQIYBXZhbHVlJQBMHAAAABYCGRwZXCYAHBUMGSUGABlI"
                                        + "CG1lc3NhZ2VzBGxpc3QHZWxlbWVudARyb2xlFQwWAhZOFmAmCEkcFQAVABUCADwWCBkmAgAZVgAAAAACAAAAJgAcFQwZJQYA"
                                        + "GUgIbWVzc2FnZXMEbGlzdAdlbGVtZW50B2NvbnRlbnQVDBYCFlAWYiZoSRwVABUAFQIAPBYKGSYCABlWAAAAAAIAAAAmABwV"
                                        + "DBklBgAZOBByZWZlcmVuY2VBbnN3ZXJzBGxpc3QHZWxlbWVudBUMFgQWaBZ6JsoBSRwVABUAFQIAPBYaGSYCAhlGAAAABAAA"
                                        + "ACYAHBUMGSUGABk4BHRhZ3MJa2V5X3ZhbHVlA2tleRUMFgIWVhZoJsQCSRwVABUAFQIAPBYQGSYCABk2AAACAAAAJgAcFQwZ"
                                        + "JQYAGTgEdGFncwlrZXlfdmFsdWUFdmFsdWUVDBYCFkoWXCasA0kcFQAVABUCADwWBBkmAgAZRgAAAAIAAAAWpgMWAiYIFoAE"
                                        + "ACggcGFycXVldC1jcHAtYXJyb3cgdmVyc2lvbiAyNi4wLjEZXBwAABwAABwAABwAABwAAACRAgAAUEFSMQ=="));

        // When
        List<Instruction> instructions = all(EventFile.instructions(file, 0));

        // Then
        assertThat(instructions).singleElement().satisfies(instruction -> {
            assertThat(instruction.referenceAnswers()).containsExactly("Far.", "Very far.");
            assertThat(instruction.tags()).isEqualTo(Map.of("language", "en"));
        });
    }

    @Test
    void whatSaysNoInstructionIsSetAsideAndWhatIsSaidTwiceCountsOnce() throws IOException {
        // Given
        Path file = write("a.jsonl", MOON, NONE, SUN, "no JSON", MOON.replace("\"input\":\"\",", ""));

        // When
        EventFile<Instruction> instructions = EventFile.instructions(file, 0.5);

        // Then
        assertThat(instructions.size()).isEqualTo(2);
        assertThat(all(instructions)).isEqualTo(all(instructions)).hasSize(2);
        assertThat(instructions.lines())
                .containsExactly(
                        file + ": 2 instructions, 1 in the format alpaca, 1 in the format sharegpt",
                        "1 more repeat earlier ones",
                        "2 of 5 elements set aside:",
                        "  " + file + " line 2: output: content is missing or blank; give it a value",
                        "  " + file + " line 4: not valid JSON: character 1 of line 1 does not fit there");
    }

    @Test
    void aFaultInsideAListHarmsNoOtherElement() throws IOException {
        // Given
        Path file = write("a.json", "[" + MOON + ",", "{\"a\":1,\"a\":2}, [1, \"]\"] ,{\"b\" 3},", SUN + ", ]");

        // When
        EventFile<Instruction> instructions = EventFile.instructions(file, 1);

        // Then
        assertThat(instructions.size()).isEqualTo(2);
        assertThat(instructions.lines())
                .contains("3 of 5 elements set aside:")
                .anyMatch(line -> line.endsWith("element 2: not valid JSON: field a stands twice in one object"));
    }

    @Test
    void bytesThatAreNotUtf8HarmTheirElementOnly() throws IOException {
        // Given
        byte[] bytes = utf8("[" + MOON + "," + SUN.replace("Hot", "H?t") + "]");
        for (int i = bytes.length - 40; i < bytes.length; i++) {
            bytes[i] = bytes[i] == '?' && bytes[i - 1] == 'H' ? (byte) 0xE9 : bytes[i];
        }
        Path file = Files.write(folder.resolve("a.json"), bytes);

        // When
        EventFile<Instruction> instructions = EventFile.instructions(file, 0.5);

        // Then
        assertThat(instructions.formats()).isEqualTo(Map.of("alpaca", 1L));
        assertThat(instructions.lines().getLast())
                .endsWith("element 2: it is not valid UTF-8; convert the file to UTF-8");
    }

    @Test
    void manyFaultsAreCountedByKind() throws IOException {
        // Given: those that say little differ in their numbers, the last kind comes behind the ten that are shown
        List<String> lines = new ArrayList<>(Collections.nCopies(9, NONE));
        lines.addAll(List.of("no JSON", "{\"a\": }", "{\"conversations\":[{\"from\":\"tool\"}]}"));
        lines.addAll(List.of("{\"conversations\":[{\"from\":\"human\",\"value\":\"a\"},{\"from\":\"pal\"}]}", MOON));
        Path file = write("a.jsonl", lines.toArray(String[]::new));

        // When
        EventFile<Instruction> instructions = EventFile.instructions(file, 1);

        // Then
        assertThat(instructions.lines())
                .hasSize(2 + 10 + 4)
                .endsWith(
                        "all of them by kind:",
                        "  9 like " + file + " line 1: output: content is missing or blank; give it a value",
                        "  2 like " + file + " line 10: not valid JSON: character 1 of line 1 does not fit there",
                        "  2 like " + file
                                + " line 12: a turn of conversations[0] is of role \"tool\"; known are system,"
                                + " user and assistant");
    }

    @Test
    void tooManyFaultsStopTheLoad() throws IOException {
        // Given
        List<String> lines = new ArrayList<>(Collections.nCopies(1_000, NONE));
        lines.add(MOON);
        Path file = write("a.jsonl", lines.toArray(String[]::new));

        // When // Then
        assertThatThrownBy(() -> EventFile.instructions(file, 0.1))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith(
                        "1,000 of 1,000 elements set aside, more than 10 %; correct the files, or allow more"
                                + " with --most-set-aside. First:\n  " + file + " line 1: output:")
                .hasMessageContaining("all of them by kind:\n  1,000 like " + file + " line 1: output:");
    }

    @Test
    void anIdMayNotStandForTwoThings() throws IOException {
        // Given
        String own = "{\"id\":\"x\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"referenceAnswers\":[\"b\"]}";
        Path file = write("a.jsonl", own, own, own.replace("\"b\"", "\"c\""));

        // When
        EventFile<Instruction> instructions = EventFile.instructions(file, 0.5);

        // Then
        assertThat(all(instructions)).hasSize(1);
        assertThat(instructions.repeated()).isEqualTo(1);
        assertThat(instructions.lines().getLast())
                .endsWith("line 3: id x stands in line 1 with other content; rename one");
    }

    @Test
    void oneConversationInTwoFormatsIsOneInstruction() throws IOException {
        // Given
        String same = "{\"messages\":[{\"role\":\"User\",\"content\":\"Sun?\"},"
                + "{\"from\":null,\"role\":\"assistant\",\"content\":\"Hot ]}, \\\\.\"}]}";
        Path file = write("a.jsonl", SUN, same);

        // When
        EventFile<Instruction> instructions = EventFile.instructions(file, 0);

        // Then
        assertThat(instructions.size()).isEqualTo(1);
        assertThat(instructions.repeated()).isEqualTo(1);
    }

    @Test
    void aRowThatIsNotUtf8HarmsNoOtherRow() throws IOException {
        // Given
        String rows =
                "\ufeff;instruction;output\r\n0;Moon?;\"Far.\r\n?\r\nVery;\"\r\n1;5\" pipe?;\"\"\"Yes\"\"\"\r\n\r\n2;Sun?;Hot";
        byte[] bytes = utf8(rows);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = bytes[i] == '?' && bytes[i - 1] == '\n' ? (byte) 0xE9 : bytes[i];
        }
        Path file = Files.write(folder.resolve("a.csv"), bytes);

        // When
        EventFile<Instruction> instructions = EventFile.instructions(file, 0.5);

        // Then
        assertThat(all(instructions))
                .extracting(i -> i.messages().getFirst().content(), i -> i.referenceAnswers()
                        .getFirst())
                .containsExactly(tuple("5\" pipe?", "\"Yes\""), tuple("Sun?", "Hot"));
        assertThat(instructions.lines().getLast()).endsWith("line 2: it is not valid UTF-8; convert the file to UTF-8");
    }

    @Test
    void tablesSayWhatIsWrongWithARow() throws IOException {
        // Given
        Path file = write(
                "a.csv", "instruction,output", "Moon?,Far.", "Sun?", "\"Who, \"\"me\"\"?\",\"Y\no\nu\"", "", "Star?,");

        // When
        EventFile<Instruction> instructions = EventFile.instructions(file, 0.5);

        // Then
        assertThat(all(instructions))
                .extracting(instruction -> instruction.referenceAnswers().getFirst())
                .containsExactly("Far.", "Y\no\nu");
        assertThat(instructions.lines())
                .contains(
                        "  " + file + " line 3: the row has 1 cells, not the first row's 2",
                        "  " + file + " line 8: output: content is missing or blank; give it a value");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
        a.jsonl   | [                                    | line 1: a list begins here
        a.jsonl   | {'prompt':'a'}                       | line 1: unknown format with the fields prompt
        a.jsonl   | {'messages':[{'role':'user','content':'Which?'}],'referenceAnswer':['a']} | a line of our own format has its answers in referenceAnswers
        a.jsonl   | {'messages':[{'role':'user','content':[1]}],'referenceAnswers':['a']} | messages[0].content: it must be a text but is
        a.jsonl   | {'messages':[{'role':'user','content':' '}],'referenceAnswers':['a']} | messages[0]: content is missing or blank
        a.jsonl   | ` `                                  | holds no instructions
        a.json    | [{'instruction':'a','output':'b'}    | element 1: the list ends too early
        a.json    | [{'instruction':'a','output':'b'}] 7 | something follows behind the end of the list
        a.json    | []                                   | holds no instructions
        a.csv     | instruction,output,output            | line 1: two columns have one name
        a.csv     | instruction,'output                  | line 1: a quotation mark is opened in this row and never closed
        a.parquet | nothing                              | is damaged or no Parquet file; if it was cut off, copy it again
        a.json.gz | {}                                   | cannot be read: it is not a valid gzip file
        a.txt     | {}                                   | unknown kind of file; names must end in .jsonl, .json, .csv or .parquet
        """)
    void whatCannotBeReadIsRefusedInTheWordsOfTheFile(String name, String content, String said) throws IOException {
        // Given
        Path file = write(name, content.replace('\'', '"'));

        // When // Then
        assertThatThrownBy(() -> EventFile.instructions(file, 0.1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(said)
                .message()
                .doesNotContain("java.", "Json", "deserialize", "token", "ParquetReader");
    }

    /** One row, id and text, packed with Brotli by pyarrow. */
    @Test
    void parquetPackedOtherwiseIsRefusedByName() throws IOException {
        // Given
        Path file = Files.write(
                folder.resolve("a.parquet"),
                Base64.getDecoder()
                        .decode("UEFSMRUAFSwVJCwVBBUAFQYVBhwAAAAbFQAAhLHNIvhqhJdCpIrl8AcVABV8FYQBLBUEFQAVBhUGHAAAAIse"
                                + "gAIAAAAEARgAAABUaGUgbGFtcCBpcyBsaXQgYXQgZHVzay4YAAAA54Gv5aGU5Zyo6buE5piP54K55Lqu44CC"
                                + "AxUEGTw1ABgGc2NoZW1hFQQAFQQlAhgCaWQAFQwlAhgEdGV4dCUATBwAAAAWBBkcGSwmABwVBBklBgAZGAJp"
                                + "ZBUIFgQWUhZKJghJHBUAFQAVAgA8KQYZJgAEAAAAJgAcFQwZJQYAGRgEdGV4dBUIFgQWpAEWrAEmUkkcFQAV"
                                + "ABUCADwWYBkGGSYABAAAABb2ARYEJggW9gEAKCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI2LjAuMRks"
                                + "HAAAHAAAAMMAAABQQVIx"));

        // When // Then
        assertThatThrownBy(() -> EventFile.instructions(file, 0.1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("row 1: this row cannot be read: it is packed with brotli");
    }

    private static List<Instruction> all(EventFile<Instruction> file) {
        List<Instruction> all = new ArrayList<>();
        file.forEach(all::add);
        return all;
    }

    private Path write(String name, String... lines) throws IOException {
        return Files.write(folder.resolve(name), List.of(lines));
    }

    private byte[] parquet() throws IOException {
        MessageType schema = new MessageType(
                "alpaca",
                List.of("instruction", "output").stream()
                        .map(name -> Types.required(PrimitiveTypeName.BINARY)
                                .as(LogicalTypeAnnotation.stringType())
                                .named(name))
                        .map(org.apache.parquet.schema.Type.class::cast)
                        .toList());
        Path file = folder.resolve("written.parquet");
        try (ParquetWriter<List<String>> writer = ParquetWriter.writeFile(schema, file.toFile(), (row, out) -> {
            out.write("instruction", row.get(0));
            out.write("output", row.get(1));
        })) {
            writer.write(List.of("Moon?", "Far.\nVery \"far\", 月."));
        }
        return Files.readAllBytes(file);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        }
        return packed.toByteArray();
    }
}
