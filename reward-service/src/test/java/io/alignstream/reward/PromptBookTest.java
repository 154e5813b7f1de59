package io.alignstream.reward;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Reference;
import io.alignstream.reward.desk.At;
import io.alignstream.reward.desk.RankingDesk;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.kept.KeptState;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class PromptBookTest {

    private static final Map<String, String> GATE = Map.of("purpose", "held-out");
    private static final Origin ANYWHERE = new At(0);
    private static final Reference SFT = new Reference(URI.create("file:/sft"), "a".repeat(64), 1);

    private final KeptState kept = KeptState.temporary();
    private final KeptState another = KeptState.temporary();
    private final PromptBook book = new PromptBook(kept, desk(kept));

    @AfterEach
    void closeState() {
        kept.close();
        another.close();
    }

    @Test
    void whatTheGateAsksIsNotAskedWhicheverCameFirst() {
        // Given
        add("before", "Gate?", Map.of());
        add("other", "Other?", Map.of());
        List<Prompt> first = prompts(book);

        // When
        add("gate", "gate?", GATE);
        List<Prompt> withGate = prompts(book);
        add("after", "GATE?", Map.of());
        List<Prompt> afterwards = prompts(book);
        book.withdrawn("gate");

        // Then
        assertThat(first).extracting(Prompt::id).containsExactlyInAnyOrder("before", "other");
        assertThat(withGate).extracting(Prompt::id).containsExactly("other");
        assertThat(afterwards).extracting(Prompt::id).containsExactly("other");
        assertThat(prompts(book)).extracting(Prompt::id).containsExactlyInAnyOrder("before", "other", "after");
    }

    @Test
    void thePromptsAreThoseThatCameLastInOneOrder() {
        // Given
        PromptBook reversed = new PromptBook(another, desk(another));
        IntStream.range(0, 50).forEach(i -> add("p" + i, "before " + i, Map.of()));
        prompts(book);

        // When
        IntStream.range(0, 50).forEach(i -> add("p" + i, "question " + i, Map.of()));
        IntStream.range(0, 50)
                .forEach(i -> reversed.handle(prompt("p" + (49 - i), "question " + (49 - i), Map.of()), ANYWHERE));

        // Then
        assertThat(prompts(book)).isEqualTo(prompts(reversed)).hasSize(50);
        assertThat(prompts(book))
                .allMatch(prompt -> prompt.messages().getFirst().content().startsWith("question"));
    }

    @Test
    void whatComesAgainUnchangedIsNoChange() {
        // Given
        add("p", "question", Map.of());
        long before = book.changes();

        // When
        add("p", "question", Map.of());
        book.withdrawn("unknown");

        // Then
        assertThat(book.changes()).isEqualTo(before);
    }

    @Test
    void whatWasSentOutIsNotOpenWhicheverModelCameBefore() {
        // Given
        RankingDesk desk = desk(kept);
        PromptBook asking = new PromptBook(kept, desk);
        IntStream.range(0, 5).forEach(i -> asking.handle(prompt("p" + i, "question " + i, Map.of()), ANYWHERE));
        String request = AnswerSampling.requestId(SFT, prompt("p3", "any", Map.of()));
        prompts(asking);

        // When
        desk.add(new RankingRequest(request, List.of(Message.user("question 3")), List.of("a", "b"), SFT, Map.of()));
        asking.requestChanged(request);

        // Then
        assertThat(prompts(asking)).extracting(Prompt::id).containsExactlyInAnyOrder("p0", "p1", "p2", "p4");
        assertThat(fates(asking)).containsExactly(RankingDesk.Fate.ASKED);
        Reference other = new Reference(URI.create("file:/other"), "b".repeat(64), 1);
        while (!asking.prepare(other)) {
            // some more
        }
        assertThat(fates(asking)).isEmpty();
        assertThat(prompts(asking)).hasSize(4);
        desk.withdrawRequest(request);
        asking.requestChanged(request);
        assertThat(prompts(asking)).hasSize(5);
    }

    private static List<RankingDesk.Fate> fates(PromptBook book) {
        List<RankingDesk.Fate> fates = new ArrayList<>();
        book.sent(false, fates::add);
        return fates;
    }

    @Test
    void aRestartKnowsTheSamePrompts() {
        // Given
        add("gate", "Gate?", GATE);
        IntStream.range(0, 20).forEach(i -> add("p" + i, "question " + i, Map.of()));
        add("copy", "GATE?", Map.of());
        List<Prompt> before = prompts(book);
        add("late", "question late", GATE);
        add("late-copy", "Question  late", Map.of());

        // When
        PromptBook restarted = new PromptBook(kept, desk(kept));

        // Then
        assertThat(prompts(restarted))
                .isEqualTo(prompts(book))
                .isEqualTo(before)
                .hasSize(20);
        restarted.withdrawn("late");
        assertThat(prompts(restarted)).hasSize(21);
    }

    /** Every comparison asks: looking at each prompt each time would take minutes. */
    @Test
    @Timeout(value = 30, unit = TimeUnit.SECONDS)
    void aPromptMoreDoesNotMeanALookAtAllOfThem() {
        // Given
        add("gate", "Gate?", GATE);
        IntStream.range(0, 100_000).forEach(i -> add("p" + i, "What is there to see in city " + i + "?", Map.of()));
        first(book, 10);

        // When
        IntStream.range(0, 200).forEach(i -> {
            add("more" + i, "What is there to eat in city " + i + "?", Map.of());
            first(book, 10);
        });

        // Then
        assertThat(prompts(book)).hasSize(100_200);
    }

    static RankingDesk desk(KeptState state) {
        return new RankingDesk(1, Duration.ofMinutes(1), 0, InstantSource.system(), state);
    }

    /** All that may be sent out. */
    static List<Prompt> prompts(PromptBook book) {
        return first(book, Integer.MAX_VALUE);
    }

    private static List<Prompt> first(PromptBook book, int most) {
        while (!book.prepare(SFT)) {
            // some more the next time
        }
        List<Prompt> prompts = new ArrayList<>();
        book.open(false, prompt -> {
            prompts.add(prompt);
            return prompts.size() < most;
        });
        return prompts;
    }

    private void add(String id, String text, Map<String, String> tags) {
        book.handle(prompt(id, text, tags), ANYWHERE);
    }

    private static Prompt prompt(String id, String text, Map<String, String> tags) {
        return new Prompt(id, List.of(Message.user(text)), tags);
    }
}
