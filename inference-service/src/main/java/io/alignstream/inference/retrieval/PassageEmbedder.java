package io.alignstream.inference.retrieval;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.onnx.AbstractInProcessEmbeddingModel;
import dev.langchain4j.model.embedding.onnx.OnnxBertBiEncoder;
import dev.langchain4j.model.embedding.onnx.PoolingMode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * The embedding model of one language in memory, which makes vectors of length 1; thread-safe.
 *
 * <p>Its files come with LangChain4j's artefact, its session is made here: on the caller's thread, as libtorch needs the
 * processors, without an arena that keeps the memory of the longest text, and closed when nobody needs it any more.
 */
final class PassageEmbedder extends AbstractInProcessEmbeddingModel implements AutoCloseable {

    private final Language language;
    private final OrtSession session;
    private final OnnxBertBiEncoder encoder;
    /** Held to compute; to close is to write. */
    private final ReadWriteLock lock = new ReentrantReadWriteLock();

    /** Loads the model of {@code language}. */
    PassageEmbedder(Language language) {
        super(Runnable::run);
        this.language = language;
        try (InputStream tokenizer = file(language.model() + "-tokenizer.json");
                InputStream network = file(language.model() + ".onnx");
                OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            OrtEnvironment environment = OrtEnvironment.getEnvironment();
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            options.setCPUArenaAllocator(false);
            this.session = environment.createSession(network.readAllBytes(), options);
            this.encoder = encoder(environment, session, tokenizer);
        } catch (OrtException e) {
            throw new UncheckedIOException(new IOException("ONNX Runtime does not take " + language.model(), e));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Or none, and the session is closed: a model that cannot be used is tried again with the next text. */
    private static OnnxBertBiEncoder encoder(OrtEnvironment environment, OrtSession session, InputStream tokenizer)
            throws OrtException {
        try {
            return new OnnxBertBiEncoder(environment, session, tokenizer, PoolingMode.CLS);
        } catch (RuntimeException | Error e) {
            session.close();
            throw e;
        }
    }

    private static InputStream file(String name) throws IOException {
        InputStream file = OnnxBertBiEncoder.class.getClassLoader().getResourceAsStream(name);
        if (file == null) {
            throw new IOException(name + " is not on the class path; it comes with LangChain4j's embedding models");
        }
        return file;
    }

    @Override
    protected OnnxBertBiEncoder model() {
        return encoder;
    }

    @Override
    protected Integer knownDimension() {
        return language.dimensions();
    }

    /** The vector of each of {@code texts}, none of which is blank. */
    List<float[]> vectors(List<String> texts) {
        lock.readLock().lock();
        try {
            return embedAll(texts.stream().map(TextSegment::from).toList()).content().stream()
                    .map(Embedding::vector)
                    .toList();
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("cannot free " + language.model(), e);
        } finally {
            lock.writeLock().unlock();
        }
    }
}
