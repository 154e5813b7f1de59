package io.alignstream.pretrain.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.contracts.hash.RecordsHash;
import io.alignstream.contracts.messages.Reason;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PackedDocumentsTest {

    private static final String SHA = "ab".repeat(32);

    private final Packer packer = new Packer();

    @Test
    void anEmptyPartitionOfTheSnapshotKeepsNobodyWaiting() throws Exception {
        // Given: documents in two of three partitions
        PackedDocuments documents = new PackedDocuments(
                tokenizer(new PartitionRange(0, 0, 5), new PartitionRange(1, 3, 3), new PartitionRange(2, 0, 7)));

        // When
        documents.add(end(0, 5), packer.record(end(0, 5), 0, 10));
        boolean early = documents.holdsOwnDocuments();
        documents.add(end(2, 7), packer.record(end(2, 7), 1, 4));

        // Then
        assertThat(early).isFalse();
        assertThat(documents.holdsOwnDocuments()).isTrue();
        assertThat(documents.ownDocuments().partitions())
                .containsExactly(new PartitionRange(0, 10, 11), new PartitionRange(1, 4, 5));
    }

    @Test
    void aLostBatchThatWouldHaveEndedTheSnapshotKeepsNobodyWaitingOnceDocumentsBehindItCome() throws Exception {
        // Given
        PackedDocuments documents = new PackedDocuments(tokenizer(new PartitionRange(0, 0, 5)));
        TokenBatch first = batch(0, 4, false);
        documents.add(first, packer.record(first, 0, 10));
        packer.record(batch(1, 5, true), 0, 11); // lost

        // When
        TokenBatch behind = batch(2, 6, false);
        documents.add(behind, packer.record(behind, 0, 12));

        // Then
        assertThat(documents.holdsOwnDocuments()).isTrue();
        assertThat(documents.ownDocuments().partitions()).containsExactly(new PartitionRange(0, 10, 11));
        assertThat(documents.withProblem(Reason.verbatim("waiting")).toString()).contains("sequencesLost");
    }

    @Test
    void theContentOfARangeIsThatOfItsRecordsAndOfNoOthers() throws Exception {
        // Given: batches of this tokenizer among records of others
        PackedDocuments documents = new PackedDocuments(tokenizer(new PartitionRange(0, 0, 5)));
        RecordsHash[] upTo = new RecordsHash[4];
        for (int offset = 0; offset < upTo.length; offset++) {
            upTo[offset] = new RecordsHash(offset + 1, 0, 0, 1L << offset);
        }

        // When
        documents.add(batch(0, 4, false), placed(packer.record(batch(0, 4, false), 0, 1), upTo[0], upTo[1]));
        documents.add(batch(1, 5, true), placed(packer.record(batch(1, 5, true), 0, 3), upTo[2], upTo[3]));

        // Then
        assertThat(documents.all())
                .isEqualTo(new DatasetSnapshot(
                        "token-batches",
                        List.of(new PartitionRange(0, 1, 4)),
                        upTo[3].minus(upTo[0]).hex()));
        assertThat(documents.ownDocuments()).isEqualTo(documents.all());
    }

    @Test
    void whatIsKeptGoesOnAsIfNothingHadEnded() throws Exception {
        // Given: one batch lost, and one of them refused
        PackedDocuments whole = new PackedDocuments(tokenizer(new PartitionRange(0, 0, 5)));
        PackedDocuments until = new PackedDocuments(tokenizer(new PartitionRange(0, 0, 5)));
        List<TokenBatch> batches = List.of(
                batch(0, 1, false), batch(1, 2, false), batch(2, 3, false), batch(3, 5, true), batch(4, 8, false));
        List<BatchRecord> records = new ArrayList<>();
        for (int i = 0; i < batches.size(); i++) {
            records.add(placed(
                    packer.record(batches.get(i), 0, i), new RecordsHash(i, i, i, i), new RecordsHash(i + 1, 0, 0, i)));
        }
        for (int i : new int[] {0, 2, 3, 4}) {
            whole.add(batches.get(i), records.get(i));
        }
        until.add(batches.get(0), records.get(0));
        until.add(batches.get(2), records.get(2));

        // When
        PackedDocuments.Kept kept = until.keep();
        byte[] json = JsonMapper.builder().build().writeValueAsBytes(kept);
        PackedDocuments restarted = new PackedDocuments(
                tokenizer(new PartitionRange(0, 0, 5)),
                JsonMapper.builder().build().readValue(json, PackedDocuments.Kept.class));
        Throwable again = catchThrowable(() -> restarted.add(batches.get(2), records.get(2)));
        restarted.add(batches.get(3), records.get(3));
        restarted.add(batches.get(4), records.get(4));

        // Then
        assertThat(again).isInstanceOf(PoisonEventException.class);
        assertThat(restarted.all()).isEqualTo(whole.all());
        assertThat(restarted.ownDocuments()).isEqualTo(whole.ownDocuments());
        assertThat(restarted.holdsOwnDocuments()).isTrue();
        assertThat(restarted.trainingSequences()).isEqualTo(whole.trainingSequences());
        Reason waiting = Reason.verbatim("waiting");
        assertThat(restarted.withProblem(waiting)).isEqualTo(whole.withProblem(waiting));
    }

    @Test
    void whoComesBackToATokenizerWhosePackingIsGoneBeginsAgain() throws Exception {
        // Given: three batches, which were deleted while another tokenizer was the newest
        PackedDocuments documents = packed(batch(0, 1, false), batch(1, 5, true), batch(2, 8, false));
        documents.announcedAgain();
        Packer anew = new Packer();

        // When
        documents.add(batch(0, 1, false), anew.record(batch(0, 1, false), 0, 20));

        // Then
        assertThat(documents.trainingSequences()).isEqualTo(1);
        assertThat(documents.holdsOwnDocuments()).isFalse();
        assertThat(documents.all().partitions()).containsExactly(new PartitionRange(0, 20, 21));
        assertThat(catchThrowable(() -> documents.add(batch(0, 1, false), anew.record(batch(0, 1, false), 0, 21))))
                .isInstanceOf(PoisonEventException.class);
    }

    @Test
    void whoComesBackToATokenizerBeginsAgainAfterARestartToo() throws Exception {
        // Given
        PackedDocuments documents = packed(batch(0, 1, false), batch(1, 5, true));
        documents.announcedAgain();
        PackedDocuments restarted = new PackedDocuments(tokenizer(new PartitionRange(0, 0, 5)), documents.keep());

        // When
        restarted.add(batch(0, 1, false), new Packer().record(batch(0, 1, false), 0, 20));

        // Then
        assertThat(restarted.trainingSequences()).isEqualTo(1);
    }

    @Test
    void aPackerThatGoesOnIsNotTakenForOneThatBeginsAgain() throws Exception {
        // Given
        PackedDocuments documents = packed(batch(0, 1, false), batch(1, 5, true));
        documents.announcedAgain();
        documents.add(batch(2, 8, false), packer.record(batch(2, 8, false), 0, 20));

        // When
        Throwable repeated =
                catchThrowable(() -> documents.add(batch(0, 1, false), new Packer().record(batch(0, 1, false), 0, 21)));

        // Then
        assertThat(repeated).isInstanceOf(PoisonEventException.class);
        assertThat(documents.trainingSequences()).isEqualTo(3);
    }

    @Test
    void aFirstBatchThatIsNoneOfThePackersChangesNothing() throws Exception {
        // Given
        PackedDocuments documents = packed(batch(0, 1, false), batch(1, 5, true));
        documents.announcedAgain();
        BatchRecord other = packer.record(batch(2, 8, false), 0, 20);

        // When
        Throwable refused = catchThrowable(() -> documents.add(batch(0, 1, false), other));

        // Then
        assertThat(refused).isInstanceOf(PoisonEventException.class);
        assertThat(documents.trainingSequences()).isEqualTo(2);
        assertThat(documents.all().partitions()).containsExactly(new PartitionRange(0, 0, 2));
    }

    private PackedDocuments packed(TokenBatch... batches) throws PoisonEventException {
        PackedDocuments documents = new PackedDocuments(tokenizer(new PartitionRange(0, 0, 5)));
        for (int offset = 0; offset < batches.length; offset++) {
            documents.add(batches[offset], packer.record(batches[offset], 0, offset));
        }
        return documents;
    }

    private static BatchRecord placed(BatchRecord record, RecordsHash before, RecordsHash upTo) {
        return new BatchRecord(
                record.partition(), record.offset(), record.ledgerRoot(), record.ledgerBefore(), before, upTo);
    }

    private static TokenBatch batch(long first, long documentOffset, boolean end) {
        return new TokenBatch(SHA, 0, TokenBatch.Split.TRAINING, first, 2, new int[] {1, 2}, 0, documentOffset, end);
    }

    private static TrainedTokenizer tokenizer(PartitionRange... ranges) {
        return new TrainedTokenizer(
                "default",
                new Reference(URI.create("file:/store/tokenizer"), SHA, 1),
                300,
                SHA,
                new DatasetSnapshot("clean-documents", List.of(ranges)));
    }

    private static TokenBatch end(int shard, long documentOffset) {
        return new TokenBatch(
                SHA, shard, TokenBatch.Split.TRAINING, 0, 2, new int[] {1, 2}, shard, documentOffset, true);
    }
}
