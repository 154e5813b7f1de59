package io.alignstream.local.broker;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.local.project.Project;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/** The users of the Kubernetes manifests, as Strimzi's user operator reads them. */
final class UserManifests {

    static final String USERS = "k8s/components/kafka-users/users.yaml";

    private UserManifests() {}

    /** Each user's rights. */
    static Map<String, Map<ResourcePattern, Set<AclOperation>>> rights() {
        return Project.yaml(USERS).stream()
                .collect(Collectors.toMap(user -> user.at("/metadata/name").asText(), UserManifests::rights));
    }

    /** The same as the brokers are told them. */
    static List<AclBinding> bindings() {
        return rights().entrySet().stream()
                .flatMap(user -> user.getValue().entrySet().stream().flatMap(right -> right.getValue().stream()
                        .map(operation -> new AclBinding(
                                right.getKey(),
                                new AccessControlEntry(
                                        "User:" + user.getKey(), "*", operation, AclPermissionType.ALLOW)))))
                .toList();
    }

    private static Map<ResourcePattern, Set<AclOperation>> rights(JsonNode user) {
        Map<ResourcePattern, Set<AclOperation>> rights = new HashMap<>();
        user.at("/spec/authorization/acls").forEach(acl -> {
            Set<AclOperation> operations = EnumSet.noneOf(AclOperation.class);
            acl.at("/operations")
                    .forEach(operation -> operations.add(
                            AclOperation.valueOf(operation.asText().toUpperCase(Locale.ROOT))));
            if (rights.put(pattern(acl.at("/resource")), operations) != null) {
                throw new AssertionError(user.at("/metadata/name") + " has two lines for " + acl.at("/resource"));
            }
        });
        return rights;
    }

    private static ResourcePattern pattern(JsonNode resource) {
        ResourceType type =
                switch (resource.at("/type").asText()) {
                    case "topic" -> ResourceType.TOPIC;
                    case "group" -> ResourceType.GROUP;
                    case "transactionalId" -> ResourceType.TRANSACTIONAL_ID;
                    default -> throw new AssertionError("no resource of Strimzi's: " + resource);
                };
        boolean prefix = resource.at("/patternType").asText("literal").equals("prefix");
        return new ResourcePattern(
                type, resource.at("/name").asText(), prefix ? PatternType.PREFIXED : PatternType.LITERAL);
    }
}
