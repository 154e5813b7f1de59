package io.alignstream.local.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import io.alignstream.contracts.Document;
import io.alignstream.languagemodel.testing.S3Server;
import io.alignstream.local.input.file.InputException;
import io.alignstream.local.input.file.InputFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Documents in a bucket of a real S3 server. */
class S3ObjectsTest {

    @TempDir
    private static Path folder;

    private static S3Server server;

    @BeforeAll
    static void start() throws Exception {
        server = S3Server.start(folder);
        server.put("texts/a.jsonl", "{\"text\": \"one\"}\n{\"text\": \"two\"}\n".getBytes(StandardCharsets.UTF_8));
        server.put("texts/deep/b.txt.zst", Zstd.compress("三\n".getBytes(StandardCharsets.UTF_8)));
        server.put("texts/picture.png", new byte[] {1});
        server.put("texts-old/c.txt", "old".getBytes(StandardCharsets.UTF_8));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void readsWhatLiesBelowAnAddress() {
        // Given
        DocumentSource source = DocumentSource.at(List.of("s3://" + S3Server.BUCKET + "/texts"), false);
        List<Document> documents = new ArrayList<>();

        // When
        source.forEach(documents::add);

        // Then
        assertThat(documents).extracting(Document::text).containsExactly("one", "two", "三");
        assertThat(documents.getLast().source()).isEqualTo("s3://" + S3Server.BUCKET + "/texts/deep/b.txt.zst");
        assertThat(source.bytesRead())
                .isEqualTo(source.files().stream().mapToLong(InputFile::bytes).sum());
    }

    @Test
    void anObjectOfItsOwnNameIsRead() {
        // When
        List<Document> documents = new ArrayList<>();
        DocumentSource.at(List.of("s3://" + S3Server.BUCKET + "/texts-old/c.txt"), false)
                .forEach(documents::add);

        // Then
        assertThat(documents).extracting(Document::text).containsExactly("old");
    }

    @Test
    void anObjectThatChangesHasAnotherVersion() {
        // Given
        String address = "s3://" + S3Server.BUCKET + "/changing/d.txt";
        server.put("changing/d.txt", "before".getBytes(StandardCharsets.UTF_8));
        String before =
                DocumentSource.at(List.of(address), false).files().getFirst().version();

        // When
        server.put("changing/d.txt", "behind".getBytes(StandardCharsets.UTF_8));

        // Then
        assertThat(DocumentSource.at(List.of(address), false).files().getFirst().version())
                .isNotEqualTo(before);
    }

    @Test
    void saysWhatIsMissing() {
        assertThatThrownBy(() -> DocumentSource.at(List.of("s3://" + S3Server.BUCKET + "/nothing"), false))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("nothing")
                .hasMessageContaining("holds no documents");
        assertThatThrownBy(() -> DocumentSource.at(List.of("s3://no-such-bucket/x"), false))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("s3://no-such-bucket/x: cannot be listed")
                .hasMessageContaining("AWS_REGION");
        assertThatThrownBy(() -> DocumentSource.at(List.of("s3:///x"), false))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("write s3://BUCKET/PATH");
    }
}
