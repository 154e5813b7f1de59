package io.alignstream.reward;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.reward.desk.At;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.kept.KeptState;
import io.alignstream.training.dataset.SetAside;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a person holds out for the gate is neither asked nor learned, however it comes again. */
class GateIsKeptTest {

    private static final Reference SFT = new Reference(URI.create("file:///store/sft"), "ab".repeat(32), 1);
    private static final Prompt GATE = prompt("gate", "Chengdu 必去?", Map.of("purpose", "held-out"));

    private static final Origin NOWHERE = new At(0);

    private final KeptState kept = KeptState.temporary();

    @AfterEach
    void closeState() {
        kept.close();
    }

    @Test
    void a_prompt_that_asks_the_same_under_another_id_is_not_sent_out() {
        // Given
        PromptBook book = new PromptBook(kept, PromptBookTest.desk(kept));
        book.handle(prompt("copy", "chengdu  必去？", Map.of("purpose", "train")), NOWHERE);
        book.handle(GATE, NOWHERE);
        book.handle(prompt("other", "Xian 必去?", Map.of()), NOWHERE);

        // When
        List<Prompt> asked = PromptBookTest.prompts(book);

        // Then
        assertThat(asked).extracting(Prompt::id).containsExactly("other");
    }

    @Test
    void a_prompt_may_be_sent_out_when_the_one_for_the_gate_is_withdrawn() {
        // Given
        PromptBook book = new PromptBook(kept, PromptBookTest.desk(kept));
        book.handle(GATE, NOWHERE);
        book.handle(prompt("copy", "chengdu  必去？", Map.of()), NOWHERE);
        book.withdrawn("gate");

        // When
        List<Prompt> asked = PromptBookTest.prompts(book);

        // Then
        assertThat(asked).extracting(Prompt::id).containsExactly("copy");
    }

    @Test
    void rankings_of_what_the_gate_asks_are_left_out_and_counted() {
        // Given: recorded, sampled from the SFT model, as the beginning of a conversation; unranked; and others
        Message later = Message.user("Why?");
        List<RankingRequest> requests = List.of(
                request("recorded", null, Message.user("chengdu  必去？")),
                request("sampled", SFT, Message.user("Chengdu 必去?")),
                request(
                        "longer",
                        null,
                        Message.user("Chengdu 必去?"),
                        new Message(Message.Role.ASSISTANT, "熊猫基地"),
                        later),
                request("unranked", null, Message.user("Chengdu 必去?")),
                request("kept", SFT, Message.user("Xian 必去?")),
                request("afterwards", SFT, later));
        List<Ranking> rankings = requests.stream()
                .map(RankingRequest::requestId)
                .filter(id -> !id.equals("unranked"))
                .map(id -> new Ranking(id, "ann", List.of(List.of(1), List.of(0)), List.of(), List.of(), "test"))
                .toList();
        SetAside setAside = new SetAside(Stage.REWARD, 0);

        // When
        LearnableRankings learnable =
                LearnableRankings.of(TinySft.TOKENIZER, requests, rankings, List.of(GATE), 100, setAside);

        // Then
        assertThat(learnable.leftOut()).isEqualTo(3);
        assertThat(setAside.figures()).isEmpty();
        assertThat(learnable.requests())
                .extracting(request -> request.prompt())
                .containsExactly(
                        ChatTemplate.prompt(TinySft.TOKENIZER, List.of(Message.user("Xian 必去?"))),
                        ChatTemplate.prompt(TinySft.TOKENIZER, List.of(later)));
    }

    private static Prompt prompt(String id, String text, Map<String, String> tags) {
        return new Prompt(id, List.of(Message.user(text)), tags);
    }

    private static RankingRequest request(String id, @Nullable Reference model, Message... messages) {
        return new RankingRequest(id, List.of(messages), List.of("熊猫基地", "故宫"), model, Map.of());
    }
}
