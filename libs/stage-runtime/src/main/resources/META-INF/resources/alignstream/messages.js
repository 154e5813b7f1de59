// What people are told in the page's language. Pure: no document, no network.

/** The catalogue of one language: a sentence for each code, with {placeholders}; and how the language writes figures. */
export class Messages {
  /** A catalogue of `language` with `sentences` by code. */
  constructor(language, sentences) {
    this.language = language;
    this.sentences = sentences;
    this.numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 3 });
    this.wholes = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
    this.percents = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });
    this.languages = new Intl.DisplayNames([language], { type: 'language' });
  }

  /** Whether the catalogue has a sentence `code`. */
  has(code) {
    return Object.hasOwn(this.sentences, code);
  }

  /** The sentence `code` with its arguments in place: texts, numbers and further reasons. */
  text(code, values = {}) {
    if (!this.has(code)) {
      return Object.keys(values).length === 0 ? code : `${code} ${JSON.stringify(values)}`;
    }
    return this.sentences[code].replace(/\{(\w+)\}/g, (place, name) =>
      Object.hasOwn(values, name) ? this.shown(values[name]) : place);
  }

  /** What a service says: a reason `{code, arguments}`. */
  said(reason) {
    return this.text(reason.code, reason.arguments ?? {});
  }

  /** The name of `id` among those with codes `family.…`; an id without a name is shown itself. */
  name(family, id) {
    return this.has(`${family}.${id}`) ? this.text(`${family}.${id}`) : id;
  }

  shown(value) {
    if (typeof value === 'number') {
      return this.numbers.format(value);
    }
    return typeof value === 'object' && value !== null ? this.said(value) : String(value);
  }

  /** A whole number. */
  whole(value) {
    return this.wholes.format(value);
  }

  /** A share, as percents. */
  share(value) {
    return this.percents.format(value);
  }

  /** A figure with about four significant digits. */
  figure(value) {
    const size = Math.abs(value);
    if (Number.isInteger(value) || size >= 10000) {
      return this.whole(value);
    }
    return size !== 0 && size < 0.001 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
  }

  /** Seconds as people say them. */
  duration(seconds) {
    const unit = (value, name) =>
      new Intl.NumberFormat(this.language, { style: 'unit', unit: name, unitDisplay: 'short' }).format(value);
    const all = Math.round(seconds);
    const hours = Math.floor(all / 3600);
    const minutes = Math.floor(all / 60) % 60;
    if (hours > 0) {
      return `${unit(hours, 'hour')} ${unit(minutes, 'minute')}`;
    }
    return minutes > 0 ? `${unit(minutes, 'minute')} ${unit(all % 60, 'second')}` : unit(all, 'second');
  }

  /** A moment, given as ISO 8601. */
  time(moment) {
    return new Date(moment).toLocaleString(this.language, { dateStyle: 'medium', timeStyle: 'medium' });
  }

  /** The name of a human language by its ISO 639-1 code. */
  languageName(code) {
    try {
      return code === 'und' ? this.text('languages.unknown') : this.languages.of(code) ?? code;
    } catch {
      return code;
    }
  }
}
