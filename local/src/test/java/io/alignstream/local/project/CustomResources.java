package io.alignstream.local.project;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;

/** What operators' own definitions say of their resources. */
public final class CustomResources {

    private static final String DEFINITIONS = "local/src/test/resources/crd/";

    private CustomResources() {}

    /** The schema of the resources called {@code plural}, which takes no field that it does not name. */
    public static JsonSchema schema(String plural) {
        ObjectNode schema = (ObjectNode)
                Project.yaml(DEFINITIONS + plural + ".yaml").getFirst().at("/spec/versions/0/schema/openAPIV3Schema");
        close(schema);
        ((ObjectNode) schema.at("/properties")).putObject("metadata").put("type", "object");
        return JsonSchemaFactory.getInstance(VersionFlag.V202012).getSchema(schema);
    }

    /** What a schema does not name is an error, as it is for the API server when it is asked to be strict. */
    private static void close(JsonNode schema) {
        if (schema instanceof ObjectNode object
                && object.path("properties").isObject()
                && !object.has("additionalProperties")
                && !object.path("x-kubernetes-preserve-unknown-fields").asBoolean()) {
            object.put("additionalProperties", false);
        }
        schema.forEach(CustomResources::close);
    }
}
