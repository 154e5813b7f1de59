/**
 * Checkpoints: folders of safetensors and JSON files whose {@code manifest.json} is written last and makes them exist.
 *
 * <p>A checkpoint is content-addressed (the manifest holds every file's hash, the {@link
 * io.alignstream.contracts.Reference} holds the manifest's), create-only, and holds neither pickles nor serialised Java
 * objects. Whatever happens while one is being saved (a crash, a full disk, a twin that saves the same), a {@link
 * io.alignstream.languagemodel.checkpoint.CheckpointStore} shows either the whole checkpoint or none. What it hands out
 * has been checked byte for byte.
 */
@NullMarked
package io.alignstream.languagemodel.checkpoint;

import org.jspecify.annotations.NullMarked;
