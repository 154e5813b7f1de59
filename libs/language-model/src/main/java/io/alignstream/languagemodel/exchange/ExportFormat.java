package io.alignstream.languagemodel.exchange;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A layout in which other programs read a model. */
public enum ExportFormat {
    /** A folder with weights (adapters worked in), configuration and tokenizer, for transformers and most others. */
    HUGGINGFACE {
        @Override
        void write(Path model, Path target) throws IOException {
            HuggingFaceModel loaded = HuggingFaceModel.load(model);
            Files.createDirectories(target);
            loaded.save(target);
        }
    },
    /** A folder with LoRA adapters only and the address of their base model, for PEFT. */
    PEFT {
        @Override
        void write(Path model, Path target) throws IOException {
            PeftAdapter.export(model, target);
        }
    },
    /** One file with weights and tokenizer, for llama.cpp and what is built on it. */
    GGUF {
        @Override
        void write(Path model, Path target) throws IOException {
            HuggingFaceModel loaded = HuggingFaceModel.load(model);
            loaded.requireCausal(
                    "written as GGUF; --format huggingface writes it for transformers' fill-mask pipeline");
            GgufModel.export(loaded, target);
        }
    };

    /** The file of a folder that says what the model is. */
    public static final String README = "README.md";

    /**
     * Writes the model of a checkpoint, or of a folder of others, in this layout.
     *
     * @param target the new folder or file
     * @throws FileAlreadyExistsException if {@code target} exists
     * @throws IOException if the model cannot be read or has no place in this layout; says why
     */
    public void export(Path model, Path target) throws IOException {
        export(model, target, null);
    }

    /**
     * The same, where the layout is a folder with what people read first.
     *
     * @param readme text of {@value #README}; null for none
     */
    public void export(Path model, Path target, @Nullable String readme) throws IOException {
        AtomicWrite.create(target, unfinished -> {
            write(model, unfinished);
            if (readme != null && Files.isDirectory(unfinished)) {
                Files.writeString(unfinished.resolve(README), readme);
            }
        });
    }

    abstract void write(Path model, Path target) throws IOException;
}
