// How answers are asked for: the dialogue in which a person sets it.
import { element } from '../alignstream/dom.js';
import { DEFAULTS, typed } from './settings-model.js';

export class SettingsView {
  /** The dialogue of `page`, whose settings it changes as they are typed. */
  constructor(page) {
    this.page = page;
    this.dialog = element('settings');
    this.form = element('settings-form');
    element('open-settings').addEventListener('click', () => {
      this.show();
      this.dialog.showModal();
    });
    this.form.addEventListener('input', ({ target }) => this.take(target));
    element('defaults').addEventListener('click', () => {
      page.keepSettings({ ...DEFAULTS });
      this.show();
    });
  }

  show() {
    for (const field of this.form.querySelectorAll('[name]')) {
      const value = this.page.settings[field.name];
      if (field.type === 'checkbox') {
        field.checked = value;
      } else {
        field.value = value ?? '';
      }
      field.setAttribute('aria-invalid', 'false');
    }
    element('impossible').hidden = true;
  }

  /** Takes what is typed if it can be; else what was set before holds, and that is said. */
  take(field) {
    const value = field.type === 'checkbox' ? field.checked : field.value;
    // What a number field does not take for a number it gives as nothing.
    const settings = field.validity.badInput ? null : typed(this.page.settings, field.name, value);
    field.setAttribute('aria-invalid', String(settings === null));
    if (settings) {
      this.page.keepSettings(settings);
    }
    element('impossible').hidden = this.form.querySelector('[aria-invalid="true"]') === null;
  }
}
