/**
 * What the registry topics hold, kept in the store as well: brokers that have lost everything can be given it back.
 *
 * <p>Weights lie in the store and the verdicts on them at the brokers; without these nobody knows which model was approved,
 * rolled back or promoted. {@link io.alignstream.training.archive.RegistryArchive} keeps each record as it was published,
 * and never changes one.
 */
@NullMarked
package io.alignstream.training.archive;

import org.jspecify.annotations.NullMarked;
