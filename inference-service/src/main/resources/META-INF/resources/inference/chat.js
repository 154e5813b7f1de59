// The chat page: streams answers of /v1/chat/completions, sends thumbs to /v1/feedback. No library.

const TEXTS = {
  en: {
    title: "Alignstream chat", dashboard: "Status of this service", new: "New conversation",
    welcome: "Talk to the served model", hint: "What you see is the newest release that passed the gate. Rate its answers: that is what the next one learns from.",
    question: "Your message", placeholder: "Write a message…", send: "Send", stop: "Stop",
    keys: "Enter sends, Shift+Enter starts a new line. ", caution: "A small model makes mistakes.",
    none: "No release is approved yet; this page keeps looking.", unreachable: "The service does not answer; trying again.",
    run: "run", since: "since", up: "Good answer", down: "Bad answer", thanks: "Thank you, noted.",
    correction: "What would have been a better answer? (optional)", correct: "Send correction",
    stopped: "Stopped.", cut: "Cut off at the longest answer that fits.", dropped: "Earlier turns no longer fit the model's memory and were left out.",
    failed: "No answer", network: "the connection broke. Is the service running?", retry: "Try again", answered: "Answer complete.", empty: "(no text)", busy: "The model is writing; stop it first.",
  },
  zh: {
    title: "Alignstream 对话", dashboard: "服务状态", new: "新对话",
    welcome: "与当前模型对话", hint: "这里是最新通过评审的版本。请为回答评分：下一个版本将从中学习。",
    question: "你的消息", placeholder: "输入消息…", send: "发送", stop: "停止",
    keys: "Enter 发送，Shift+Enter 换行。", caution: "小模型会出错。",
    none: "尚无通过评审的版本；页面会持续检查。", unreachable: "服务没有响应，正在重试。",
    run: "训练", since: "上线", up: "好回答", down: "差回答", thanks: "谢谢，已记录。",
    correction: "更好的回答应该是什么？（可选）", correct: "提交更正",
    stopped: "已停止。", cut: "回答已达长度上限。", dropped: "较早的对话超出模型记忆，已略去。",
    failed: "没有回答", network: "连接中断。服务在运行吗？", retry: "重试", answered: "回答完毕。", empty: "（无文字）", busy: "模型正在回答，请先停止。",
  },
};

const element = (id) => document.getElementById(id);
const main = element("conversation"), turns = element("turns"), question = element("question"), send = element("send");

let language = localStorage.getItem("alignstream-chat-language") ?? (navigator.language.startsWith("zh") ? "zh" : "en");
let served = null;
let exchanges = []; // answered ones: {question, answer, tokens of both, id, sha256, item}
let writing = null; // the AbortController of the answer on its way

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const text = (key) => TEXTS[language][key];

function translate(root) {
  root.querySelectorAll("[data-text]").forEach((node) => { node.textContent = text(node.dataset.text); });
  root.querySelectorAll("[data-title]").forEach((node) => { node.title = text(node.dataset.title); });
  root.querySelectorAll("[data-thumb]").forEach((node) => {
    node.title = text(node.dataset.thumb);
    node.setAttribute("aria-label", text(node.dataset.thumb));
  });
}

function translatePage() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = text("title");
  translate(document);
  question.placeholder = text("placeholder");
  element("language").textContent = language === "zh" ? "English" : "中文";
  element("language").lang = language === "zh" ? "en" : "zh";
  showButton();
  showModel();
}

function showButton() {
  send.textContent = text(writing ? "stop" : "send");
  send.classList.toggle("primary", !writing);
  send.disabled = !writing && question.value.trim() === "";
}

