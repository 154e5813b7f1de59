/**
 * Hashes: the one place that knows SHA-256, and the ledger by which two parties know that they saw the same sequences.
 */
@NullMarked
package io.alignstream.contracts.hash;

import org.jspecify.annotations.NullMarked;
