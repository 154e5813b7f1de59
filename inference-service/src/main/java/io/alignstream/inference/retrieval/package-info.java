/**
 * Passages of documents that answers may be grounded in: cut, turned into vectors in this process, indexed on disk, found.
 *
 * <p>{@link io.alignstream.inference.retrieval.Retrieval} is the way in. Where it is switched on, one thread follows {@code
 * clean-documents} into the index ({@code DocumentIndexing}); any thread may search it meanwhile. Nothing of it is loaded
 * where it is switched off.
 */
@NullMarked
package io.alignstream.inference.retrieval;

import org.jspecify.annotations.NullMarked;
