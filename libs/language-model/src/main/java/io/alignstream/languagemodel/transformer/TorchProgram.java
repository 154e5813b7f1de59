package io.alignstream.languagemodel.transformer;

import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Wraps TorchScript text in the archive layout that libtorch loads, so that a network can be plain text and run through
 * DJL: no Python, no pickled weights.
 *
 * <p>The archive holds four stored entries: a pickle that makes the empty module, its source, an empty constants table
 * and the format version.
 */
final class TorchProgram {

    private static final String CLASS = "Program";

    private TorchProgram() {}

    /** Compiles {@code methods} (TorchScript, indented by two blanks) into a block owned by {@code manager}. */
    static PtSymbolBlock load(PtNDManager manager, String methods) throws IOException {
        return JniUtils.loadModule(manager, new ByteArrayInputStream(archive(methods)), false, false);
    }

    private static byte[] archive(String methods) throws IOException {
        String source = "class " + CLASS + "(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n"
                + methods;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            store(zip, "program/data.pkl", emptyModulePickle());
            store(zip, "program/code/__torch__.py", source.getBytes(StandardCharsets.UTF_8));
            store(zip, "program/constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'});
            store(zip, "program/version", "3\n".getBytes(StandardCharsets.US_ASCII));
        }
        return bytes.toByteArray();
    }

    /** Pickle protocol 2: class, empty tuple, NEWOBJ, empty dict, mark, "training", True, SETITEMS, BUILD, STOP. */
    private static byte[] emptyModulePickle() throws IOException {
        ByteArrayOutputStream pickle = new ByteArrayOutputStream();
        pickle.write(new byte[] {(byte) 0x80, 2});
        pickle.write(("c__torch__\n" + CLASS + "\n").getBytes(StandardCharsets.US_ASCII));
        pickle.write(new byte[] {')', (byte) 0x81, '}', '(', 'X', 8, 0, 0, 0});
        pickle.write("training".getBytes(StandardCharsets.US_ASCII));
        pickle.write(new byte[] {(byte) 0x88, 'u', 'b', '.'});
        return pickle.toByteArray();
    }

    private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(content);
        ZipEntry entry = new ZipEntry(name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCompressedSize(content.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }
}
