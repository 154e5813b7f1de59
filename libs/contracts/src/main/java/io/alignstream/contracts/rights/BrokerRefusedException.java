package io.alignstream.contracts.rights;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/**
 * Says that the brokers do not let a user in, or refuse a right: who, on what, and which right is missing. To ask again
 * is of no use before somebody has given it.
 */
public final class BrokerRefusedException extends KafkaException implements Explained {

    private static final long serialVersionUID = 1L;

    private static final Pattern USER = Pattern.compile("\\busername\\s*=\\s*(?:\"([^\"]*)\"|'([^']*)'|([^\\s;\"']+))");
    /** Causes of causes beyond this are a circle. */
    private static final int DEEPEST = 20;

    private final transient Reason reason;

    private BrokerRefusedException(Reason reason, Throwable cause) {
        super(Messages.english(reason), cause);
        this.reason = reason;
    }

    /**
     * The refusal that {@code failure} is, or was caused by; empty if it is something else.
     *
     * @param connection settings of the client that was refused: they know the user
     * @param attempted what the client was about, if it can be one thing only; otherwise what {@link BrokerUser} says that
     *     the user needs is named
     */
    public static Optional<BrokerRefusedException> in(
            Throwable failure, Map<String, ?> connection, AclOperation... attempted) {
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < DEEPEST; depth++) {
            switch (cause) {
                case BrokerRefusedException known -> {
                    return Optional.of(known);
                }
                case AuthenticationException refused -> {
                    return Optional.of(new BrokerRefusedException(keptOut(refused, connection), failure));
                }
                case AuthorizationException refused -> {
                    return Optional.of(new BrokerRefusedException(refused(refused, connection, attempted), failure));
                }
                default -> cause = cause.getCause();
            }
        }
        return Optional.empty();
    }

    @Override
    public Reason reason() {
        return reason;
    }

    private static Reason keptOut(AuthenticationException refused, Map<String, ?> connection) {
        Throwable cause = refused.getCause();
        String detail = String.valueOf(refused.getMessage())
                + (cause == null || cause.getMessage() == null ? "" : ": " + cause.getMessage());
        return Reason.of("broker.keptOut")
                .with("user", who(connection, user(connection)))
                .with("detail", detail);
    }

    private static Reason refused(
            AuthorizationException refused, Map<String, ?> connection, AclOperation... attempted) {
        ResourceType type = type(refused);
        Optional<String> user = user(connection);
        Set<String> names = names(refused);
        Set<AclOperation> missing = new TreeSet<>(List.of(attempted));
        for (BrokerUser known : known(user)) {
            if (names.isEmpty()) {
                known.rights().keySet().stream()
                        .filter(pattern -> pattern.resourceType() == type)
                        .map(ResourcePattern::name)
                        .forEach(names::add);
            }
            if (attempted.length == 0) {
                names.forEach(name -> missing.addAll(known.operations(type, name)));
            }
        }
        Reason who = Reason.of("broker.refused").with("user", who(connection, user));
        Reason lacks = missing.isEmpty()
                ? who.with("right", Reason.of("broker.someRight"))
                : who.with("right", words(missing));
        return lacks.with("resource", resource(type, String.join(", ", names)))
                .with("detail", String.valueOf(refused.getMessage()));
    }

    private static List<BrokerUser> known(Optional<String> user) {
        return user.flatMap(name -> Arrays.stream(Stage.values())
                        .filter(stage -> stage.service().equals(name))
                        .findFirst())
                .map(BrokerUser::of)
                .map(List::of)
                .orElse(List.of());
    }

    private static ResourceType type(AuthorizationException refused) {
        return switch (refused) {
            case TopicAuthorizationException topic -> ResourceType.TOPIC;
            case GroupAuthorizationException group -> ResourceType.GROUP;
            case TransactionalIdAuthorizationException transaction -> ResourceType.TRANSACTIONAL_ID;
            case ClusterAuthorizationException cluster -> ResourceType.CLUSTER;
            default -> ResourceType.ANY;
        };
    }

    private static Set<String> names(AuthorizationException refused) {
        Set<String> names = new TreeSet<>();
        if (refused instanceof TopicAuthorizationException topics) {
            names.addAll(topics.unauthorizedTopics());
        } else if (refused instanceof GroupAuthorizationException group && group.groupId() != null) {
            names.add(group.groupId());
        }
        return names;
    }

    private static Reason resource(ResourceType type, String names) {
        return switch (type) {
            case TOPIC -> Reason.of("broker.topic").with("name", names);
            case GROUP -> Reason.of("broker.group").with("name", names);
            case TRANSACTIONAL_ID -> Reason.of("broker.transaction").with("name", names);
            default -> Reason.of("broker.cluster");
        };
    }

    /** As manifests write them: Read, Write, DescribeConfigs. */
    private static String words(Set<AclOperation> operations) {
        return operations.stream()
                .map(operation -> Arrays.stream(operation.name().split("_"))
                        .map(word -> word.charAt(0) + word.substring(1).toLowerCase(Locale.ROOT))
                        .collect(Collectors.joining()))
                .collect(Collectors.joining(", "));
    }

    private static Optional<String> user(Map<String, ?> connection) {
        Object login = connection.get(SaslConfigs.SASL_JAAS_CONFIG);
        Matcher user = USER.matcher(login == null ? "" : text(login));
        if (!user.find()) {
            return Optional.empty();
        }
        return Optional.of(
                user.group(1) != null ? user.group(1) : user.group(2) != null ? user.group(2) : user.group(3));
    }

    private static String text(Object value) {
        return value instanceof Password password ? password.value() : value.toString();
    }

    private static Reason who(Map<String, ?> connection, Optional<String> user) {
        return user.map(name -> Reason.of("broker.user").with("name", name))
                .orElseGet(() -> Reason.of(
                        connection.keySet().stream().anyMatch(name -> name.startsWith("ssl.keystore."))
                                ? "broker.certificate"
                                : "broker.nobody"));
    }
}
