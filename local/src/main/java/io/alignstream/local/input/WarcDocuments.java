package io.alignstream.local.input;

import com.github.luben.zstd.ZstdInputStream;
import io.alignstream.local.input.file.InputException;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
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
 * The pages of a web archive (WARC, or ARC as before 2009): HTML and plain text of successful responses, and the texts of
 * Common Crawl's WET files.
 *
 * <p>Pages that the server packed (gzip, deflate, zstd) are unpacked. Other records are passed over and counted, and so are
 * pages of more than 32 MiB and pages packed with Brotli. A record that breaks the format is set aside, and reading goes on at
 * the next place where a record begins: behind a line end, or as a gzip member. An archive packed with zstd cannot be entered
 * in its middle, so there the rest is lost, which is said.
 */
record WarcDocuments() implements DocumentFormat {

    @Override
    public void read(DocumentFile file, Elements elements) throws IOException {
        if (file.path().toString().endsWith(".zst")) {
            try (InputStream in = file.open();
                    WarcReader reader = new WarcReader(Channels.newChannel(in))) {
                while (readNext(reader, file, elements)) {}
            }
            return;
        }
        try (FileChannel channel = FileChannel.open(file.path())) {
            WarcPlaces places = new WarcPlaces(channel, file.path().toString().endsWith(".gz"));
            long begin = 0;
            while (begin >= 0) {
                begin = readFrom(begin, places, file, elements);
            }
        }
    }

    /** Reads on from {@code begin}; where to go on after what cannot be read, -1 at the end of the file. */
    private static long readFrom(long begin, WarcPlaces places, DocumentFile file, Elements elements)
            throws IOException {
        FileChannel channel = places.channel().position(begin);
        long counted = begin;
        long records = 0;
        @Nullable WarcReader reader = null;
        IOException fault;
        try {
            reader = new WarcReader(channel); // not closed: the channel is needed afterwards
            while (readNext(reader, file, elements)) {
                records++;
                file.progress().accept(Math.max(0, channel.position() - counted));
                counted = Math.max(counted, channel.position());
            }
            return -1;
        } catch (IOException e) {
            fault = e;
        } catch (Elements.TakerException | InputException e) {
            throw e;
        } catch (RuntimeException e) {
            fault = new IOException(e);
        }
        long broken = reader == null ? begin : Math.max(begin, reader.position());
        long next = places.from(broken > begin ? broken : begin + 1);
        if (fault instanceof EOFException && next < 0) {
            throw fault;
        }
        // One fault is not counted again where reading was tried in its middle, and more line ends than needed are
        // none.
        boolean harmless = next > broken && !places.packed() && places.isBlank(broken, next);
        if ((records > 0 || begin == 0) && !harmless) {
            elements.setAside(new InputException(
                    file.path(),
                    "the record at byte " + broken + " is damaged: " + fault.getMessage()
                            + (next <= broken ? "" : "; reading goes on at byte " + next)));
        }
        return next;
    }

    private static boolean readNext(WarcReader reader, DocumentFile file, Elements elements) throws IOException {
        Optional<WarcRecord> record = reader.next();
        if (record.isEmpty()) {
            return false;
        }
        Page page;
        try {
            page = page(record.get(), elements);
        } catch (Elements.TakerException e) {
            throw e;
        } catch (EOFException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            elements.setAside(new InputException(
                    file.path(),
                    "the record at byte " + reader.position() + " holds no readable page: " + e.getMessage()));
            return true;
        }
        if (page != null) {
            elements.take(new RawText(null, page.text(), file.source(), Map.of("url", page.address())));
        }
        return true;
    }

    private record Page(String text, String address) {}

    /** The record's page, null if it is none, which is counted then. */
    private static @Nullable Page page(WarcRecord record, Elements elements) throws IOException {
        if (record instanceof WarcConversion conversion) {
            byte[] text = bytes(conversion.body().stream(), elements);
            return text == null ? null : new Page(WebEncoding.text(text, null), conversion.target());
        }
        if (!(record instanceof WarcResponse response) || response.http().status() != 200) {
            elements.passOver(InputReport.PassedOver.NO_PAGE);
            return null;
        }
        Optional<WarcPayload> payload = response.payload();
        MediaType type = response.payloadType().base();
        boolean html = type.equals(MediaType.HTML) || type.toString().equals("application/xhtml+xml");
        if (payload.isEmpty() || !html && !type.toString().equals("text/plain")) {
            elements.passOver(InputReport.PassedOver.NO_PAGE);
            return null;
        }
        String packing = response.http().headers().first("Content-Encoding").orElse("identity");
        byte[] packed = bytes(payload.get().body().stream(), elements);
        byte[] body = packed == null ? null : unpacked(packed, packing, elements);
        if (body == null) {
            return null;
        }
        String charset = response.payloadType().parameters().get("charset");
        return new Page(html ? HtmlText.of(body, charset) : WebEncoding.text(body, charset), response.target());
    }

    /** The page as the server packed it for its way; null if nothing here unpacks that, or it is too large. */
    private static byte @Nullable [] unpacked(byte[] body, String packing, Elements elements) throws IOException {
        InputStream packed = new ByteArrayInputStream(body);
        return switch (packing.strip().toLowerCase(Locale.ROOT)) {
            // Some crawlers unpack pages and leave the header as it was.
            case "gzip", "x-gzip" -> isGzip(body) ? bytes(new GZIPInputStream(packed), elements) : body;
            case "deflate" -> bytes(new InflaterInputStream(packed), elements);
            case "zstd" -> bytes(new ZstdInputStream(packed), elements);
            case "identity", "" -> body;
            default -> {
                elements.passOver(InputReport.PassedOver.UNREAD_PACKING);
                yield null;
            }
        };
    }

    private static boolean isGzip(byte[] body) {
        return body.length > 1 && (body[0] & 0xFF) == 0x1F && (body[1] & 0xFF) == 0x8B;
    }

    private static byte @Nullable [] bytes(InputStream in, Elements elements) throws IOException {
        byte[] bytes = in.readNBytes(HtmlText.MAX_BYTES + 1);
        if (bytes.length > HtmlText.MAX_BYTES) {
            elements.passOver(InputReport.PassedOver.LARGE_PAGE);
            return null;
        }
        return bytes;
    }
}
