package io.alignstream.local.project;

import com.sun.source.tree.AnnotatedTypeTree;
import com.sun.source.tree.AnnotationTree;
import com.sun.source.tree.AssignmentTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.NewArrayTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import io.alignstream.contracts.settings.Setting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * The settings as the {@code ConfigMapping} interfaces declare them, read from the sources: the meaning is the Javadoc,
 * which classes no longer have.
 */
final class DeclaredSettings {

    private final Trees trees;
    private final CompilationUnitTree unit;
    private final Map<String, ClassTree> groups = new LinkedHashMap<>();
    private final List<Setting> settings = new ArrayList<>();

    private DeclaredSettings(Trees trees, CompilationUnitTree unit) {
        this.trees = trees;
        this.unit = unit;
    }

    /** Every setting of every module, in the order of modules, files and methods. */
    static List<Setting> all() {
        return Project.modulesWithCode().stream()
                .flatMap(module -> Project.files(module + "/src/main/java", ".java").stream())
                .filter(file ->
                        Project.text(Project.ROOT.relativize(file).toString()).contains("@ConfigMapping(prefix"))
                .flatMap(DeclaredSettings::of)
                .toList();
    }

    private static Stream<Setting> of(Path file) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files =
                compiler.getStandardFileManager(null, Locale.ROOT, StandardCharsets.UTF_8)) {
            JavacTask task = (JavacTask)
                    compiler.getTask(null, files, null, List.of("-proc:none"), null, files.getJavaFileObjects(file));
            CompilationUnitTree unit = task.parse().iterator().next();
            return new DeclaredSettings(Trees.instance(task), unit).read();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Stream<Setting> read() {
        ClassTree mapping = (ClassTree) unit.getTypeDecls().getFirst();
        mapping.getMembers().stream()
                .filter(ClassTree.class::isInstance)
                .map(ClassTree.class::cast)
                .forEach(group -> groups.put(group.getSimpleName().toString(), group));
        collect(
                mapping,
                values(mapping.getModifiers().getAnnotations(), "ConfigMapping", "prefix")
                        .getFirst());
        return settings.stream();
    }

    private void collect(ClassTree type, String prefix) {
        for (Tree member : type.getMembers()) {
            if (member instanceof MethodTree method
                    && !method.getModifiers().getFlags().contains(Modifier.DEFAULT)) {
                String name = prefix + "."
                        + method.getName()
                                .toString()
                                .replaceAll("([A-Z])", "-$1")
                                .toLowerCase(Locale.ROOT);
                ClassTree group = groups.get(method.getReturnType().toString());
                if (group != null) {
                    collect(group, name);
                } else {
                    settings.add(setting(method, prefix, name));
                }
            }
        }
    }

    private Setting setting(MethodTree method, String prefix, String name) {
        List<AnnotationTree> annotations = annotations(method);
        boolean map = method.getReturnType().toString().startsWith("Map<");
        boolean parent = annotation(annotations, "WithParentName").isPresent();
        return new Setting(
                (parent ? prefix : name) + (map ? ".*" : ""),
                meaning(method),
                range(method, annotations),
                values(annotations, "WithDefault", "value").stream().findFirst().orElse(""),
                values(annotations, "FormerName", "value"));
    }

    /** The Javadoc on one line, code between backquotes. */
    private String meaning(MethodTree method) {
        String comment = trees.getDocComment(path(method));
        if (comment == null || comment.isBlank()) {
            throw new AssertionError(method.getName() + " of " + unit.getSourceFile() + " has no Javadoc");
        }
        return comment.strip().replaceAll("\\s+", " ").replaceAll("\\{@code ([^}]*)}", "`$1`");
    }

    private TreePath path(Tree tree) {
        TreePath[] found = new TreePath[1];
        new TreePathScanner<@Nullable Void, @Nullable Void>() {
            @Override
            public @Nullable Void scan(@Nullable Tree visited, @Nullable Void nothing) {
                if (visited == tree) {
                    found[0] = new TreePath(getCurrentPath(), visited);
                }
                return super.scan(visited, nothing);
            }
        }.scan(new TreePath(unit), null);
        return found[0];
    }

    private static String range(MethodTree method, List<AnnotationTree> annotations) {
        String type = method.getReturnType().toString();
        String each = type.startsWith("List<") || type.startsWith("Set<") || type.startsWith("Optional<List<")
                ? "a list, each "
                : "";
        for (String bounds : List.of("Between", "Lasting")) {
            if (annotation(annotations, bounds).isPresent()) {
                List<String> divisor = values(annotations, "MultipleOf", "value");
                return each + values(annotations, bounds, "least").getFirst() + " to "
                        + values(annotations, bounds, "greatest").getFirst()
                        + (divisor.isEmpty() ? "" : ", a multiple of " + divisor.getFirst());
            }
        }
        List<String> texts = values(annotations, "OneOf", "value");
        if (!texts.isEmpty()) {
            return each + String.join(", ", texts.subList(0, texts.size() - 1)) + " or " + texts.getLast();
        }
        return each + kind(type);
    }

    private static String kind(String type) {
        if (type.contains("oolean")) {
            return "true or false";
        }
        if (type.contains("Path")) {
            return "a path";
        }
        if (type.equals("InetAddress")) {
            return "the address of a machine";
        }
        if (type.contains("URI")) {
            return "an address";
        }
        if (type.equals("long")) {
            return "a whole number";
        }
        if (type.contains("String")) {
            return "a text";
        }
        throw new AssertionError(type + " needs a range, or words for its values");
    }

    /** Those of the method and those of its type's parts. */
    private static List<AnnotationTree> annotations(MethodTree method) {
        List<AnnotationTree> annotations = new ArrayList<>(method.getModifiers().getAnnotations());
        new TreeScanner<@Nullable Void, @Nullable Void>() {
            @Override
            public @Nullable Void visitAnnotatedType(AnnotatedTypeTree type, @Nullable Void nothing) {
                annotations.addAll(type.getAnnotations());
                return super.visitAnnotatedType(type, nothing);
            }
        }.scan(method.getReturnType(), null);
        return annotations;
    }

    private static Optional<AnnotationTree> annotation(List<? extends AnnotationTree> annotations, String name) {
        return annotations.stream()
                .filter(annotation -> annotation.getAnnotationType().toString().equals(name))
                .map(AnnotationTree.class::cast)
                .findFirst();
    }

    /** The literals of an annotation's attribute; none if it is not there. */
    private static List<String> values(List<? extends AnnotationTree> annotations, String name, String attribute) {
        return annotation(annotations, name).stream()
                .flatMap(annotation -> annotation.getArguments().stream())
                .flatMap(argument -> argument instanceof AssignmentTree assignment
                        ? assignment.getVariable().toString().equals(attribute)
                                ? literals(assignment.getExpression())
                                : Stream.of()
                        : literals(argument))
                .toList();
    }

    private static Stream<String> literals(ExpressionTree expression) {
        return switch (expression) {
            case LiteralTree literal -> Stream.of(String.valueOf(literal.getValue()));
            case NewArrayTree array -> array.getInitializers().stream().flatMap(DeclaredSettings::literals);
            default -> throw new AssertionError(expression + " is no literal");
        };
    }
}
