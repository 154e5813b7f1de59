package io.alignstream.stageruntime;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.SequencedMap;
import java.util.TreeMap;

/** What a run was configured with, as texts for its manifest and its id. */
public final class Hyperparameters {

    private Hyperparameters() {}

    /**
     * Every value of a configuration mapping by the name of its method; groups are separated by dots.
     *
     * @param mapping the interface; a nested group is an interface declared in the same file
     * @param values an instance of it
     */
    public static <T> SequencedMap<String, String> of(Class<T> mapping, T values) {
        SequencedMap<String, String> texts = new TreeMap<>();
        collect("", mapping, values, texts);
        return texts;
    }

    private static void collect(String prefix, Class<?> mapping, Object values, SequencedMap<String, String> texts) {
        for (Method method : mapping.getMethods()) {
            if (method.getParameterCount() > 0 || Modifier.isStatic(method.getModifiers())) {
                continue;
            }
            String name = prefix + method.getName();
            Object value = valueOf(method, values);
            Class<?> type = method.getReturnType();
            if (type.isInterface() && type.getNestHost() == mapping.getNestHost()) {
                collect(name + ".", type, value, texts);
            } else {
                texts.put(name, String.valueOf(value));
            }
        }
    }

    private static Object valueOf(Method method, Object values) {
        try {
            return method.invoke(values);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException("cannot read the setting " + method.getName(), e);
        }
    }
}
