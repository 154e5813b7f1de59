// The conversations that this browser keeps: a list to go back to, and to delete from.
import { element, make } from '../alignstream/dom.js';
import { translate } from '../alignstream/language.js';

export class HistoryView {
  /** The list of `page`'s conversations. */
  constructor(page) {
    this.page = page;
    this.dialog = element('history');
    element('open-history').addEventListener('click', () => {
      this.show();
      this.dialog.showModal();
    });
    element('forget').addEventListener('click', () => {
      page.history.clear();
      page.begin();
      this.dialog.close();
    });
  }

  show() {
    const chats = this.page.history.all();
    element('no-chats').hidden = chats.length > 0;
    element('forget').hidden = chats.length === 0;
    element('chats').replaceChildren(...chats.map(chat => this.row(chat)));
    translate(element('chats'), this.page.messages);
  }

  row(chat) {
    return make('li', {},
      make('button', {
        type: 'button',
        className: 'chat',
        on: {
          click: () => {
            this.page.open(chat);
            this.dialog.close();
            element('question').focus();
          },
        },
        ...(chat.id === this.page.id ? { 'aria-current': 'true' } : {}),
      }, make('span', { dir: 'auto' }, chat.title), make('small', {}, this.page.messages.time(chat.changed))),
      make('button', {
        type: 'button',
        className: 'delete',
        data: { text: 'chat.delete' },
        'aria-label': `${this.page.messages.text('chat.delete')}: ${chat.title}`,
        on: {
          click: () => {
            this.page.history.remove(chat.id);
            if (chat.id === this.page.id) {
              this.page.begin();
            }
            this.show();
            element('close-history').focus();
          },
        },
      }));
  }
}
