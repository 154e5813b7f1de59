package io.alignstream.languagemodel.tokenizer.jinja;

/** What is no value: {@code none}, and what a name stands for that nobody has defined. */
enum Absent {
    NONE,
    UNDEFINED
}
