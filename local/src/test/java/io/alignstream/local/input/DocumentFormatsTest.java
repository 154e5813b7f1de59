package io.alignstream.local.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import blue.strategic.parquet.ParquetWriter;
import com.github.luben.zstd.Zstd;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.local.input.file.InputException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.zip.DeflaterInputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Types;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pages, web archives, Parquet and packed files become documents. */
class DocumentFormatsTest {

    private static final String PAGE =
            """
            <!DOCTYPE html><html><head><title>Pandas</title><script>var x = "no text";</script>
            <meta charset="CHARSET"></head><body>
            <nav><a href="/">Home</a> <a href="/about">About us and everything that we do here</a></nav>
            <div class="site-menu">A menu with quite a long text that is nevertheless no text.</div>
            <main><h1>熊猫基地</h1><p>成都的熊猫基地在城北，早上人少，熊猫也最活泼。</p>
            <p>Most visitors come <a href="#">early</a> and leave before noon.</p>
            <ul><li><a href="/1">Another page with a long title about pandas</a></li></ul><p>Short</p>
            <h2>Nothing follows</h2></main>
            <footer>Copyright of the whole world, all rights reserved, for ever and ever.</footer></body></html>
            """;

    private static final String PAGE_TEXT =
            "熊猫基地\n成都的熊猫基地在城北，早上人少，熊猫也最活泼。\nMost visitors come early and leave before noon.";

    @TempDir
    private Path folder;

    @Test
    void pagesGiveTheirMainTextWhateverTheirEncoding() throws IOException {
        // Given
        Files.writeString(folder.resolve("1.html"), PAGE.replace("CHARSET", "utf-8"));
        Files.write(folder.resolve("2.htm"), PAGE.replace("CHARSET", "gb18030").getBytes(Charset.forName("GB18030")));

        // When
        List<Document> documents = read(folder);

        // Then
        assertThat(documents).extracting(Document::text).containsExactly(PAGE_TEXT, PAGE_TEXT);
        assertThat(documents.getFirst().id()).isEqualTo(Sha256.hex(PAGE_TEXT));
    }

