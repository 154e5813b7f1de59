/**
 * What may go of the store: everything that neither the registries nor the manifests lead to.
 *
 * <p>{@link io.alignstream.training.retention.Registry} is what the topics hold now, {@link
 * io.alignstream.training.retention.Needed} follows it to what is needed, {@link
 * io.alignstream.training.retention.StoreCollector} finds the rest and deletes it. Nothing is deleted at once: a model that
 * nobody needs is marked, and goes when it has had the mark for as long as {@link
 * io.alignstream.training.retention.Retention#grace}, so that who reads it just then comes to an end.
 */
@NullMarked
package io.alignstream.training.retention;

import org.jspecify.annotations.NullMarked;
