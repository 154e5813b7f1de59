"""Renders conversations with the chat templates that trl and axolotl carry, as transformers does: render_chats.py FOLDER.

Writes FOLDER/chats.json: for each template its text, and what it makes of each conversation; null where it refuses one.
The templates are read out of the wheels beside this Python (folder templates), which are not installed.
"""
import datetime
import json
import pathlib
import sys
import zipfile

import transformers.utils.chat_template_utils as chat

NAMES = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
WEATHER = {"type": "function", "function": {
    "name": "get_weather", "description": "Weather of a city, \"now\".",
    "parameters": {"type": "object", "required": ["city"], "properties": {
        "city": {"type": "string", "description": "Name, e.g. 上海"},
        "days": {"type": "integer", "enum": [1, 3]}}}}}
CALL = {"type": "function", "id": "call12345", "function": {"name": "get_weather", "arguments": {
    "city": "上海", "days": 3, "exact": True, "unit": None, "limit": 2.5, "tags": ["a", "b's"]}}}


def message(role, content, **more):
    return {"role": role, "content": content, **more}


SYSTEM = message("system", "  Answer <briefly> & well.\n")
HELLO = message("user", " Hello,  \"world\" 你好 😀\n")
HI = message("assistant", "\n Hi! What's up? ")
WHY = message("user", "Why? <think>no</think> {{ 7 * 7 }} {% if %} <|im_end|></s>")
THOUGHT = message("assistant", "<think>\nlet me see\n</think>\n\nBecause 1 < 2.")
CALLING = message("assistant", "", tool_calls=[CALL])
RESULT = message("tool", '{"temperature": 21.5}', name="get_weather", tool_call_id="call12345")
CONVERSATIONS = [
    dict(messages=[HELLO], add_generation_prompt=True),
    dict(messages=[HELLO]),
    dict(messages=[SYSTEM, HELLO], add_generation_prompt=True),
    dict(messages=[HELLO, HI]),
    dict(messages=[SYSTEM, HELLO, HI, WHY], add_generation_prompt=True),
    dict(messages=[HELLO, THOUGHT, WHY, THOUGHT]),
    dict(messages=[HELLO, HI, SYSTEM, WHY, HI], add_generation_prompt=True),
    dict(messages=[HELLO], tools=[WEATHER], add_generation_prompt=True),
    dict(messages=[SYSTEM, HELLO, CALLING, RESULT], tools=[WEATHER], add_generation_prompt=True),
    dict(messages=[HELLO, CALLING, RESULT, HI, WHY], tools=[WEATHER], add_generation_prompt=True),
    dict(messages=[HI, HELLO, HELLO], add_generation_prompt=True),
    dict(messages=[message("developer", "Be kind."), message("narrator", "It rains."), HELLO, message("assistant", "")],
         add_generation_prompt=True),
]


class Day(datetime.datetime):
    """The day that every template is told: conversations must not change from one day to the next."""

    @classmethod
    def now(cls, tz=None):
        return cls(2024, 7, 26)


def render(template, conversation):
    messages, tools = conversation["messages"], conversation.get("tools")
    try:
        rendered = chat.render_jinja_template([messages], tools=tools, chat_template=template,
                                              add_generation_prompt=conversation.get("add_generation_prompt", False), **NAMES)
        return rendered[0][0]
    except Exception as error:
        print(f"  refused: {type(error).__name__}: {error}", file=sys.stderr)
        return None


def main(folder):
    chat.datetime = Day
    templates = {}
    for wheel in sorted((pathlib.Path(sys.prefix) / "templates").glob("*.whl")):
        with zipfile.ZipFile(wheel) as files:
            for name in sorted(files.namelist()):
                if name.endswith(".jinja"):
                    text = files.read(name).decode()
                    templates[wheel.name.split("-")[0] + "/" + pathlib.Path(name).stem] = {
                        "template": text, "rendered": [render(text, each) for each in CONVERSATIONS]}
    (folder / "chats.json").write_text(json.dumps(
        {"names": NAMES, "conversations": CONVERSATIONS, "templates": templates}, ensure_ascii=False))
    print(f"{len(templates)} templates rendered {len(CONVERSATIONS)} conversations each")


main(pathlib.Path(sys.argv[1]))
