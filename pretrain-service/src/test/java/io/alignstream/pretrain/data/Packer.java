package io.alignstream.pretrain.data;

import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.hash.SequenceLedger;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Lets batches go in their order, each in the record that the packer would put it into. */
final class Packer {

    private final TokenBatch.Ledgers ledgers = new TokenBatch.Ledgers();

    BatchRecord record(TokenBatch batch, int partition, long offset) {
        ProducerRecord<byte[], byte[]> record = ledgers.record(batch, "test");
        return new BatchRecord(
                partition, offset, header(record, SequenceLedger.HEADER), header(record, SequenceLedger.BEFORE));
    }

    private static Optional<String> header(ProducerRecord<byte[], byte[]> record, String name) {
        return Optional.of(new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8));
    }
}
