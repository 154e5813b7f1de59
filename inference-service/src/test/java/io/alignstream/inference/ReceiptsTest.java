package io.alignstream.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReceiptsTest {

    private static final String ID = "chatcmpl-1";
    private static final RecentResponses.Response ANSWER =
            new RecentResponses.Response(List.of(Message.user("你好")), "你好！", true, "ab".repeat(32));

    @TempDir
    private Path folder;

    private Receipts receipts;

    @BeforeEach
    void open() throws IOException {
        receipts = instance("store");
        receipts.prepare();
    }

    private Receipts instance(String store) throws IOException {
        return new Receipts(CheckpointStore.open(folder.resolve(store).toUri(), folder));
    }

    @Test
    void anotherInstanceReadsThem() throws IOException {
        // Given
        String receipt = receipts.of(ID, ANSWER).orElseThrow();
        Receipts another = instance("store");

        // When
        var read = another.open(ID, receipt);

        // Then
        assertThat(read).contains(ANSWER);
    }

    @Test
    void twoInstancesThatStartedAtTheSameMomentReadEachOthers() throws IOException {
        // Given: one that has not seen the key of the other
        Receipts other = instance("other");
        other.prepare();
        String receipt = other.of(ID, ANSWER).orElseThrow();
        copyKey("other", "store");

        // When
        var read = receipts.open(ID, receipt);

        // Then
        assertThat(read).contains(ANSWER);
    }

    private void copyKey(String from, String to) throws IOException {
        try (CheckpointStore source = CheckpointStore.open(folder.resolve(from).toUri(), folder)
                        .below(Receipts.FOLDER);
                CheckpointStore target =
                        CheckpointStore.open(folder.resolve(to).toUri(), folder).below(Receipts.FOLDER)) {
            var key = source.newest(Stage.INFERENCE, "secret").orElseThrow();
            target.save(
                    Manifest.draft(Stage.INFERENCE, "secret", 0).withComplete(true),
                    copy -> Files.copy(key.folder().resolve("secret"), copy.resolve("secret")));
        }
    }

    @Test
    void aUserIsTheSameAtEveryInstanceAndAnotherForEachClientAndStore() throws IOException {
        // Given
        Receipts stranger = instance("another store");

        // When
        String ann = receipts.pseudonym("key:shop", "ann").orElseThrow();

        // Then
        assertThat(ann).matches("[0-9a-f]{24}");
        assertThat(instance("store").pseudonym("key:shop", "ann")).contains(ann);
        assertThat(receipts.pseudonym("key:school", "ann")).isPresent().isNotEqualTo(Optional.of(ann));
        assertThat(receipts.pseudonym("key:shop", "bob")).isPresent().isNotEqualTo(Optional.of(ann));
        assertThat(receipts.pseudonym("key:shopa", "nn")).isPresent().isNotEqualTo(Optional.of(ann));
        assertThat(stranger.pseudonym("key:shop", "ann")).isPresent().isNotEqualTo(Optional.of(ann));
    }

    @Test
    void nobodyElseMakesThem() throws IOException {
        // Given
        Receipts stranger = instance("another store");
        stranger.prepare();
        String forged = stranger.of(ID, ANSWER).orElseThrow();

        // When
        var read = receipts.open(ID, forged);

        // Then
        assertThat(read).isEmpty();
    }

    @Test
    void aChangedOneIsNone() {
        // Given
        byte[] bytes = Base64.getUrlDecoder().decode(receipts.of(ID, ANSWER).orElseThrow());
        bytes[bytes.length - 10] ^= 1;

        // When
        var read = receipts.open(ID, Base64.getUrlEncoder().encodeToString(bytes));

        // Then
        assertThat(read).isEmpty();
    }

    @Test
    void thatOfAnotherAnswerIsNone() {
        // Given
        String receipt = receipts.of(ID, ANSWER).orElseThrow();

        // When
        var read = receipts.open("chatcmpl-2", receipt);

        // Then
        assertThat(read).isEmpty();
    }

    @Test
    void whatIsNoBase64IsNone() {
        assertThat(receipts.open(ID, "no receipt!")).isEmpty();
        assertThat(receipts.open(ID, "")).isEmpty();
    }
}
