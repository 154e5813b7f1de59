// Conversations that this browser keeps. Pure: the storage is handed in.

export const MOST_CHATS = 50;
/** Of all conversations together; browsers grant some five million. */
export const MOST_CHARACTERS = 1_000_000;
const TITLE = 60;

/** What is kept below one key of a storage like localStorage: the newest conversations, `{id, title, changed, turns}`. */
export class History {
  constructor(storage, key) {
    this.storage = storage;
    this.key = key;
  }

  /** All of them, the one that changed last first. */
  all() {
    try {
      const chats = JSON.parse(this.storage.getItem(this.key));
      return Array.isArray(chats) ? chats.filter(({ id, turns }) => typeof id === 'string' && Array.isArray(turns)) : [];
    } catch {
      return [];
    }
  }

  find(id) {
    return this.all().find(chat => chat.id === id) ?? null;
  }

  /** Keeps a conversation in place of what was kept of it; the oldest others make room. False if there is none. */
  keep(id, turns, changed) {
    const [first] = turns;
    if (!first) {
      return true;
    }
    const chat = { id, title: first.question.slice(0, TITLE), changed, turns };
    let chats = [chat, ...this.all().filter(other => other.id !== id)].slice(0, MOST_CHATS);
    for (; chats.length > 0; chats = chats.slice(0, -1)) {
      const json = JSON.stringify(chats);
      if (json.length <= MOST_CHARACTERS && this.write(json)) {
        return true;
      }
    }
    return false;
  }

  /** What does not fit any more is refused by the storage, whatever else is in it. */
  write(json) {
    try {
      this.storage.setItem(this.key, json);
      return true;
    } catch {
      return false;
    }
  }

  remove(id) {
    this.write(JSON.stringify(this.all().filter(chat => chat.id !== id)));
  }

  clear() {
    this.storage.removeItem(this.key);
  }
}
