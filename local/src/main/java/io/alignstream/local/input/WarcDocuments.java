package io.alignstream.local.input;

import com.github.luben.zstd.ZstdInputStream;
import io.alignstream.contracts.Document;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;
import org.netpreserve.jwarc.MediaType;
import org.netpreserve.jwarc.WarcConversion;
import org.netpreserve.jwarc.WarcPayload;
import org.netpreserve.jwarc.WarcReader;
import org.netpreserve.jwarc.WarcRecord;
import org.netpreserve.jwarc.WarcResponse;

/**
 * The pages of a web archive: HTML and plain text of successful responses, and the texts of Common Crawl's WET files.
 *
 * <p>Pages that the server packed (gzip, deflate, zstd) are unpacked. Other records are passed over, and so are pages of
 * more than 32 MiB, pages packed with Brotli and records that break the format inside themselves: one bad page of a crawl
 * is no reason to stop.
 */
record WarcDocuments() implements DocumentFormat {

    private static final int MAX_ADDRESS = 1_024;

    @Override
    public void read(DocumentFile file, Consumer<Document> documents) throws IOException {
        try (InputStream in = file.open();
                WarcReader reader = new WarcReader(Channels.newChannel(in))) {
            Optional<WarcRecord> record = reader.next();
            while (record.isPresent()) {
                Page page = readable(record.get());
                if (page != null && !page.text().isBlank()) {
                    RawText.repaired(null, page.text(), file.source(), page.labels())
                            .documents()
                            .forEach(documents);
                }
                record = reader.next();
            }
        }
    }

    /** The record's page, null if it is none or breaks the format: the reader goes on behind it. */
    private static @Nullable Page readable(WarcRecord record) {
        try {
            return page(record);
        } catch (IOException | RuntimeException e) {
            return null;
        }
    }

    private record Page(String text, String address) {

        /** Where it is from. */
        Map<String, String> labels() {
            return address.length() <= MAX_ADDRESS ? Map.of("url", address) : Map.of();
        }
    }

    /** The record's page, null if it is none. */
    private static @Nullable Page page(WarcRecord record) throws IOException {
        if (record instanceof WarcConversion conversion) {
            return new Page(text(bytes(conversion.body().stream()), "UTF-8"), conversion.target());
        }
        if (!(record instanceof WarcResponse response) || response.http().status() != 200) {
            return null;
        }
        Optional<WarcPayload> payload = response.payload();
        MediaType type = response.payloadType().base();
        boolean html = type.equals(MediaType.HTML) || type.toString().equals("application/xhtml+xml");
        if (payload.isEmpty() || !html && !type.toString().equals("text/plain")) {
            return null;
        }
        String packing = response.http().headers().first("Content-Encoding").orElse("identity");
        byte[] body = unpacked(bytes(payload.get().body().stream()), packing);
        if (body == null) {
            return null;
        }
        String charset = response.payloadType().parameters().get("charset");
        return new Page(html ? HtmlText.of(body, charset) : text(body, charset), response.target());
    }

    /** The page as the server packed it for its way; null if nothing here unpacks that. */
    private static byte @Nullable [] unpacked(byte[] body, String packing) throws IOException {
        InputStream packed = new ByteArrayInputStream(body);
        return switch (packing.strip().toLowerCase(Locale.ROOT)) {
            // Some crawlers unpack pages and leave the header as it was.
            case "gzip", "x-gzip" -> isGzip(body) ? bytes(new GZIPInputStream(packed)) : body;
            case "deflate" -> bytes(new InflaterInputStream(packed));
            case "zstd" -> bytes(new ZstdInputStream(packed));
            case "identity", "" -> body;
            default -> null;
        };
    }

    private static boolean isGzip(byte[] body) {
        return body.length > 1 && (body[0] & 0xFF) == 0x1F && (body[1] & 0xFF) == 0x8B;
    }

    private static byte[] bytes(InputStream in) throws IOException {
        byte[] bytes = in.readNBytes(HtmlText.MAX_BYTES + 1);
        return bytes.length > HtmlText.MAX_BYTES ? new byte[0] : bytes;
    }

    private static String text(byte[] body, @Nullable String charset) {
        try {
            return new String(body, charset == null ? "UTF-8" : charset);
        } catch (java.io.UnsupportedEncodingException e) {
            return new String(body, java.nio.charset.StandardCharsets.UTF_8);
        }
    }
}
