package io.alignstream.contracts;

import io.alignstream.contracts.check.Check;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import java.net.URI;

/**
 * Points at an artefact in the object store; the artefact itself never travels on Kafka.
 *
 * @param uri folder of the artefact, scheme {@code file} or {@code s3}
 * @param sha256 hash of the artefact's manifest, 64 lower-case hexadecimal digits: its content address
 * @param size bytes of all files together
 */
public record Reference(URI uri, String sha256, long size) {

    public Reference {
        Check.present("uri", uri);
        String scheme = uri.getScheme();
        if (!"file".equals(scheme) && !"s3".equals(scheme)) {
            throw new InvalidInputException(Reason.of("invalid.uri").with("uri", uri.toString()));
        }
        Check.sha256("sha256", sha256);
        Check.atLeast("size", size, 0);
    }

    /** The first 12 digits of the hash: what people see, and what folders are called by. */
    public String shortSha256() {
        return sha256.substring(0, 12);
    }
}
