package io.alignstream.languagemodel.checkpoint;

import io.alignstream.contracts.Reference;
import java.nio.file.Path;

/**
 * A checkpoint whose every byte was checked when it was opened.
 *
 * @param reference what travels in events
 * @param manifest its manifest
 * @param folder a local folder with its files; never write into it
 */
public record StoredCheckpoint(Reference reference, Manifest manifest, Path folder) {}
