package io.alignstream.pretrain.data;

import io.alignstream.contracts.hash.RecordsHash;
import io.alignstream.contracts.hash.SequenceLedger;
import io.alignstream.stageruntime.Origin;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The record that a token batch came in: where it stands, and what the packer vouches for. Immutable.
 *
 * @param ledgerRoot the packer's root after this batch, if the record has one
 * @param ledgerBefore the packer's ledger before this batch, in hexadecimal, if the record has one
 * @param before all records of the partition before this one
 * @param upTo the same with this one
 */
public record BatchRecord(
        int partition,
        long offset,
        Optional<String> ledgerRoot,
        Optional<String> ledgerBefore,
        RecordsHash before,
        RecordsHash upTo) {

    /** One whose neighbours nobody has read. */
    BatchRecord(int partition, long offset, Optional<String> ledgerRoot, Optional<String> ledgerBefore) {
        this(partition, offset, ledgerRoot, ledgerBefore, RecordsHash.NONE, RecordsHash.NONE);
    }

    /** The record that {@code origin} describes. */
    public static BatchRecord of(Origin origin) {
        return new BatchRecord(
                origin.partition(),
                origin.offset(),
                origin.header(SequenceLedger.HEADER),
                origin.header(SequenceLedger.BEFORE),
                origin.upTo().minus(origin.hash()),
                origin.upTo());
    }

    /** The packer's ledger of the {@code sequences} before this batch; empty if the record has none, or of another size. */
    Optional<SequenceLedger> before(long sequences) {
        return ledgerBefore.flatMap(BatchRecord::ledger).filter(ledger -> ledger.size() == sequences);
    }

    private static Optional<SequenceLedger> ledger(String state) {
        try {
            return Optional.of(SequenceLedger.of(HexFormat.of().parseHex(state)));
        } catch (RuntimeException e) {
            return Optional.empty(); // whoever wrote it keeps no ledger
        }
    }
}
