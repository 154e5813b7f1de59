package io.alignstream.languagemodel.torch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The text of a program, read for what its methods do with which device. */
final class ProgramText {

    private static final Pattern METHOD =
            Pattern.compile("^  def (\\w+)\\(self(?:, )?(.*?)\\) -> .*?:\n((?:^(?!  def ).*\n?)*)", Pattern.MULTILINE);
    private static final Pattern FACTORY = Pattern.compile("torch\\.(zeros|ones|full|arange|empty|empty_strided|tensor|"
            + "scalar_tensor|rand|randn|randint|randperm|normal|eye|linspace|logspace|tril_indices|triu_indices)\\(");
    private static final Pattern NUMBER = Pattern.compile("(?<![\\w.])(int|float|bool)\\(");
    private static final Pattern WAIT = Pattern.compile(
            "torch\\.(nonzero|item|tolist|equal|is_nonzero|masked_select|unique\\w*|bincount|argwhere)\\(|\\.(item|tolist)\\(");
    private static final Pattern OWN = Pattern.compile("self\\.(\\w+)\\(");
    private static final String ADAPTERS_SCALE = "w[\"adapters.scale\"]";

    private final SequencedMap<String, Method> methods = new LinkedHashMap<>();

    /** A parameter: its name, and its type as it is written. */
    record Parameter(String name, String type) {

        /** Whether what it takes is a setting, not data. */
        boolean isSetting() {
            return type.equals("Tensor") && TorchProgram.SETTINGS.contains(name);
        }
    }

    private record Method(List<Parameter> parameters, String body) {

        boolean hasSetting(String word) {
            return parameters.stream().anyMatch(parameter -> parameter.isSetting() && parameter.name.equals(word));
        }
    }

    ProgramText(String text) {
        Matcher method = METHOD.matcher(text);
        while (method.find()) {
            List<Parameter> parameters = new ArrayList<>();
            for (String parameter : split(method.group(2))) {
                int colon = parameter.indexOf(": ");
                parameters.add(new Parameter(parameter.substring(0, colon), parameter.substring(colon + 2)));
            }
            methods.put(method.group(1), new Method(parameters, method.group(3).replaceAll("#.*", "")));
        }
    }

    List<Parameter> parameters(String method) {
        return methods.get(method).parameters;
    }

    /** What would fail, or keep the processor waiting, if data lay on a card; a line for each. */
    List<String> faults() {
        List<String> faults = new ArrayList<>();
        methods.forEach((name, method) -> {
            factories(name, method, faults);
            numbers(name, method, faults);
            settings(name, method, faults);
            Matcher wait = WAIT.matcher(method.body);
            while (wait.find()) {
                faults.add(name + ": " + wait.group() + " waits for the card");
            }
        });
        return faults;
    }

    /** Tensors are made on the device of data. */
    private static void factories(String name, Method method, List<String> faults) {
        Matcher factory = FACTORY.matcher(method.body);
        while (factory.find()) {
            String arguments = inside(method.body, factory.end());
            Matcher device = Pattern.compile("device=(\\w+)\\.device").matcher(arguments);
            if (!device.find() || method.hasSetting(device.group(1))) {
                faults.add(name + ": " + factory.group() + arguments + ") is not made on the device of data");
            }
        }
    }

    /** Numbers are read from settings and shapes only. */
    private static void numbers(String name, Method method, List<String> faults) {
        Matcher number = NUMBER.matcher(method.body);
        while (number.find()) {
            String argument = inside(method.body, number.end());
            Matcher root = Pattern.compile("^\\w+").matcher(argument);
            boolean known = argument.startsWith("\"")
                    || argument.contains(".size(")
                    || argument.equals(ADAPTERS_SCALE)
                    || (root.find() && method.hasSetting(root.group()));
            if (!known) {
                faults.add(name + ": " + number.group() + argument + ") reads data");
            }
        }
    }

    /** Settings are read as numbers, or handed on as settings. */
    private void settings(String name, Method method, List<String> faults) {
        String rest = method.body.replaceAll("(int|float)\\(" + Pattern.quote(ADAPTERS_SCALE) + "\\)", "0");
        if (rest.contains(ADAPTERS_SCALE)) {
            faults.add(name + ": the adapters' scale is used as data");
        }
        Matcher call = OWN.matcher(method.body);
        while (call.find()) {
            List<String> arguments = split(inside(method.body, call.end()));
            List<Parameter> wanted = methods.containsKey(call.group(1)) ? parameters(call.group(1)) : List.of();
            for (int i = 0; i < Math.min(arguments.size(), wanted.size()); i++) {
                if (method.hasSetting(arguments.get(i)) != wanted.get(i).isSetting()) {
                    faults.add(name + ": " + call.group(1) + " is given " + arguments.get(i) + " for "
                            + wanted.get(i).name());
                }
            }
        }
        for (Parameter parameter : method.parameters) {
            if (parameter.isSetting()) {
                String use = method.body
                        .replaceAll("(int|float)\\(" + parameter.name + "(\\[\\w+\\])*\\)", "0")
                        .replaceAll(parameter.name + "\\.size\\(", "size_of(")
                        .replaceAll("(?<=[(,] ?)" + parameter.name + "(?=[,)])", "handed_on");
                Matcher data = Pattern.compile("(?<![\\w.\"])" + parameter.name + "(?![\\w\"])")
                        .matcher(use);
                if (data.find()) {
                    faults.add(name + ": the setting " + parameter.name + " is used as data");
                }
                Matcher library =
                        Pattern.compile("(torch|ops\\.\\w+)\\.\\w+\\(").matcher(method.body);
                while (library.find()) {
                    if (split(inside(method.body, library.end())).contains(parameter.name)) {
                        faults.add(name + ": " + library.group() + " is given the setting " + parameter.name);
                    }
                }
            }
        }
    }

