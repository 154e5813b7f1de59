package io.alignstream.stageruntime.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * HTTP/1.1 in plain bytes: a client that sends any header whatever, {@code Host} included.
 *
 * @param from the address of this machine that it calls from
 */
public record PlainHttp(URI address, String from) {

    /** One that calls from the usual address. */
    public PlainHttp(URI address) {
        this(address, "127.0.0.1");
    }

    /** The same client at another address of this machine, such as 127.0.0.9: on Linux it has millions. */
    public PlainHttp from(String other) {
        return new PlainHttp(address, other);
    }

    /**
     * An answer.
     *
     * @param headers by their names in lower case, the first of each
     */
    public record Answer(int status, Map<String, String> headers, String body) {

        /** The value of a header. */
        public Optional<String> header(String name) {
            return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
        }
    }

    /** Sends a request; {@code headers} are names and values, and replace the ones that are sent anyway. */
    public Answer send(String method, String path, String body, Map<String, String> headers) {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("Host", address.getAuthority());
        all.put("Connection", "close");
        all.put("Content-Length", Integer.toString(body.getBytes(StandardCharsets.UTF_8).length));
        all.putAll(headers);
        StringBuilder request = new StringBuilder(method + " " + path + " HTTP/1.1\r\n");
        all.forEach(
                (name, value) -> request.append(name).append(": ").append(value).append("\r\n"));
        request.append("\r\n").append(body);
        try (Socket socket = new Socket(address.getHost(), address.getPort(), InetAddress.getByName(from), 0)) {
            socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().flush();
            return answer(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(method + " " + path + " at " + address, e);
        }
    }

    private static Answer answer(String text) {
        int end = text.indexOf("\r\n\r\n");
        if (end < 0) {
            throw new AssertionError("no answer of HTTP: " + text);
        }
        String[] lines = text.substring(0, end).split("\r\n");
        Map<String, String> headers = new LinkedHashMap<>();
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            headers.putIfAbsent(
                    lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
                    lines[i].substring(colon + 1).strip());
        }
        return new Answer(Integer.parseInt(lines[0].split(" ")[1]), headers, text.substring(end + 4));
    }
}
