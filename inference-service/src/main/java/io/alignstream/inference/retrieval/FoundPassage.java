package io.alignstream.inference.retrieval;

/**
 * A passage that was found.
 *
 * @param similarity to the question, the cosine of both vectors, up to 1
 */
public record FoundPassage(Passage passage, double similarity) {}
