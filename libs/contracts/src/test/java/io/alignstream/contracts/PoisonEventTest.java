package io.alignstream.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.alignstream.contracts.messages.Language;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes that are no event become a {@link PoisonEventException} with a reason, never another failure. */
class PoisonEventTest {

    static List<Topic<?>> topics() {
        return Topic.ALL;
    }

    static List<Topic<?>> jsonTopics() {
        return GoldenFileTest.jsonTopics().toList();
    }

    @ParameterizedTest
    @MethodSource("topics")
    void everyTruncationIsPoison(Topic<?> topic) {
        // Given
        byte[] whole = Samples.encode(topic, Samples.event(topic)).value();
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            // When // Then
            assertPoison(topic, cut);
        }
    }

    @ParameterizedTest
    @MethodSource("topics")
    void everyFlippedBitIsPoisonOrAnEvent(Topic<?> topic) {
        // Given
        byte[] whole = Samples.encode(topic, Samples.event(topic)).value();
        // All bits of the binary format, every third of the JSON, in all positions within a byte.
        int step = topic == Topic.TOKEN_BATCHES ? 1 : 3;
        for (int bit = 0; bit < 8 * whole.length; bit += step) {
            byte[] damaged = whole.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            // When // Then
            if (topic == Topic.TOKEN_BATCHES) {
                assertPoison(topic, damaged);
            } else {
                assertPoisonOrWritable(topic, damaged);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("jsonTopics")
    void valuesThatAreNoObjectsArePoison(Topic<?> topic) {
        for (String value : List.of("", " ", "null", "[]", "7", "\"text\"", "{", "{}{}", "{} x", "<xml/>", "\u0000")) {
            // When // Then
            assertPoison(topic, value.getBytes(StandardCharsets.UTF_8));
        }
    }

    @ParameterizedTest
    @MethodSource("topics")
    void aTombstoneIsNoEvent(Topic<?> topic) {
        // Given
        ConsumerRecord<byte[], byte[]> tombstone = new ConsumerRecord<>(topic.name(), 0, 0, new byte[0], null);
        // When // Then
        assertThatExceptionOfType(PoisonEventException.class)
                .isThrownBy(() -> topic.decode(tombstone))
                .withMessage("the record has no value");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "io.alignstream.document.v2", "io.alignstream.prompt.v1", "io.alignstream.document"})
    void unknownTypesAndVersionsArePoison(String type) {
        // Given
        byte[] value =
                Samples.encode(Topic.DOCUMENTS, Samples.event(Topic.DOCUMENTS)).value();
        Headers headers = new RecordHeaders().add("ce_type", type.getBytes(StandardCharsets.UTF_8));
        // When // Then
        assertThatExceptionOfType(PoisonEventException.class)
                .isThrownBy(() -> Topic.DOCUMENTS.decode(Samples.consumed("documents", value, headers)))
                .withMessageContaining("its type is " + type)
                .withMessageContaining("io.alignstream.document.v1");
    }

    /** A release that knows a version reads what the one before it has left. */
    @Test
    void aLaterVersionOfAnEventIsTheNextReleasesToRead() {
        // Given
        byte[] value =
                Samples.encode(Topic.DOCUMENTS, Samples.event(Topic.DOCUMENTS)).value();
        List<String> types = List.of(
                "io.alignstream.document.v1",
                "io.alignstream.document.v2",
                "io.alignstream.document.v10",
                "io.alignstream.document.v0",
                "io.alignstream.document.v2b",
                "io.alignstream.prompt.v2");

        // When
        List<String> newer = types.stream()
                .filter(type -> Topic.DOCUMENTS
                        .newer(Samples.consumed(
                                "documents",
                                value,
                                new RecordHeaders().add("ce_type", type.getBytes(StandardCharsets.UTF_8))))
                        .isPresent())
                .toList();

        // Then
        assertThat(newer).containsExactly("io.alignstream.document.v2", "io.alignstream.document.v10");
        byte[] envelope = "{\"type\": \"io.alignstream.document.v3\"}".getBytes(StandardCharsets.UTF_8);
        Headers structured = new RecordHeaders()
                .add("content-type", "application/cloudevents+json".getBytes(StandardCharsets.UTF_8));
        assertThat(Topic.DOCUMENTS.newer(envelope, structured, 0, 7))
                .hasValueSatisfying(reason -> assertThat(Messages.english(reason))
                        .contains("offset 7 of documents", "io.alignstream.document.v3", "upgrade the service"));
        assertThat(Topic.DOCUMENTS.newer(null, structured, 0, 7)).isEmpty();
    }

    @Test
    void aRecordWithoutHeadersIsPoison() {
        // Given
        byte[] value =
                Samples.encode(Topic.DOCUMENTS, Samples.event(Topic.DOCUMENTS)).value();
        // When // Then
        assertThatExceptionOfType(PoisonEventException.class)
                .isThrownBy(() -> Topic.DOCUMENTS.decode(Samples.consumed("documents", value, new RecordHeaders())))
                .withMessageContaining("set the header ce_type to io.alignstream.document.v1");
    }

    /** In the structured content mode of CloudEvents the attributes stand beside the data. */
    @Test
    void structuredEventsAreRead() throws PoisonEventException {
        // Given
        byte[] value = bytes("{'specversion':'1.0','type':'io.alignstream.document.v1','source':'other','id':'1',"
                + "'data':{'id':'d','text':'t','source':'s'}}");

        // When
        Document document = Topic.DOCUMENTS.decode(Samples.consumed("documents", value, structured()));

        // Then
        assertThat(document).isEqualTo(new Document("d", "t", "s", Map.of()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
        {'type':'io.alignstream.prompt.v1','data':{}} | its type is io.alignstream.prompt.v1
        {'type':'io.alignstream.document.v1'} | has no data; put the JSON of the io.alignstream.document.v1 there
        {'data':{'id':'d'}} | nothing says what this is
        {'type':'io.alignstream.document.v1','data':'text'} | invalid io.alignstream.document.v1: value: it must be an object
        {'type':'io.alignstream.document.v1','data':{'id':7}} | value.id: it must be a text but is a number
        [] | nothing says what this is
        """)
    void structuredEventsSayWhatIsWrong(String json, String reason) {
        // When // Then
        assertThatExceptionOfType(PoisonEventException.class)
                .isThrownBy(() -> Topic.DOCUMENTS.decode(Samples.consumed("documents", bytes(json), structured())))
                .withMessageContaining(reason);
    }

    private static Headers structured() {
        return new RecordHeaders()
                .add("content-type", "application/cloudevents+json; charset=utf-8".getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void unknownFieldsAreIgnored() throws PoisonEventException {
        // Given
        byte[] value = bytes("{'id':'d','text':'t','source':'s','labels':{},'addedLater':{'x':[1]}}");
        // When
        Document document = Topic.DOCUMENTS.decode(Samples.consumed(Topic.DOCUMENTS, value));
        // Then
        assertThat(document.id()).isEqualTo("d");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
        {'text':'t','source':'s'} | id is missing or blank
        {'id':' ','text':'t','source':'s'} | id is missing or blank
        {'id':7,'text':'t','source':'s'} | it must be a text
        {'id':'d','text':true,'source':'s'} | it must be a text
        {'id':'d','text':1.5,'source':'s'} | it must be a text
        {'id':'d','text':['t'],'source':'s'} | it must be a text
        {'id':'d','text':'t','source':'s','labels':{'a':null}} | labels.a is missing
        {'id':'d','text':'t','source':'s','labels':{'a':1}} | value.labels.a: it must be a text
        {'id':'d','text':'t','source':'s','labels':{'':'x'}} | labels.keys is missing
        {'id':'d','text':'half \\ud83d of a fox','source':'s'} | text has half a character (an unpaired surrogate) at index 5
        {'id':'d','text':'half \\udd8a','source':'s'} | text has half a character
        {'id':'\\ud83d','text':'t','source':'s'} | id has half a character
        """)
    void damagedDocumentsSayWhatIsWrong(String json, String reason) {
        assertPoison(Topic.DOCUMENTS, bytes(json), reason);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
        'step':1,'totalSteps':0,'etaSeconds':0 | totalSteps is 0 but must be at least 1
        'step':-1,'totalSteps':0,'etaSeconds':0 | step is -1
        'step':1.5,'totalSteps':2,'etaSeconds':0 | value.step: it must be a whole number
        'step':'1','totalSteps':2,'etaSeconds':0 | value.step: it must be a whole number
        'step':null,'totalSteps':2,'etaSeconds':0 | value.step: it must be a whole number
        'totalSteps':2,'etaSeconds':0 | step
        'step':99999999999999999999,'totalSteps':2,'etaSeconds':0 | out of range
        'step':1,'totalSteps':2,'etaSeconds':NaN | NaN
        'step':1,'totalSteps':2,'etaSeconds':'NaN' | etaSeconds must be a finite number but is NaN
        'step':1,'totalSteps':2,'etaSeconds':1e999 | etaSeconds must be a finite number but is Infinity
        'step':1,'totalSteps':2,'etaSeconds':0,'metrics':{'loss':NaN} | NaN
        'step':1,'totalSteps':2,'etaSeconds':0,'metrics':{'loss':'NaN'} | metrics.loss must be a finite number but is NaN
        'step':1,'totalSteps':2,'etaSeconds':0,'metrics':{'loss':1e999} | metrics.loss must be a finite number
        'step':1,'totalSteps':2,'etaSeconds':0,'metrics':{'loss':null} | metrics.loss must be a finite number
        """)
    void figuresMustBeNumbers(String fields, String reason) {
        assertPoison(Topic.TRAINING_PROGRESS, bytes("{'stage':'sft','run':'r','job':'train'," + fields + "}"), reason);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
        [] | order has 0 entries
        [[]] | order[] has 0 entries
        [[0],[0]] | exactly once
        [[0],[2]] | exactly once
        [[1],[2]] | exactly once
        [[-1],[0]] | exactly once
        [[0,null]] | order[][1] is missing
        [null] | order[0] is missing
        [[0.5]] | value.order[0][0]:
        [['0']] | value.order[0][0]: it must be a whole number
        [0] | value.order[0]: it must be a list
        """)
    void rankingsMustOrderEveryAnswerOnce(String order, String reason) {
        assertPoison(
                Topic.RANKINGS,
                bytes("{'requestId':'r','annotator':'a','guidelineVersion':'v1','order':" + order + "}"),
                reason);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
        'scores':[1] | scores has 1 entries but order names 2
        'scores':[1,6] | outside 0 to 5
        'scores':[1,-0.1] | outside 0 to 5
        'scores':[1,null] | scores[1] is missing
        'reasons':['x'] | reasons has 1 entries but order names 2
        """)
    void scoresAndReasonsMustFitTheOrder(String fields, String reason) {
        assertPoison(
                Topic.RANKINGS,
                bytes("{'requestId':'r','annotator':'a','guidelineVersion':'v1','order':[[0],[1]]," + fields + "}"),
                reason);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
        [] | messages has 0 entries
        [{'role':'assistant','content':'x'}] | the last of messages must be the user's
        [{'role':'root','content':'x'}] | value.messages[0].role:
        [{'role':1,'content':'x'}] | value.messages[0].role: it is 1 but must be one of system, user, assistant
        [{'role':'user','content':' '}] | content is missing or blank
        [{'role':'user'}] | content is missing or blank
        [null] | messages[0] is missing
        {} | value.messages: it must be a list
        """)
    void promptsMustWaitForAnAnswer(String messages, String reason) {
        assertPoison(Topic.PROMPTS, bytes("{'id':'p','messages':" + messages + "}"), reason);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
        'http://evil/x' | uri must start with file: or s3: but is http://evil/x
        'relative/x' | uri must start with file: or s3:
        ':' | value.reference.uri: it is :, which is not well formed
        null | uri is missing
        7 | uri must start with file: or s3:
        """)
    void referencesMustPointToAStore(String uri, String reason) {
        assertPoison(
                Topic.CHECKPOINTS,
                bytes("{'stage':'sft','run':'r','step':1,'reference':{'uri':" + uri + ",'sha256':'" + Samples.HASH
                        + "','size':1}}"),
                reason);
    }

    @ParameterizedTest
    @CsvSource({"tokenizer", "inference"})
    void onlyTrainingStagesHaveCheckpoints(String stage) {
        assertPoison(
                Topic.CHECKPOINTS,
                bytes("{'stage':'" + stage + "','run':'r','step':1,'reference':{'uri':'file:/x','sha256':'"
                        + Samples.HASH + "','size':1}}"),
                "stage must be pretrain, sft, reward or rlhf but is " + stage);
    }

    @Test
    void oversizeTextIsPoisonWithAShortReason() {
        // Given
        String text = "x".repeat(Document.MAX_TEXT + 1);
        // When // Then
        assertPoison(
                Topic.DOCUMENTS,
                bytes("{'id':'d','text':'" + text + "','source':'s'}"),
                "text has 1,000,001 characters, the limit is 1,000,000; split it");
        assertPoison(Topic.DOCUMENTS, bytes("{'id':'" + text + "','text':'t','source':'s'}"), "id has 1,000,001");
    }

    @Test
    void reasonsNeverQuoteAWholeValue() {
        // Given
        String text = "x".repeat(100_000);
        // When // Then
        assertPoison(
                Topic.CLEAN_DOCUMENTS, bytes("{'id':'d','text':'t','source':'s','contentHash':'" + text + "'}"), "");
        assertPoison(Topic.TRAINING_PROGRESS, bytes("{'stage':'" + text + "'}"), "");
        assertPoison(Topic.DOCUMENTS, text.getBytes(StandardCharsets.UTF_8), "");
    }

    @Test
    void deepNestingIsPoison() {
        // Given
        String deep = "[".repeat(100_000) + "]".repeat(100_000);
        // When // Then
        assertPoison(Topic.RANKINGS, bytes("{'order':" + deep + "}"), "value.order[0][0]: ");
        assertPoison(Topic.RANKINGS, bytes("{'unknown':" + deep + "}"), "nested deeper than 32");
    }

    @Test
    void theReasonIsACodeWithTheParsersWordsAsAnArgument() {
        // Given
        byte[] value = bytes("{'unknown'");

        // When
        PoisonEventException poison = catchThrowableOfType(
                PoisonEventException.class, () -> Topic.RANKINGS.decode(Samples.consumed(Topic.RANKINGS, value)));

        // Then
        assertThat(poison.reason().code()).isEqualTo("poison.notJson");
        assertThat(poison.reason().arguments()).containsKeys("type", "detail");
        assertThat(Messages.in(Language.CHINESE).text(poison.reason())).startsWith("不是 io.alignstream.ranking.v1");
    }

    @Test
    void theReasonOfAWrongFieldIsACodeInAnother() {
        // Given
        Reason missing = Reason.of("invalid.missing").with("field", "order[0]");

        // When
        PoisonEventException poison = catchThrowableOfType(
                PoisonEventException.class,
                () -> Topic.RANKINGS.decode(
                        Samples.consumed(Topic.RANKINGS, bytes("{'requestId':'r','annotator':'a','order':[null]}"))));

        // Then
        assertThat(poison.reason())
                .isEqualTo(Reason.of("poison.invalid")
                        .with("type", "io.alignstream.ranking.v1")
                        .with("problem", missing));
    }

    @Test
    void whatTheSenderWroteIsCut() {
        // Given
        Reason endless = Reason.of("poison.otherType").with("actual", "x".repeat(1_000_000));

        // When
        PoisonEventException poison = new PoisonEventException(Reason.of("and").with("next", endless));

        // Then
        assertThat(poison.reason().toString()).hasSizeLessThan(PoisonEventException.MAX_REASON + 200);
    }

    private static byte[] bytes(String json) {
        return json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    }

    private static void assertPoison(Topic<?> topic, byte[] value) {
        assertPoison(topic, value, "");
    }

    private static void assertPoison(Topic<?> topic, byte[] value, String reason) {
        assertThatExceptionOfType(PoisonEventException.class)
                .isThrownBy(() -> topic.decode(Samples.consumed(topic, value)))
                .withMessageContaining(reason)
                .satisfies(e -> assertThat(e.getMessage()).hasSizeBetween(5, PoisonEventException.MAX_REASON));
    }

    /** What decodes must also encode: otherwise the stage that passes it on fails. */
    private static void assertPoisonOrWritable(Topic<?> topic, byte[] value) {
        Object event;
        try {
            event = topic.decode(Samples.consumed(topic, value));
        } catch (PoisonEventException e) {
            assertThat(e.getMessage()).isNotBlank();
            return;
        }
        assertThat(Samples.encode(topic, event).value()).isNotEmpty();
    }
}
