/**
 * Looking into the models behind the served release: the page {@code /explorer} and what it asks.
 *
 * <p>{@link io.alignstream.inference.explorer.ExplorerModels} finds the base and the SFT model by the manifests of the
 * release, loads one of the three at a time beside the model in service, and lets one question after the other look into
 * it. What is measured is defined in {@link io.alignstream.languagemodel.insight}; nothing here changes anything.
 */
@NullMarked
package io.alignstream.inference.explorer;

import org.jspecify.annotations.NullMarked;