    /** As the web's Encoding Standard reads the labels, not as Java reads names. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
        gb2312       | GBK           | 镕和喆都不在窄的字集里。
        x-gbk        | GBK           | 服务员写的是微软的名字，镕也在。
        GB_2312-80   | GBK           | 囧、喆、玥三个字。
        iso-8859-1   | windows-1252  | “Quotes” – dashes – and 5 €, it’s all there.
        latin1       | windows-1252  | “Quotes” – dashes – and 5 €, it’s all there.
        us-ascii     | windows-1252  | “Quotes” – dashes – and 5 €, it’s all there.
        shift_jis    | windows-31j   | ①②③ ㈱ № ～ 髙橋という文字もあります。
        x-sjis       | windows-31j   | ①②③ ㈱ № ～ 髙橋という文字もあります。
        euc-kr       | x-windows-949 | 똠방각하 펲시콜라 같은 글자도 있다.
        ks_c_5601-1987 | x-windows-949 | 똠방각하 펲시콜라 같은 글자도 있다.
        iso-8859-9   | windows-1254  | “İstanbul’da” – ığdır, 5 € eder hepsi.
        tis-620      | x-windows-874 | “ภาษาไทย” และอีกหนึ่งประโยคที่ยาวพอ
        utf-16       | UTF-8         | Whoever can read a label in ASCII does not read UTF-16.
        unknown      | UTF-8         | 没有人认识的名字，就按最常见的读。
        """)
    void labelsOfEncodingsMeanWhatBrowsersMake(String label, String charset, String text) throws IOException {
        // Given
        String page =
                "<html><head><!-- charset=koi8-r --><meta http-equiv=\"Content-Type\" content=\"text/html; charset="
                        + label + "\"></head><body><p>" + text + "</p></body></html>";
        Files.write(folder.resolve("a.html"), page.getBytes(Charset.forName(charset)));
        Files.writeString(
                folder.resolve("b.warc"),
                response("http://e.org/1", "200 OK", "text/html", page.getBytes(Charset.forName(charset))),
                StandardCharsets.ISO_8859_1);

        // When
        List<Document> documents = read(folder);

        // Then
        assertThat(documents).extracting(Document::text).containsExactly(text, text);
    }

    @Test
    void whatTheServerSaysCountsMoreThanThePageAndAByteOrderMarkMost() throws IOException {
        // Given
        String text = "朱镕基的镕字，没有在旧的字集里。";
        String page = "<meta charset=utf-8><p>" + text + "</p>";
        byte[] gbk = page.getBytes(Charset.forName("GBK"));
        byte[] marked = ("\uFEFF" + page).getBytes(StandardCharsets.UTF_8);
        Files.writeString(
                folder.resolve("a.warc"),
                response("http://e.org/1", "200 OK", "text/html; charset=GB2312", gbk)
                        + response("http://e.org/2", "200 OK", "text/html; charset=gb2312", marked)
                        + response(
                                "http://e.org/3",
                                "200 OK",
                                "text/plain; charset=gb2312",
                                text.getBytes(Charset.forName("GBK")))
                        + response(
                                "http://e.org/4",
                                "200 OK",
                                "text/plain; charset=iso-8859-1",
                                ("\uFEFF" + text).getBytes(StandardCharsets.UTF_8)),
                StandardCharsets.ISO_8859_1);

        // When
        List<Document> documents = read(folder);

        // Then
        assertThat(documents).extracting(Document::text).hasSize(4).containsOnly(text);
    }

    @Test
    void deeplyNestedPagesDoNoHarm() throws IOException {
        // Given
        String deep = "<div>".repeat(100_000) + "lost" + "</div>".repeat(100_000)
                + "<p>This sentence stands where everybody finds it.</p>";
        Files.writeString(folder.resolve("deep.html"), "<body><p>This sentence comes first of all.</p>" + deep);

        // When
        List<Document> documents = read(folder);

        // Then
        assertThat(documents).singleElement().satisfies(document -> assertThat(document.text())
                .startsWith("This sentence comes first of all.")
                .doesNotContain("lost"));
    }

    @Test
    void archivesGivePagesOfSuccessfulResponses() throws IOException {
        // Given
        byte[] body = PAGE.replace("CHARSET", "utf-8").getBytes(StandardCharsets.UTF_8);
        String warc = response("http://example.com/a", "200 OK", "text/html; charset=utf-8", body)
                + response("http://example.com/b", "404 Not Found", "text/html; charset=utf-8", body)
                + response("http://example.com/c", "200 OK", "image/png", body)
                + response(
                        "http://example.com/d",
                        "200 OK",
                        "text/plain; charset=utf-8",
                        "plain 文本".getBytes(StandardCharsets.UTF_8));
        byte[] bytes = warc.getBytes(StandardCharsets.ISO_8859_1);
        Files.write(folder.resolve("crawl.warc"), bytes);
        Files.write(folder.resolve("crawl2.warc.zst"), Zstd.compress(bytes));

        // When
        List<Document> documents = read(folder);

        // Then
        assertThat(documents).extracting(Document::text).containsExactly(PAGE_TEXT, "plain 文本", PAGE_TEXT, "plain 文本");
        assertThat(documents.get(1).labels()).isEqualTo(Map.of("url", "http://example.com/d"));
        assertThat(documents.get(1).source()).endsWith("crawl.warc");
    }

    @Test
    void packedPagesOfArchivesAreUnpacked() throws IOException {
        // Given
        byte[] page = PAGE.replace("CHARSET", "utf-8").getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream warc = new ByteArrayOutputStream();
        warc.write(gzip(packedResponse("gzip", gzip(page))));
        warc.write(gzip(packedResponse("gzip", page))); // the crawler unpacked it and left the header
        warc.write(gzip(packedResponse("deflate", deflate(page))));
        warc.write(gzip(packedResponse("zstd", Zstd.compress(page))));
        warc.write(gzip(packedResponse("br", new byte[] {0x0B, 0x02, (byte) 0x80, 0x61, 0x62, 0x63, 0x03})));
        warc.write(gzip(packedResponse("deflate", page))); // neither unpacked nor as it says
        warc.write(gzip(packedResponse("identity", page)));
        Files.write(folder.resolve("crawl.warc.gz"), warc.toByteArray());

        DocumentSource source = DocumentSource.of(List.of(folder));
        List<Document> documents = new ArrayList<>();

        // When
        source.forEach(documents::add);

        // Then
        assertThat(documents).extracting(Document::text).hasSize(5).containsOnly(PAGE_TEXT);
        assertThat(source.report().lines())
                .startsWith(
                        "passed over: 1 pages packed in a way that is not read, such as Brotli",
                        "1 of 6 elements set aside:");
    }

    @Test
    void behindADamagedRecordReadingGoesOn() throws IOException {
        // Given
        byte[] text = "still read".getBytes(StandardCharsets.UTF_8);
        String good = response("http://e.org/1", "200 OK", "text/plain", text);
        String header = good.replace("WARC-Date:", "no header");
        String tooLong = good.replaceFirst("Content-Length: \\d+", "Content-Length: 7");
        byte[] damaged = gzip(good.getBytes(StandardCharsets.ISO_8859_1));
        Arrays.fill(damaged, 20, 40, (byte) 0xFF);
        Files.writeString(
                folder.resolve("a.warc"), good + header + good + "\r\n\r\n" + good, StandardCharsets.ISO_8859_1);
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        for (String record : List.of(good, header, good, tooLong, good)) {
            packed.write(gzip(record.getBytes(StandardCharsets.ISO_8859_1)));
        }
        packed.write(damaged);
        packed.write(gzip(good.getBytes(StandardCharsets.ISO_8859_1)));
        Files.write(folder.resolve("b.warc.gz"), packed.toByteArray());
        DocumentSource source = DocumentSource.at(List.of(folder.toString()), false, 0.5);
        List<Document> documents = new ArrayList<>();

        // When
        source.forEach(documents::add);

        // Then
        assertThat(documents)
                .filteredOn(document -> document.text().equals("still read"))
                .hasSize(3 + 4);
        assertThat(source.report().lines()).contains("4 of 11 elements set aside:");
    }

    @Test
    void olderArchivesAreRead() throws IOException {
        // Given
        String http = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nof an old crawl";
        Files.writeString(
                folder.resolve("old.arc"),
                "filedesc://old.arc 0.0.0.0 20040101000000 text/plain 68\n1 0 Test\n"
                        + "URL IP-address Archive-date Content-type Archive-length\n\n"
                        + "http://e.org/ 1.2.3.4 20040101000000 text/plain " + http.length() + "\n" + http + "\n");

        // When
        List<Document> documents = read(folder);

        // Then
        assertThat(documents).extracting(Document::text).containsExactly("of an old crawl");
    }

    /** Written by pyarrow. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                // gzip
                "UEFSMRUAFSwVQCwVBBUAFQYVBhwAAAAfiwgAAAAAAAIDY2JgYGBhZGeAAA4oDQDlh2skFgAAABUAFXwVoAEs"
                        + "FQQVABUGFQYcAAAAH4sIAAAAAAACA2NiYGBgYZQAkiEZqQo5ibkFCpnFCjmZJQqJJQoppcXZeiC5543rny6c"
                        + "8nTOipe7W57N6H/etPPJrnWPG5oAn0TXoz4AAAAVBBk8NQAYBnNjaGVtYRUEABUEJQIYAmlkABUMJQIYBHRl"
                        + "eHQlAEwcAAAAFgQZHBksJgAcFQQZJQYAGRgCaWQVBBYEFlIWZiYISRwVABUAFQIAPCkGGSYABAAAACYAHBUM"
                        + "GSUGABkYBHRleHQVBBYEFqQBFsgBJm5JHBUAFQAVAgA8FmAZBhkmAAQAAAAW9gEWBCYIFq4CACggcGFycXVl"
                        + "dC1jcHAtYXJyb3cgdmVyc2lvbiAyNi4wLjEZLBwAABwAAADDAAAAUEFSMQ==",
                // lz4, raw blocks
                "UEFSMRUAFSwVKCwVBBUAFQYVBhwAAACCAgAAAAQBBwABAIAIAAAAAAAAABUAFXwVgAEsFQQVABUGFQYcAAAA"
                        + "8BMCAAAABAEYAAAAVGhlIGxhbXAgaXMgbGl0IGF0IGR1c2suHADwCeeBr+WhlOWcqOm7hOaYj+eCueS6ruOA"
                        + "ghUEGTw1ABgGc2NoZW1hFQQAFQQlAhgCaWQAFQwlAhgEdGV4dCUATBwAAAAWBBkcGSwmABwVBBklBgAZGAJp"
                        + "ZBUOFgQWUhZOJghJHBUAFQAVAgA8KQYZJgAEAAAAJgAcFQwZJQYAGRgEdGV4dBUOFgQWpAEWqAEmVkkcFQAV"
                        + "ABUCADwWYBkGGSYABAAAABb2ARYEJggW9gEAKCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI2LjAuMRks"
                        + "HAAAHAAAAMMAAABQQVIx"
            })
    void parquetOfOtherProgramsIsUnpacked(String base64) throws IOException {
        // Given
        Path file = Files.write(folder.resolve("a.parquet"), Base64.getDecoder().decode(base64));

        // When
        List<Document> documents = read(file);

        // Then
        assertThat(documents)
                .extracting(Document::id, Document::text)
                .containsExactly(tuple("7", "The lamp is lit at dusk."), tuple("8", "灯塔在黄昏点亮。"));
    }

    @Test
    void parquetPackedOtherwiseIsRefusedByName() throws IOException {
        // Given
        Path file = Files.write(
                folder.resolve("a.parquet"),
                Base64.getDecoder()
                        .decode("UEFSMRUAFSwVJCwVBBUAFQYVBhwAAAAbFQAAhLHNIvhqhJdCpIrl8AcVABV8FYQBLBUEFQAVBhUGHAAAAIse"
                                + "gAIAAAAEARgAAABUaGUgbGFtcCBpcyBsaXQgYXQgZHVzay4YAAAA54Gv5aGU5Zyo6buE5piP54K55Lqu44CC"
                                + "AxUEGTw1ABgGc2NoZW1hFQQAFQQlAhgCaWQAFQwlAhgEdGV4dCUATBwAAAAWBBkcGSwmABwVBBklBgAZGAJp"
                                + "ZBUIFgQWUhZKJghJHBUAFQAVAgA8KQYZJgAEAAAAJgAcFQwZJQYAGRgEdGV4dBUIFgQWpAEWrAEmUkkcFQAV"
                                + "ABUCADwWYBkGGSYABAAAABb2ARYEJggW9gEAKCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI2LjAuMRks"
                                + "HAAAHAAAAMMAAABQQVIx"));

        // When // Then
        assertThatThrownBy(() -> read(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("packed with brotli, which is not read; write it with zstd, gzip or snappy");
    }

    /** Three rows: UTF-8, other bytes, null. */
    @Test
    void parquetBytesWithoutATypeAreTextIfTheyAreUtf8() throws IOException {
        // Given
        Path file = Files.write(
                folder.resolve("a.parquet"),
                Base64.getDecoder()
                        .decode("UEFSMRUAFUAVQCwVBhUAFQYVBhwAAAACAAAAAwMQAAAAVGhlIGxhbXAgaXMgbGl0LgIAAAD//hUEGSw1ABgG"
                                + "c2NoZW1hFQIAFQwlAhgEdGV4dAAWBhkcGRwmABwVDBklBgAZGAR0ZXh0FQAWBhZmFmYmCEkcFQAVABUCADwW"
                                + "JBkGGSYCBAAAABZmFgYmCBZmACggcGFycXVldC1jcHAtYXJyb3cgdmVyc2lvbiAyNi4wLjEZHBwAAACCAAAA"
                                + "UEFSMQ=="));
        DocumentSource source = DocumentSource.of(List.of(file));
        List<Document> documents = new ArrayList<>();

        // When
        source.forEach(documents::add);

        // Then
        assertThat(documents).extracting(Document::text).containsExactly("The lamp is lit.");
        assertThat(source.report().lines())
                .containsExactly(
                        "passed over: 1 without text",
                        "1 of 2 elements set aside:",
                        "  " + file + " line 2: column text holds bytes that are not UTF-8");
    }

