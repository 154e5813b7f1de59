import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Writes the certificate authorities of a folder as the key store that Java trusts, the same bytes each time: {@code java
 * TrustStore.java FOLDER OUTPUT}.
 *
 * <p>{@code keytool} writes the time into each entry. The format is that of the JDK's class {@code
 * sun.security.provider.JavaKeyStore}: magic number, version, entries, and a sha1 over them and the password.
 */
void main(String[] arguments) throws IOException, GeneralSecurityException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(Path.of(arguments[0]))) {
        files = all.filter(file -> file.toString().endsWith(".crt")).sorted().toList();
    }
    CertificateFactory x509 = CertificateFactory.getInstance("X.509");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream store = new DataOutputStream(bytes);
    store.writeInt(0xfeedfeed);
    store.writeInt(2); // version
    store.writeInt(files.size());
    for (Path file : files) {
        Certificate certificate;
        try (InputStream in = Files.newInputStream(file)) {
            certificate = x509.generateCertificate(in);
        }
        store.writeInt(2); // a certificate that is trusted
        store.writeUTF(file.getFileName().toString().replace(".crt", "").toLowerCase(Locale.ROOT));
        store.writeLong(1_000); // entered a second after the epoch, as all files of the image
        store.writeUTF("X.509");
        store.writeInt(certificate.getEncoded().length);
        store.write(certificate.getEncoded());
    }
    MessageDigest digest = MessageDigest.getInstance("SHA-1");
    digest.update("changeit".getBytes(StandardCharsets.UTF_16BE)); // Java's customary password: the sha1 is no secret
    digest.update("Mighty Aphrodite".getBytes(StandardCharsets.UTF_8));
    bytes.write(digest.digest(bytes.toByteArray()));
    Files.write(Path.of(arguments[1]), bytes.toByteArray());
}
