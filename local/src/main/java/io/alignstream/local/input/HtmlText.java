package io.alignstream.local.input;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;
import org.jsoup.nodes.TextNode;
import org.jsoup.select.Evaluator;
import org.jsoup.select.NodeFilter;
import org.jsoup.select.NodeFilter.FilterResult;
import org.jsoup.select.NodeTraversor;
import org.jsoup.select.QueryParser;
import org.jspecify.annotations.Nullable;

/**
 * The main text of a page: its blocks of running text, one a line, without navigation, forms and link lists.
 *
 * <p>jsoup parses as browsers do, whatever the page's encoding and mistakes. Which blocks are text is decided as jusText
 * does, by length and share of links; headings stay if text follows. The tree is walked without recursion, and elements
 * nested deeper than {@value #MAX_DEPTH} are left out.
 */
final class HtmlText {

    /** Larger pages are refused. */
    static final int MAX_BYTES = 32 * 1024 * 1024;

    private static final int MAX_DEPTH = 512;
    private static final int SHORTEST_BLOCK = 20;
    private static final double MOST_LINKS = 0.5;
    private static final Evaluator NO_TEXT = QueryParser.parse(
            "script,style,noscript,template,svg,nav,header,footer,aside,form,button,select,"
                    + "iframe,figcaption,[role=navigation],[role=banner],[role=contentinfo],[aria-hidden=true],[hidden]");
    private static final Evaluator MAIN = QueryParser.parse("article, main, [role=main]");
    private static final Pattern NO_TEXT_NAME = Pattern.compile(
            "(?:^|[-_ ])(?:nav|navbar|menu|footer|sidebar|breadcrumbs?|share|social|cookies?|banner|adverts?|ads|promo"
                    + "|related|subscribe|newsletter|pagination|comments?)(?:$|[-_ ])",
            Pattern.CASE_INSENSITIVE);

    private HtmlText() {}

    /** The main text, empty if there is none; {@code charset} as the server said, null to find out. */
    static String of(byte[] page, @Nullable String charset) throws IOException {
        Document document = Jsoup.parse(
                new ByteArrayInputStream(page),
                WebEncoding.ofPage(page, charset).name(),
                "");
        Element main = main(document);
        String text = main == null ? "" : blocks(main);
        return text.length() >= SHORTEST_BLOCK * 5 ? text : blocks(document.body());
    }

    /** Whether an element and all that is in it is no text of the page. It is passed over, since to cut it out moves all after it. */
    private static boolean isNoText(Element element) {
        if (element.nameIs("body") || element.nameIs("html")) {
            return false;
        }
        return NO_TEXT.matches(element, element) // Element.is would walk up to the root for each
                || NO_TEXT_NAME.matcher(element.className()).find()
                || NO_TEXT_NAME.matcher(element.id()).find();
    }

    /** The first element that says that it holds the page's text. */
    private static @Nullable Element main(Document document) {
        Element[] found = {null};
        NodeTraversor.filter(
                (node, depth) -> {
                    if (!(node instanceof Element element)) {
                        return FilterResult.CONTINUE;
                    }
                    if (depth > MAX_DEPTH || isNoText(element)) {
                        return FilterResult.SKIP_ENTIRELY;
                    }
                    if (MAIN.matches(element, element)) {
                        found[0] = element;
                        return FilterResult.STOP;
                    }
                    return FilterResult.CONTINUE;
                },
                document);
        return found[0];
    }

    private static String blocks(Element root) {
        Blocks blocks = new Blocks();
        NodeTraversor.filter(blocks, root);
        blocks.end();
        return blocks.text.toString().strip();
    }

    /** Collects text until an element begins or ends that makes a block of its own. */
    private static final class Blocks implements NodeFilter {

        private final StringBuilder text = new StringBuilder();
        private final StringBuilder block = new StringBuilder();
        private String heading = "";
        private int linked;
        private int links;
        private boolean inHeading;

        @Override
        public FilterResult head(Node node, int depth) {
            if (depth > MAX_DEPTH) {
                return FilterResult.SKIP_ENTIRELY;
            }
            if (node instanceof TextNode words) {
                String part = words.text();
                block.append(part);
                linked += links > 0 ? part.strip().length() : 0;
            } else if (node instanceof Element element) {
                if (isNoText(element)) {
                    return FilterResult.SKIP_ENTIRELY;
                }
                if (element.isBlock() || element.nameIs("br") || element.nameIs("td")) {
                    end();
                }
                links += element.nameIs("a") ? 1 : 0;
                inHeading |= isHeading(element);
            }
            return FilterResult.CONTINUE;
        }

        @Override
        public FilterResult tail(Node node, int depth) {
            if (node instanceof Element element) {
                if (element.isBlock() || element.nameIs("td")) {
                    end();
                }
                links -= element.nameIs("a") ? 1 : 0;
                inHeading &= !isHeading(element);
            }
            return FilterResult.CONTINUE;
        }

        void end() {
            String words = block.toString().replaceAll("\\s+", " ").strip();
            if (inHeading) {
                heading = words;
            } else if (isText(words)) {
                if (!heading.isEmpty()) {
                    text.append(heading).append('\n');
                    heading = "";
                }
                text.append(words).append('\n');
            }
            block.setLength(0);
            linked = 0;
        }

        /** Short blocks are text if they end a sentence; a Chinese character tells about as much as two letters. */
        private boolean isText(String words) {
            if (words.isEmpty() || linked > MOST_LINKS * words.length()) {
                return false;
            }
            long wide = words.chars().filter(c -> c >= 0x2E80).count();
            boolean sentence = ".!?。！？…”\"".indexOf(words.charAt(words.length() - 1)) >= 0;
            return words.length() + wide >= SHORTEST_BLOCK || sentence;
        }

        private static boolean isHeading(Element element) {
            String name = element.normalName().toLowerCase(Locale.ROOT);
            return name.length() == 2 && name.charAt(0) == 'h' && Character.isDigit(name.charAt(1));
        }
    }
}
