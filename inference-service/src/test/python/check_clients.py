"""What OpenAI's client for Python and LangChain's do with the service at ADDRESS: check_clients.py ADDRESS [calling].

With the second word, a model answers that calls the tool that it is offered.
"""

import json
import sys

import httpx
import openai
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel, Field

ADDRESS = sys.argv[1].rstrip("/") + "/v1"
QUESTION = [{"role": "user", "content": "Hi"}]
client = openai.OpenAI(base_url=ADDRESS, api_key="any", max_retries=0)


class City(BaseModel):
    name: str = Field(max_length=6)
    sights: list[str] = Field(max_length=0)


def models():
    model = client.models.list().data[0]
    assert client.models.retrieve(model.id).sha256 == model.sha256


def chat():
    asked = dict(model="alignstream", messages=QUESTION, max_completion_tokens=8, seed=5)
    answer = client.chat.completions.create(**asked, n=2, logprobs=True, top_logprobs=2, presence_penalty=0.1)
    assert [choice.index for choice in answer.choices] == [0, 1]
    assert answer.choices[0].finish_reason == "length"
    assert len(answer.choices[0].logprobs.content) == 8 == answer.usage.completion_tokens // 2
    assert answer.sha256 and answer.id.startswith("chatcmpl-")
    again = client.chat.completions.create(**asked, presence_penalty=0.1)
    assert again.choices[0].message.content == answer.choices[0].message.content
    chunks = list(client.chat.completions.create(
        **asked, presence_penalty=0.1, stream=True, stream_options={"include_usage": True}))
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == again.choices[0].message.content
    assert chunks[-1].usage.total_tokens == again.usage.total_tokens
    raw = client.chat.completions.with_raw_response.create(**asked)
    assert raw.headers["x-model-sha256"] == answer.sha256


def documents():
    parsed = client.chat.completions.parse(
        model="alignstream", messages=QUESTION, response_format=City, max_completion_tokens=200)
    assert isinstance(parsed.choices[0].message.parsed, City)
    response = client.responses.parse(model="alignstream", input="Hi", text_format=City, max_output_tokens=200)
    assert isinstance(response.output_parsed, City)


def completions():
    answer = client.completions.create(model="alignstream", prompt=["The", "去"], max_tokens=5, logprobs=1, seed=5)
    assert len(answer.choices) == 2 and len(answer.choices[0].logprobs.tokens) == 5
    text = "".join(c.choices[0].text for c in client.completions.create(
        model="alignstream", prompt="The", max_tokens=5, echo=True, stream=True))
    assert text.startswith("The")
    chunks = list(client.completions.create(
        model="alignstream", prompt="The", max_tokens=5, n=2, stream=True, stream_options={"include_usage": True}))
    assert {choice.index for chunk in chunks for choice in chunk.choices} == {0, 1}
    assert chunks[-1].usage.completion_tokens == 10


def embeddings():
    one, other = client.embeddings.create(model="alignstream", input=["Hi", "去上海"]).data
    floats = client.embeddings.create(model="alignstream", input="Hi", encoding_format="float").data[0]
    assert len(one.embedding) == len(other.embedding)
    assert max(abs(a - b) for a, b in zip(one.embedding, floats.embedding)) < 1e-6


def responses():
    first = client.responses.create(model="alignstream", input="Hi", instructions="Be brief.", max_output_tokens=6,
                                    extra_body={"seed": 5})
    assert first.status == "incomplete" and first.output_text
    second = client.responses.create(
        model="alignstream", input="and?", previous_response_id=first.id, max_output_tokens=6)
    assert second.usage.input_tokens > first.usage.output_tokens
    with client.responses.stream(model="alignstream", input="Hi", max_output_tokens=6) as stream:
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
    assert text


def forced():
    """Of a model that has learned of no tools."""
    tools = [openai.pydantic_function_tool(City)]
    asked = dict(model="alignstream", messages=QUESTION, tools=tools, tool_choice="required", max_completion_tokens=200)
    choice = client.chat.completions.create(**asked).choices[0]
    assert choice.finish_reason == "tool_calls" and choice.message.content is None
    City.model_validate_json(choice.message.tool_calls[0].function.arguments)
    with client.chat.completions.stream(**asked) as stream:
        call = stream.get_final_completion().choices[0].message.tool_calls[0]
    assert isinstance(call.function.parsed_arguments, City)
    tool_choice = {"type": "function", "name": "City"}
    schema = {"type": "function", "name": "City", "parameters": City.model_json_schema()}
    response = client.responses.create(model="alignstream", input="Hi", tools=[schema], tool_choice=tool_choice)
    City.model_validate_json(response.output[0].arguments)
    model = ChatOpenAI(base_url=ADDRESS, api_key="any", model="alignstream", max_tokens=200)
    assert isinstance(model.with_structured_output(City, method="function_calling").invoke("Hi"), City)
    assert isinstance(model.with_structured_output(City, method="json_schema").invoke("Hi"), City)


