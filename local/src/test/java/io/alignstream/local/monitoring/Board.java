package io.alignstream.local.monitoring;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * A Grafana dashboard.
 *
 * @param id its file's name and its uid, lower-case letters and hyphens
 * @param rows shown one below the other
 */
record Board(String id, String title, String meaning, List<Row> rows) {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int WIDTH = 24;
    private static final int HEIGHT = 8;
    private static final int NUMBER_HEIGHT = 4;
    private static final String SOURCE = "${datasource}";
    private static final int SCHEMA = 39;

    /** Panels under a title, beside each other as far as there is room. */
    record Row(String title, List<Panel> panels) {}

    Board {
        if (!id.matches("[a-z-]{1,40}")) {
            throw new IllegalArgumentException("no name for a board: " + id);
        }
    }

    /** All panels. */
    List<Panel> panels() {
        return rows.stream().flatMap(row -> row.panels().stream()).toList();
    }

    /** What Grafana imports. */
    String json() {
        ObjectNode board = JSON.createObjectNode();
        board.put("uid", "alignstream-" + id);
        board.put("title", title);
        board.put("description", meaning);
        board.putArray("tags").add("alignstream");
        board.put("schemaVersion", SCHEMA);
        board.put("version", 1);
        board.put("editable", true);
        board.put("graphTooltip", 1);
        board.put("refresh", "30s");
        board.putObject("time").put("from", "now-6h").put("to", "now");
        ObjectNode source = board.putObject("templating").putArray("list").addObject();
        source.put("name", "datasource");
        source.put("label", "Prometheus");
        source.put("type", "datasource");
        source.put("query", "prometheus");
        ObjectNode link = board.putArray("links").addObject();
        link.put("title", "Alignstream");
        link.put("type", "dashboards");
        link.put("asDropdown", true);
        link.putArray("tags").add("alignstream");
        ArrayNode panels = board.putArray("panels");
        int y = 0;
        int number = 1;
        for (Row row : rows) {
            ObjectNode head = panels.addObject();
            head.put("id", number++);
            head.put("type", "row");
            head.put("title", row.title());
            place(head, 0, y++, WIDTH, 1);
            int x = 0;
            int lowest = 0;
            for (Panel panel : row.panels()) {
                boolean small = panel.kind() == Panel.Kind.NUMBER;
                int width = small ? WIDTH / 6 : WIDTH / 3;
                int height = small ? NUMBER_HEIGHT : HEIGHT;
                if (x + width > WIDTH) {
                    x = 0;
                    y += lowest;
                    lowest = 0;
                }
                write(panel, place(panels.addObject().put("id", number++), x, y, width, height));
                x += width;
                lowest = Math.max(lowest, height);
            }
            y += lowest;
        }
        return text(board);
    }

    private static ObjectNode place(ObjectNode panel, int x, int y, int width, int height) {
        panel.putObject("gridPos").put("x", x).put("y", y).put("w", width).put("h", height);
        return panel;
    }

    private static void write(Panel panel, ObjectNode node) {
        node.put("type", panel.kind().grafana());
        node.put("title", panel.title());
        node.put(
                "description",
                panel.only().isEmpty() ? panel.meaning() : panel.meaning() + " Only " + panel.only() + ".");
        node.putObject("datasource").put("type", "prometheus").put("uid", SOURCE);
        ObjectNode defaults = node.putObject("fieldConfig").putObject("defaults");
        defaults.put("unit", panel.unit());
        node.withObject("fieldConfig").putArray("overrides");
        ObjectNode options = node.putObject("options");
        switch (panel.kind()) {
            case CURVES -> {
                defaults.putObject("custom")
                        .put("fillOpacity", 8)
                        .put("showPoints", "never")
                        .put("spanNulls", false);
                options.putObject("legend").put("displayMode", "list").put("placement", "bottom");
                options.putObject("tooltip").put("mode", "multi");
            }
            case NUMBER -> options.putObject("reduceOptions").putArray("calcs").add("lastNotNull");
            case STATES -> options.put("showValue", "never").put("mergeValues", true);
            case HEAT -> options.put("calculate", false);
        }
        ArrayNode targets = node.putArray("targets");
        char reference = 'A';
        for (Panel.Query query : panel.queries()) {
            ObjectNode target = targets.addObject();
            target.put("refId", String.valueOf(reference++));
            target.putObject("datasource").put("type", "prometheus").put("uid", SOURCE);
            target.put("expr", query.expression());
            target.put("legendFormat", query.legend());
            target.put("range", true);
        }
    }

    private static String text(ObjectNode board) {
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
        printer.indentArraysWith(new DefaultIndenter("  ", "\n"));
        printer.indentObjectsWith(new DefaultIndenter("  ", "\n"));
        try {
            return JSON.writer(printer).writeValueAsString(board) + "\n";
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    /** Rows one after the other. */
    static List<Row> rows(List<List<Row>> parts) {
        List<Row> rows = new ArrayList<>();
        parts.forEach(rows::addAll);
        return rows;
    }
}
