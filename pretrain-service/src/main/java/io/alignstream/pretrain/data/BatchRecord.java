package io.alignstream.pretrain.data;

import io.alignstream.contracts.hash.SequenceLedger;
import io.alignstream.stageruntime.Origin;
import java.util.Optional;

/**
 * The record that a token batch came in: where it stands, and what the packer vouches for. Immutable.
 *
 * @param ledgerRoot the packer's root after this batch, if the record has one
 */
record BatchRecord(int partition, long offset, Optional<String> ledgerRoot) {

    static BatchRecord of(Origin origin) {
        return new BatchRecord(origin.partition(), origin.offset(), origin.header(SequenceLedger.HEADER));
    }
}
