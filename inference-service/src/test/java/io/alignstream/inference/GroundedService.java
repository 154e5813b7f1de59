package io.alignstream.inference;

import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.stageruntime.testing.TopicProbe;
import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;

/** A service that indexes documents. */
public final class GroundedService implements QuarkusTestProfile {

    static final String OLN = "The mayor of Velmora is Tarik Oln. He was elected in the spring.";
    static final String ASKED = "Who is the mayor of Velmora?";

    @Override
    public Map<String, String> getConfigOverrides() {
        return Map.of(
                "alignstream.inference.retrieval.enabled", "true",
                "alignstream.inference.retrieval.folder", "target/test-passages");
    }

    static void publish(TopicProbe topics, String id, String text, Map<String, String> labels) {
        topics.publish(
                Topic.CLEAN_DOCUMENTS, new CleanDocument(id, text, "test", labels, Sha256.hex(text), text.length()));
    }
}