    @Test
    void parquetColumnsOfOtherTypesAreNoText() throws IOException {
        // Given
        Path file = Files.write(
                folder.resolve("a.parquet"),
                Base64.getDecoder()
                        .decode("UEFSMRUAFSwVLCwVBBUAFQYVBhwAAAACAAAAAwICAAAABAMBAAAAYQEAAABiFQQZTDUAGAZzY2hlbWEVAgA1"
                                + "AhgEdGV4dBUCFQZMPAAAADUEGARsaXN0FQIAFQwlAhgHZWxlbWVudCUATBwAAAAWAhkcGRwmABwVDBklBgAZ"
                                + "OAR0ZXh0BGxpc3QHZWxlbWVudBUAFgQWUhZSJghJHBUAFQAVAgA8FgQZJgICGUYAAAAEAAAAFlIWAiYIFlIA"
                                + "KCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI2LjAuMRkcHAAAALgAAABQQVIx"));

        // When // Then
        assertThatThrownBy(() -> read(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("column text must be texts but is a list; write it as strings, or rename it");
    }

    @Test
    void parquetRowsAreDocuments() throws IOException {
        // Given
        Path file = folder.resolve("a.parquet");
        write(file, "text", List.of("第一篇", "second", " "));

        // When
        List<Document> documents = read(file);

        // Then
        assertThat(documents).extracting(Document::text).containsExactly("第一篇", "second");
        assertThat(documents).extracting(Document::id).containsExactly("row0", "row1");
    }

    @Test
    void damagedParquetIsRefused() throws IOException {
        // Given
        Path whole = folder.resolve("whole.parquet");
        write(whole, "text", List.of("第一篇", "second"));
        byte[] bytes = Files.readAllBytes(whole);
        Path cut = Files.write(folder.resolve("cut.parquet"), Arrays.copyOf(bytes, bytes.length - 20));
        Path other = Files.writeString(folder.resolve("other.parquet"), "no Parquet at all, ".repeat(100));
        Arrays.fill(bytes, 4, 40, (byte) 0xFF);
        Path damaged = Files.write(folder.resolve("damaged.parquet"), bytes);

        // When / Then
        assertThat(List.of(cut, other, damaged)).allSatisfy(file -> assertThatThrownBy(() -> read(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(file.toString()));
    }

    @Test
    void cutOffArchivesAreRefused() throws IOException {
        // Given
        byte[] warc = gzip(packedResponse("identity", PAGE.getBytes(StandardCharsets.UTF_8)));
        Path cut = Files.write(folder.resolve("cut.warc.gz"), Arrays.copyOf(warc, warc.length / 2));

        // When / Then
        assertThatThrownBy(() -> read(cut))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("cut.warc.gz: the file ends too early");
    }

    @Test
    void parquetWithoutTextIsRefused() throws IOException {
        // Given
        Path file = folder.resolve("a.parquet");
        write(file, "body", List.of("x"));

        // When
        assertThatThrownBy(() -> read(file))
                // Then
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no column text")
                .hasMessageContaining("[id, body]");
    }

    @Test
    void packedLinesAreUnpacked() throws IOException {
        // Given
        byte[] lines = "{\"text\": \"one\"}\n{\"text\": \"two\"}\n".getBytes(StandardCharsets.UTF_8);
        Files.write(folder.resolve("a.jsonl.zst"), Zstd.compress(lines));

        // When
        DocumentSource source = DocumentSource.of(List.of(folder));
        List<Document> documents = new ArrayList<>();
        source.forEach(documents::add);

        // Then
        assertThat(documents).extracting(Document::text).containsExactly("one", "two");
        assertThat(source.bytesRead()).isEqualTo(source.files().getFirst().bytes());
    }

    @Test
    void wrongBytesAreRefusedWithTheirPositionOrReplacedIfAsked() throws IOException {
        // Given
        Path file = folder.resolve("a.txt");
        Files.write(file, new byte[] {'o', 'k', '\n', 'b', (byte) 0xFF, 'd'});
        List<Document> repaired = new ArrayList<>();

        // When
        DocumentSource.at(List.of(file.toUri().toString()), true).forEach(repaired::add);

        // Then
        assertThat(repaired).extracting(Document::text).containsExactly("ok\nb\uFFFDd");
        assertThatThrownBy(() -> read(file)).hasMessageContaining("line 2").hasMessageContaining("byte 4");
    }

    @Test
    void deeplyNestedJsonIsRefusedWithFileAndLine() throws IOException {
        // Given
        Path file = folder.resolve("deep.jsonl");
        Files.writeString(file, "\n{\"text\": \"t\", \"other\": " + "[".repeat(40) + "]".repeat(40) + "}\n");

        // When
        assertThatThrownBy(() -> read(file))
                // Then
                .isInstanceOf(InputException.class)
                .hasMessageContaining("deep.jsonl line 2")
                .hasMessageContaining("nested deeper than 32");
    }

    @Test
    void aTooLargePageIsRefusedAndInAnArchivePassedOver() throws IOException {
        // Given
        byte[] page = new byte[HtmlText.MAX_BYTES + 1];
        Arrays.fill(page, (byte) 'a');
        Path file = Files.write(folder.resolve("large.html"), page);
        String large = response("http://example.com/a", "200 OK", "text/html", page);
        String small =
                response("http://example.com/b", "200 OK", "text/plain", "still read".getBytes(StandardCharsets.UTF_8));
        Path archive = Files.writeString(folder.resolve("crawl.warc"), large + small, StandardCharsets.ISO_8859_1);

        // When
        List<Document> documents = read(archive);

        // Then
        assertThat(documents).extracting(Document::text).containsExactly("still read");
        assertThatThrownBy(() -> read(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("large.html: the page has more than 33554432 bytes; split it");
    }

    @Test
    void aDocumentThatTheReaderRefusesIsNoBadPageOfAnArchive() throws IOException {
        // Given
        Path archive = Files.writeString(
                folder.resolve("crawl.warc"),
                response("http://example.com/b", "200 OK", "text/plain", "text".getBytes(StandardCharsets.UTF_8)));

        // When
        assertThatThrownBy(() -> DocumentSource.of(List.of(archive)).forEach(document -> {
                    throw new IllegalStateException("Kafka is gone");
                }))
                // Then
                .hasMessage("Kafka is gone");
    }

    private static List<Document> read(Path path) {
        List<Document> documents = new ArrayList<>();
        DocumentSource.of(List.of(path)).forEach(documents::add);
        return documents;
    }

    /** A record of a page that its server sent packed. */
    private static byte[] packedResponse(String encoding, byte[] body) {
        String type = "text/html; charset=utf-8\r\nContent-Encoding: " + encoding;
        return response("http://example.com/" + encoding, "200 OK", type, body).getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        }
        return packed.toByteArray();
    }

    private static byte[] deflate(byte[] bytes) throws IOException {
        return new DeflaterInputStream(new ByteArrayInputStream(bytes)).readAllBytes();
    }

    /** A record, each byte of it a character. */
    private static String response(String address, String status, String type, byte[] body) {
        String http = "HTTP/1.1 " + status + "\r\nContent-Type: " + type + "\r\nContent-Length: " + body.length
                + "\r\n\r\n" + new String(body, StandardCharsets.ISO_8859_1);
        return "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: " + address
                + "\r\nWARC-Date: 2026-01-01T00:00:00Z\r\nWARC-Record-ID: <urn:uuid:"
                + java.util.UUID.nameUUIDFromBytes(address.getBytes(StandardCharsets.UTF_8))
                + ">\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: " + http.length()
                + "\r\n\r\n" + http + "\r\n\r\n";
    }

    private static void write(Path file, String column, List<String> texts) throws IOException {
        MessageType schema = new MessageType(
                "documents",
                Types.required(PrimitiveTypeName.BINARY)
                        .as(LogicalTypeAnnotation.stringType())
                        .named("id"),
                Types.required(PrimitiveTypeName.BINARY)
                        .as(LogicalTypeAnnotation.stringType())
                        .named(column));
        int[] row = {0};
        try (ParquetWriter<String> writer = ParquetWriter.writeFile(schema, file.toFile(), (text, out) -> {
            out.write("id", "row" + row[0]++);
            out.write(column, text);
        })) {
            for (String text : texts) {
                writer.write(text);
            }
        }
    }
}