function showModel(problem) {
  const line = element("model");
  const known = !problem && served?.sha256;
  line.classList.toggle("served", Boolean(known));
  line.classList.toggle("none", !known);
  if (!known) {
    line.textContent = text(problem ?? "none");
    return;
  }
  const sha = document.createElement("code");
  sha.textContent = served.sha256.slice(0, 12);
  sha.title = `sha256 ${served.sha256}`;
  const since = new Date(served.since).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
  line.replaceChildren(`${served.model} `, sha, ` · ${text("run")} ${served.run} · ${text("since")} ${since}`);
}

async function watchModel() {
  try {
    const response = await fetch("served");
    if (!response.ok) throw new Error(response.status);
    served = await response.json();
    showModel();
  } catch {
    showModel("unreachable");
  }
  setTimeout(watchModel, served?.sha256 ? 10_000 : 2_000);
}

function atEnd() {
  return main.scrollHeight - main.scrollTop - main.clientHeight < 80;
}

function keepEnd(wasAtEnd) {
  if (wasAtEnd) main.scrollTop = main.scrollHeight;
}

function addExchange(asked) {
  element("welcome").hidden = true;
  const item = element("exchange").content.cloneNode(true).firstElementChild;
  item.querySelector(".question").textContent = asked;
  turns.append(item);
  translate(item);
  keepEnd(true);
  return item;
}

/** Shows a text of the page (by its key, so that it follows the language) or of the service below an answer. */
function note(item, message, error = false) {
  const line = item.querySelector(".note");
  if (message in TEXTS.en) {
    line.dataset.text = message;
    line.textContent = text(message);
  } else {
    delete line.dataset.text;
    line.textContent = message;
  }
  line.classList.toggle("error", error);
  line.hidden = false;
  return line;
}

/** The events of a stream, as JSON; ends with the [DONE] of the API. */
async function* eventsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  while (true) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const data = line.startsWith("data:") ? line.slice(5).trim() : "";
      if (data === "[DONE]") return;
      if (data) yield JSON.parse(data);
    }
  }
}

class Refusal extends Error {
  constructor(error) {
    super(error?.message ?? "");
    this.code = error?.code;
  }
}

async function request(messages, signal) {
  const response = await fetch("v1/chat/completions", {
    method: "POST",
    signal,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ messages, stream: true, stream_options: { include_usage: true }, temperature: 0.7 }),
  });
  if (!response.ok) {
    const body = await response.json().catch(() => null);
    throw new Refusal(body?.error ?? { message: `HTTP ${response.status}` });
  }
  return response;
}

/** Asks with as much of the conversation as fits; the rest is left out, oldest first. */
async function requestThatFits(asked, signal) {
  const positions = served?.positions || Infinity;
  let kept = exchanges.filter((exchange) => exchange.answer.trim() !== "");
  // Half of the model's memory is for the new question and its answer.
  while (kept.length > 0 && sum(kept.map((exchange) => exchange.tokens)) > positions / 2) kept = kept.slice(1);
  while (true) {
    const messages = kept.flatMap((exchange) => [
      { role: "user", content: exchange.question },
      { role: "assistant", content: exchange.answer },
    ]);
    messages.push({ role: "user", content: asked });
    try {
      const response = await request(messages, signal);
      const sent = sum(kept.map((exchange) => exchange.tokens));
      return { response, sent, all: kept.length === exchanges.length };
    } catch (error) {
      if (error.code !== "context_length_exceeded" || kept.length === 0) throw error;
      kept = kept.slice(1);
    }
  }
}