def calling():
    """Of a model that calls what it is offered, whatever is asked."""
    function = {"name": "weather", "description": "Of a city.", "parameters": {
        "type": "object", "properties": {"city": {"type": "integer"}}, "required": ["city"]}}
    asked = dict(model="alignstream", tools=[{"type": "function", "function": function}], temperature=0)
    choice = client.chat.completions.create(messages=QUESTION, **asked).choices[0]
    call = choice.message.tool_calls[0]
    assert choice.finish_reason == "tool_calls" and choice.message.content == "Wait"
    assert (call.function.name, json.loads(call.function.arguments)) == ("weather", {"city": 7})
    answered = [*QUESTION, choice.message, {"role": "tool", "tool_call_id": call.id, "content": "Rain"}]
    assert client.chat.completions.create(messages=answered, tool_choice="none", **asked).choices[0].message.content
    with client.chat.completions.stream(messages=QUESTION, **asked) as stream:
        message = stream.get_final_completion().choices[0].message
    assert message.content == "Wait" and json.loads(message.tool_calls[0].function.arguments) == {"city": 7}
    with client.responses.stream(model="alignstream", input="Hi", tools=[dict(type="function", **function)]) as stream:
        kinds = [event.type for event in stream]
        said, called = stream.get_final_response().output
    assert "response.function_call_arguments.done" in kinds and said.content[0].text == "Wait"
    assert client.responses.create(
        model="alignstream", tools=[dict(type="function", **function)], tool_choice="none", input=[
            {"role": "user", "content": "Hi"}, said, called,
            {"type": "function_call_output", "call_id": called.call_id, "output": "Rain"}]).output_text

    @tool
    def weather(city: int) -> str:
        """Of a city."""
        return "Rain"

    model = ChatOpenAI(base_url=ADDRESS, api_key="any", model="alignstream", temperature=0).bind_tools([weather])
    assert [call["args"] for call in model.invoke("Hi").tool_calls] == [{"city": 7}]
    chunks = None
    for chunk in model.stream("Hi"):
        chunks = chunk if chunks is None else chunks + chunk
    assert [call["args"] for call in chunks.tool_calls] == [{"city": 7}]


def errors():
    for call, kind, param in [
        (dict(model="gpt-4", messages=QUESTION), openai.NotFoundError, "model"),
        (dict(model="alignstream", messages=QUESTION, temperature=3), openai.BadRequestError, "temperature"),
        (dict(model="alignstream", messages=[{"role": "user", "content": "火" * 99_999}]), openai.BadRequestError,
         "messages"),
        (dict(model="alignstream", messages=QUESTION, n=0), openai.BadRequestError, "n"),
        (dict(model="alignstream", messages=QUESTION, tools=[{"type": "function", "function": {"name": "f"}}]),
         openai.BadRequestError, "tools"),
    ]:
        try:
            client.chat.completions.create(**call)
            raise AssertionError(call)
        except kind as error:
            assert error.param == param and error.body["message"], error
    try:
        client.images.generate(model="alignstream", prompt="a harbour")
        raise AssertionError("images")
    except openai.NotFoundError as error:
        assert error.code == "unknown_url"
    for path in ("chat/completions", "completions", "responses", "embeddings"):
        broken = httpx.post(f"{ADDRESS}/{path}", content='{"model": ', headers={"Content-Type": "application/json"})
        assert broken.status_code == 400 and "JSON" in broken.json()["error"]["message"], broken.text


def langchain():
    model = ChatOpenAI(base_url=ADDRESS, api_key="any", model="alignstream", max_tokens=6, temperature=0)
    answer = model.invoke([("system", "Be brief."), ("human", "Hi")])
    assert answer.content == "".join(c.content for c in model.stream([("system", "Be brief."), ("human", "Hi")]))
    vectors = OpenAIEmbeddings(
        base_url=ADDRESS, api_key="any", model="alignstream", check_embedding_ctx_length=False)
    assert len(vectors.embed_documents(["Hi", "Ho"])) == 2


CHECKS = [models, chat, documents, completions, embeddings, responses, forced, errors, langchain]
for check in [calling] if sys.argv[2:] == ["calling"] else CHECKS:
    check()
    print("ok:", check.__name__, flush=True)