    /** What stands from {@code from} to the bracket that closes before it opened one. */
    private static String inside(String text, int from) {
        int depth = 1;
        for (int at = from; at < text.length(); at++) {
            depth += switch (text.charAt(at)) {
                case '(', '[', '{' -> 1;
                case ')', ']', '}' -> -1;
                default -> 0;
            };
            if (depth == 0) {
                return text.substring(from, at);
            }
        }
        throw new IllegalArgumentException("a bracket is not closed after " + text.substring(from));
    }

    private static List<String> split(String arguments) {
        List<String> parts = new ArrayList<>();
        int depth = 0;
        int from = 0;
        for (int at = 0; at <= arguments.length(); at++) {
            char character = at == arguments.length() ? ',' : arguments.charAt(at);
            depth += "([{".indexOf(character) >= 0 ? 1 : ")]}".indexOf(character) >= 0 ? -1 : 0;
            if (character == ',' && depth == 0) {
                String part = arguments.substring(from, at).strip();
                if (!part.isEmpty()) {
                    parts.add(part);
                }
                from = at + 1;
            }
        }
        return parts;
    }

    /** What libtorch has no shapes of without Python, by functions that give them: the same sizes on the same device. */
    static final Map<String, String> WITHOUT_SHAPES = Map.ofEntries(
            Map.entry("torch.index_select(", "self.shape_of_index_select("),
            Map.entry("torch.embedding(", "self.shape_of_embedding("),
            Map.entry("torch.embedding_dense_backward(", "self.shape_of_embedding_backward("),
            Map.entry("torch.floor_divide(", "torch.mul("),
            Map.entry("torch.max(", "torch.sum("),
            Map.entry("torch.searchsorted(", "self.shape_of_searchsorted("),
            Map.entry("torch.where(", "self.shape_of_where("),
            Map.entry("torch.scaled_dot_product_attention(", "self.shape_of_attention("),
            Map.entry("torch._fused_adamw_(", "self.shape_of_adamw("),
            Map.entry("torch.abs(", "torch.neg("),
            Map.entry("torch.clamp(torch.sub(", "self.shape_of_clamp(torch.sub("),
            Map.entry("torch.clamp(ratio", "self.shape_of_clamp(ratio"),
            Map.entry("torch.index_add(", "self.shape_of_index_add("),
            Map.entry("torch.maximum(", "torch.add("),
            Map.entry("torch.logical_not(", "torch.bitwise_not("),
            Map.entry("torch.logical_or(", "torch.bitwise_or("),
            Map.entry("torch.log_sigmoid(", "torch.sigmoid("));

    /** The methods that {@link #WITHOUT_SHAPES} names. */
    static final String SHAPES =
            """

              def one_device(self, x: Tensor, y: Tensor) -> int:
                if x.device != y.device:
                  ops.prim.RaiseException("tensors of two devices")
                return 0

              def shape_of_index_select(self, x: Tensor, dim: int, at: Tensor) -> Tensor:
                self.one_device(x, at)
                sizes = torch.size(x)
                sizes[dim] = at.size(0)
                return torch.add(torch.empty(sizes, dtype=x.dtype, device=x.device), torch.to(torch.sum(x), x.dtype))

              def shape_of_index_add(self, x: Tensor, dim: int, at: Tensor, y: Tensor) -> Tensor:
                self.one_device(x, at)
                self.one_device(x, y)
                return torch.add(x, torch.sum(y))

              def shape_of_embedding(self, x: Tensor, ids: Tensor) -> Tensor:
                return self.shape_of_index_select(x, 0, torch.flatten(ids)).view(torch.add(torch.size(ids), [x.size(1)]))

              def shape_of_embedding_backward(self, d: Tensor, ids: Tensor, rows: int, padding: int, scaled: bool) -> Tensor:
                self.one_device(d, ids)
                return torch.empty([rows, d.size(-1)], dtype=d.dtype, device=d.device)

              def shape_of_searchsorted(self, x: Tensor, at: Tensor) -> Tensor:
                self.one_device(x, at)
                return torch.empty_like(at)

              def shape_of_where(self, chosen: Tensor, x: Tensor, y: Tensor) -> Tensor:
                return torch.mul(torch.to(chosen, x.dtype), torch.add(x, y))

              def shape_of_clamp(self, x: Tensor, low: float, high: float) -> Tensor:
                return torch.mul(x, high)

              def shape_of_attention(self, q: Tensor, k: Tensor, v: Tensor, seen: Optional[Tensor], dropout: float, causal: bool) -> Tensor:
                if seen is not None:
                  self.one_device(q, unchecked_cast(Tensor, seen))
                return torch.matmul(torch.softmax(torch.matmul(q, torch.transpose(k, -2, -1)), -1), v)

              def shape_of_adamw(self, w: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], x: List[Tensor], s: List[Tensor], lr: float, beta1: float, beta2: float, weight_decay: float, eps: float, amsgrad: bool, maximize: bool) -> int:
                for i in range(len(w)):
                  torch.add_(w[i], torch.mul(torch.add(torch.add(g[i], m[i]), v[i]), s[i]))
                return 0
            """;
}