async function ask(asked) {
  const item = addExchange(asked);
  const answer = item.querySelector(".answer"), shown = item.querySelector(".text");
  const exchange = { question: asked, answer: "", tokens: 0, item };
  writing = new AbortController();
  answer.setAttribute("aria-busy", "true");
  showButton();
  let finish = null;
  try {
    const { response, all, sent } = await requestThatFits(asked, writing.signal);
    exchange.sha256 = response.headers.get("X-Model-Sha256");
    if (!all) note(item, "dropped");
    for await (const event of eventsOf(response)) {
      if (event.error) throw new Refusal(event.error);
      exchange.id = event.id;
      finish = event.choices[0]?.finish_reason ?? finish;
      exchange.tokens = event.usage ? event.usage.total_tokens - sent : exchange.tokens;
      const follow = atEnd();
      exchange.answer += event.choices[0]?.delta?.content ?? "";
      shown.textContent = exchange.answer;
      keepEnd(follow);
    }
    if (finish === null) throw new TypeError("the stream broke");
    if (finish === "length") note(item, "cut");
    if (exchange.answer.trim() === "") note(item, "empty");
    element("announcer").textContent = `${exchange.answer} ${text("answered")}`;
  } catch (error) {
    if (error.name === "AbortError") {
      note(item, "stopped");
    } else {
      const reason = error instanceof Refusal ? error.message : text("network");
      offerRetry(item, asked, `${text("failed")}: ${reason}`);
      element("announcer").textContent = `${text("failed")}: ${reason}`;
    }
  }
  answer.setAttribute("aria-busy", "false");
  writing = null;
  if (exchange.id && item.isConnected) {
    exchanges.push(exchange);
    offerVerdict(exchange);
  }
  showButton();
  keepEnd(atEnd());
  question.focus();
}

function offerRetry(item, asked, message) {
  const line = note(item, message, true);
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.text = "retry";
  button.textContent = text("retry");
  button.onclick = () => {
    if (writing) return;
    item.remove();
    exchanges = exchanges.filter((exchange) => exchange.item !== item);
    ask(asked);
  };
  line.append(button);
}

function offerVerdict(exchange) {
  const row = exchange.item.querySelector(".verdict"), correction = exchange.item.querySelector(".correction");
  row.hidden = false;
  const version = row.querySelector(".version");
  version.textContent = exchange.sha256?.slice(0, 12) ?? "";
  version.title = `sha256 ${exchange.sha256 ?? ""}`;
  const buttons = [...row.querySelectorAll("button")];
  for (const button of buttons) {
    button.onclick = async () => {
      if (!await giveFeedback(exchange, button.dataset.thumb)) return;
      buttons.forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
      correction.hidden = button.dataset.thumb === "up";
      if (!correction.hidden) {
        const field = correction.querySelector("textarea");
        field.id = `correction-${exchange.id}`;
        correction.querySelector("label").htmlFor = field.id;
        field.focus();
      }
    };
  }
  correction.onsubmit = async (event) => {
    event.preventDefault();
    const better = correction.querySelector("textarea").value.trim();
    if (better && await giveFeedback(exchange, "down", better)) {
      correction.hidden = true;
      question.focus();
    }
  };
}

async function giveFeedback(exchange, thumb, correction) {
  try {
    const response = await fetch("v1/feedback", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ response_id: exchange.id, thumb, correction }),
    });
    if (!response.ok) throw new Refusal((await response.json()).error);
    note(exchange.item, "thanks");
    element("announcer").textContent = text("thanks");
    return true;
  } catch (error) {
    note(exchange.item, error instanceof Refusal ? error.message : text("network"), true);
    return false;
  }
}

function grow() {
  question.style.height = "auto";
  question.style.height = `${question.scrollHeight + 2}px`;
  showButton();
}

element("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (writing) {
    writing.abort();
    return;
  }
  const asked = question.value.trim();
  if (asked) {
    question.value = "";
    grow();
    ask(asked);
  }
});

question.addEventListener("input", grow);
question.addEventListener("keydown", (event) => {
  // isComposing: Enter that only confirms an input method's candidate sends nothing.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  if (writing) {
    element("announcer").textContent = text("busy");
  } else {
    element("form").requestSubmit();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && writing) writing.abort();
});

element("new").addEventListener("click", () => {
  writing?.abort();
  exchanges = [];
  turns.replaceChildren();
  element("welcome").hidden = false;
  question.focus();
});

element("language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  localStorage.setItem("alignstream-chat-language", language);
  translatePage();
});

translatePage();
watchModel();
