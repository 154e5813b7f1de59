package io.alignstream.contracts.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RankingFormatTest {

    private static final List<Message> MULTI_TURN =
            List.of(Message.user("How far is the moon?"), Message.assistant("Near."), Message.user("In km?"));
    private static final RankedRequest RANKED = new RankedRequest(
            new RankingRequest(
                    "r-1",
                    MULTI_TURN,
                    List.of("384,400 km", "Very far.", "Some 400,000 km"),
                    new Reference(URI.create("file:///m/"), "ab".repeat(32), 1),
                    Map.of("language", "en")),
            new Ranking(
                    "r-1",
                    "ann",
                    List.of(List.of(0), List.of(1, 2)),
                    List.of(4.7, 1.0, 1.0),
                    List.of("exact", "", ""),
                    "guideline-3"));

    @Test
    void ourOwnLinesLoseNothing() {
        // When
        RankedRequest again = roundTrip(RankingFormat.ALIGNSTREAM, RANKED);

        // Then
        assertThat(again).isEqualTo(RANKED);
    }

    @Test
    void ratedCompletionsKeepPromptAnswersOrderScoresAndReasons() {
        // When
        RankedRequest again = roundTrip(RankingFormat.ULTRAFEEDBACK, RANKED);

        // Then
        assertThat(again.request().messages()).isEqualTo(MULTI_TURN);
        assertThat(again.request().answers())
                .containsExactlyInAnyOrderElementsOf(RANKED.request().answers());
        assertThat(groups(again)).isEqualTo(groups(RANKED));
        assertThat(again.ranking().scores()).containsExactlyInAnyOrder(4.7, 1.0, 1.0);
        assertThat(again.ranking().reasons().get(again.request().answers().indexOf("384,400 km")))
                .isEqualTo("exact");
        assertThat(again.ranking().annotator()).isEqualTo("import:ultrafeedback/ann");
    }

    @ParameterizedTest
    @CsvSource({"trl", "hh-rlhf", "ultrafeedback"})
    void whatMeasuresAnnotatorsIsNotHandedToThoseWhoTrain(String id) {
        // Given
        RankingRequest asked = RANKED.request();
        RankedRequest gold = new RankedRequest(
                new RankingRequest(
                        asked.requestId(),
                        asked.messages(),
                        asked.answers(),
                        asked.model(),
                        Map.of(RankingRequest.GOLD, "0>1=2")),
                RANKED.ranking());
        RankingFormat format = RankingFormat.of(id).orElseThrow();

        // When / Then
        assertThatThrownBy(() -> format.write(gold)).hasMessageContaining("gold");
    }

    @ParameterizedTest
    @CsvSource({"trl", "hh-rlhf"})
    void anOrderOfManyBecomesItsPairsAndATieNone(String id) {
        // Given
        RankingFormat format = RankingFormat.of(id).orElseThrow();

        // When
        List<RankedRequest> pairs = format.write(RANKED).stream()
                .map(json -> RankingFormat.of(json).read(json, "import:test").getFirst())
                .toList();

        // Then
        assertThat(pairs).extracting(pair -> pair.request().messages()).containsOnly(MULTI_TURN);
        assertThat(pairs)
                .extracting(RankingFormatTest::groups)
                .containsExactly(
                        List.of(List.of("384,400 km"), List.of("Very far.")),
                        List.of(List.of("384,400 km"), List.of("Some 400,000 km")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
        {'prompt':'Moon?','chosen':'Far.','rejected':'Near.'}|trl
        {'prompt':[{'role':'user','content':'Moon?'}],'chosen':[{'role':'assistant','content':'Far.'}],'rejected':[{'role':'assistant','content':'Near.'}]}|trl
        {'chosen':[{'role':'user','content':'Moon?'},{'role':'assistant','content':'Far.'}],'rejected':[{'role':'user','content':'Moon?'},{'role':'assistant','content':'Near.'}]}|trl
        {'prompt':'Moon?','chosen':[{'role':'user','content':'Moon?'},{'role':'assistant','content':'Far.'}],'rejected':[{'role':'user','content':'Moon?'},{'role':'assistant','content':'Near.'}]}|trl
        {'prompt':'\\n\\nHuman: Moon?\\n\\nAssistant:','chosen':'Far.','rejected':'Near.'}|trl
        {'chosen':'\\n\\nHuman: Moon?\\n\\nAssistant: Far.','rejected':'\\n\\nHuman: Moon? \\n\\nAssistant: Near.'}|hh-rlhf
        {'prompt':'Moon?','chosen':[{'from':'gpt','value':'Far.'}],'rejected':{'role':'assistant','content':[{'type':'text','text':'Near.'}]}}|trl
        {'conversations':[{'from':'human','value':'Moon?'}],'chosen':{'from':'gpt','value':'Far.'},'rejected':{'from':'gpt','value':'Near.'}}|trl
        {'system':'','question':'Moon?','chosen':'Far.','rejected':'Near.','chosen_rating':'5','rejected_rating':'1'}|trl
        {'instruction':'Moon?','generations':['Near.','Far.'],'ratings':[1,4.5],'rationales':['no','yes']}|ultrafeedback
        {'id':'1','fields':{'prompt':'Moon?','response-1':'Near.','response-2':'Far.'},'responses':{'preference':[{'value':['response-2','response-1'],'user_id':'u'}]}}|argilla
        {'prompt':'Moon?','response_1':'Near.','response_2':'Far.','preference':[{'user_id':'u','value':{'rank':[2,1],'value':['response-1','response-2']},'status':'submitted'}],'preference-suggestion':null}|argilla
        {'prompt':'Moon?','response1':'Near.','response2':'Far.','p.responses':[['response1','response2'],['response2','response1']],'p.responses.users':['v','u'],'p.responses.status':['draft','submitted']}|argilla
        {'instruction':'Moon?','generation-0':'Near.','generation-1':'Far.','generation-0-rating':[{'user_id':'u','value':1,'status':'submitted'}],'generation-1-rating':[{'user_id':'u','value':3,'status':'submitted'}]}|argilla
        {'instruction':'Moon?','completions':[{'response':'Near.','overall_score':3},{'response':'Far.','overall_score':8.5}]}|ultrafeedback
        {'instruction':'Moon?','completions':[{'response':'Near.','annotations':{'honesty':{'Rating':'N/A'},'truthfulness':{'Rating':'1'}}},{'response':'Far.','annotations':{'truthfulness':{'Rating':'5'}}}]}|ultrafeedback
        """)
    void everySpellingOfAPairIsTheSameRequest(String text, String format) {
        // Given
        ObjectNode json = json(text);

        // When
        RankedRequest ranked = RankingFormat.of(json).read(json, "import:test").getFirst();

        // Then
        assertThat(RankingFormat.of(json).id()).isEqualTo(format);
        assertThat(groups(ranked)).isEqualTo(List.of(List.of("Far."), List.of("Near.")));
        assertThat(ranked.request().requestId()).isEqualTo("import-80bb12f5e51410ecd9ab315bf92a2136");
        assertThat(ranked.request().tags()).containsEntry("source", "import");
    }

    @ParameterizedTest
    @CsvSource({"alignstream", "trl", "ultrafeedback"})
    void anEmptyAnswerIsAnAnswerInEveryFormat(String id) {
        // Given
        RankingFormat format = RankingFormat.of(id).orElseThrow();
        RankedRequest ranked = new RankedRequest(
                new RankingRequest("r", MULTI_TURN, List.of("384,400 km", ""), null, Map.of()),
                new Ranking("r", "ann", List.of(List.of(0), List.of(1)), List.of(5.0, 0.0), List.of(), "1"));

        // When
        RankedRequest again = roundTrip(format, ranked);

        // Then
        assertThat(groups(again)).isEqualTo(List.of(List.of("384,400 km"), List.of("")));
    }

    @Test
    void aSystemsWordsBesideAPairComeFirst() {
        // Given
        ObjectNode json =
                json("{'system':'Be brief.','instruction':'Add.','input':'1','chosen':'1.','rejected':'One.'}");

        // When
        RankedRequest ranked = RankingFormat.of(json).read(json, "a").getFirst();

        // Then
        assertThat(ranked.request().messages())
                .containsExactly(new Message(Message.Role.SYSTEM, "Be brief."), Message.user("Add.\n1"));
    }

    @Test
    void aPromptIsNotSaidTwiceWhereverItStandsInTheConversation() {
        // Given
        ObjectNode json = json("{'prompt':'Moon? ','chosen':[{'role':'system','content':'Be brief.'},"
                + "{'role':'user','content':'Moon?'},{'role':'assistant','content':'Far.'}],"
                + "'rejected':[{'role':'system','content':'Be brief.'},"
                + "{'role':'user','content':'Moon?'},{'role':'assistant','content':'Near.'}]}");

        // When
        RankedRequest ranked = RankingFormat.of(json).read(json, "a").getFirst();

        // Then
        assertThat(ranked.request().messages())
                .containsExactly(new Message(Message.Role.SYSTEM, "Be brief."), Message.user("Moon?"));
    }

    @Test
    void eachAnnotatorOfARecordRanksWithTiesAmongThem() {
        // Given
        ObjectNode json = json("{'prompt':'Moon?','response1':'a','response2':'b','response3':'','preference':["
                + "{'user_id':'u','status':'submitted','value':[{'value':'response1','rank':1},{'value':'response2','rank':1},{'value':'response3','rank':2}]},"
                + "{'user_id':'v','status':'discarded','value':[{'value':'response1','rank':1},{'value':'response2','rank':2},{'value':'response3','rank':3}]},"
                + "{'user_id':'w','status':'submitted','value':[{'value':'response3','rank':1},{'value':'response2','rank':2},{'value':'response1','rank':3}]}],"
                + "'topics':[{'user_id':'u','status':'submitted','value':['space','time']}]}");

        // When
        List<RankedRequest> ranked = RankingFormat.of(json).read(json, "import:argilla");

        // Then
        assertThat(ranked)
                .extracting(RankingFormatTest::groups)
                .containsExactly(
                        List.of(List.of("a", "b"), List.of("")), List.of(List.of(""), List.of("b"), List.of("a")));
        assertThat(ranked)
                .extracting(each -> each.ranking().annotator())
                .containsExactly("import:argilla/u", "import:argilla/w");
        assertThat(ranked)
                .extracting(RankedRequest::request)
                .containsOnly(ranked.getFirst().request());
    }

    @Test
    void whatCountsForNothingInARecordIsRemarked() {
        // Given: one has ordered all, one only two, one a name that is no field, one the same answer twice, one
        // something else
        ObjectNode json = json("{'prompt':'Moon?','response-1':'a','response-2':'b','response-3':'c','preference':["
                + "{'user_id':'u','value':['response-3','response-1','response-2']},"
                + "{'user_id':'v','value':['response-2','response-1']},"
                + "{'user_id':'w','value':['response-2','response-4']},"
                + "{'user_id':'x','value':['response-2','response-2']}],"
                + "'topics':[{'user_id':'u','value':['space','time']}],"
                + "'again':[{'user_id':'u','value':['response-1','response-2','response-3']}]}");
        List<Reason> remarks = new ArrayList<>();

        // When
        List<RankedRequest> ranked = RankingFormat.ARGILLA.read(json, "a", remarks::add);

        // Then
        assertThat(ranked)
                .extracting(RankingFormatTest::groups)
                .containsExactly(
                        List.of(List.of("c"), List.of("a"), List.of("b")), List.of(List.of("b"), List.of("a")));
        assertThat(remarks)
                .extracting(Messages::english)
                .containsExactlyInAnyOrder(
                        "annotator v has judged 2 of 3 answers; the others are no part of that ranking",
                        "what annotator w has submitted to question preference is no order of two or more of the fields,"
                                + " each once, and is left out",
                        "what annotator x has submitted to question preference is no order of two or more of the fields,"
                                + " each once, and is left out",
                        "annotator u has ordered the answers in several questions; that to again is left out");
    }

    @Test
    void anAnswerThatNobodyHasJudgedIsMissedToo() {
        // Given: three answers, of which the only annotator has rated two
        ObjectNode json = json("{'prompt':'Moon?','response1':'a','response2':'b','response3':'c','source':'x',"
                + "'response1-rating':[{'user_id':'u','value':1}],'response2-rating':[{'user_id':'u','value':4}]}");
        List<Reason> remarks = new ArrayList<>();

        // When
        RankingFormat.ARGILLA.read(json, "a", remarks::add);

        // Then
        assertThat(remarks).extracting(Messages::english).singleElement(STRING).contains("judged 2 of 3 answers");
    }

    @Test
    void pairsOfARankingWhoseScoresSayTheOppositeAreWrittenWithoutScores() {
        // Given: what the annotator has ordered counts
        RankedRequest ranked = RankedRequest.of(
                MULTI_TURN,
                List.of(
                        List.of(new RankedRequest.Judged("a", 1.0, "")),
                        List.of(new RankedRequest.Judged("b", 4.0, ""))),
                RankedRequest.Source.imported("ann"));

        // When
        RankedRequest again = roundTrip(RankingFormat.TRL, ranked);

        // Then
        assertThat(groups(again)).containsExactly(List.of("a"), List.of("b"));
        assertThat(again.ranking().scores()).isEmpty();
    }

    @Test
    void argillaHasAnOrderWithoutTies() {
        // Given
        RankedRequest untied = new RankedRequest(
                RANKED.request(),
                new Ranking("r-1", "ann", List.of(List.of(0), List.of(2), List.of(1)), List.of(), List.of(), "g"));

        // When
        RankedRequest again = roundTrip(RankingFormat.ARGILLA, untied);

        // Then
        assertThat(again.request().messages()).isEqualTo(MULTI_TURN);
        assertThat(groups(again)).isEqualTo(groups(untied));
        assertThatThrownBy(() -> RankingFormat.ARGILLA.write(RANKED)).hasMessageContaining("tied");
    }

    @Test
    void anAbstentionIsOnlyInOurOwnLines() {
        // Given
        RankedRequest abstained = new RankedRequest(
                RANKED.request(),
                Ranking.abstained("r-1", "ann", "g", new Ranking.Abstention(Ranking.Abstention.Cause.LANGUAGE, "")));

        // When
        RankedRequest again = roundTrip(RankingFormat.ALIGNSTREAM, abstained);

        // Then
        assertThat(again).isEqualTo(abstained);
        assertThatThrownBy(() -> RankingFormat.TRL.write(abstained)).hasMessageContaining("abstained");
    }

    @Test
    void whoPrefersTheOtherAnswerJudgesTheSameRequest() {
        // Given
        ObjectNode json = json("{'prompt':'Moon?','chosen':'Near.','rejected':'Far.'}");
        ObjectNode reversed = json("{'prompt':'Moon?','chosen':'Far.','rejected':'Near.'}");

        // When
        RankedRequest ranked = RankingFormat.TRL.read(json, "a").getFirst();

        // Then
        assertThat(ranked.request())
                .isEqualTo(RankingFormat.TRL.read(reversed, "b").getFirst().request());
        assertThat(groups(ranked)).isEqualTo(List.of(List.of("Near."), List.of("Far.")));
    }

    @Test
    void ofEqualResponsesTheFirstOneCountsAndThatIsSaid() {
        // Given
        ObjectNode json = json("{'instruction':'Moon?','completions':["
                + "{'response':'Near.','overall_score':4},{'response':'Far.','overall_score':8},"
                + "{'response':'Near.','overall_score':10}]}");
        List<Reason> remarks = new ArrayList<>();

        // When
        RankedRequest ranked = RankingFormat.ULTRAFEEDBACK
                .read(json, "import:ultrafeedback", remarks::add)
                .getFirst();

        // Then
        assertThat(groups(ranked)).isEqualTo(List.of(List.of("Far."), List.of("Near.")));
        assertThat(ranked.ranking().scores()).containsExactlyInAnyOrder(2.0, 4.0);
        assertThat(remarks).extracting(Messages::english).containsExactly("of equal responses the first one counts");
    }

    @Test
    void equalRatingsAreTiesAndScoresAreKeptOnOurScale() {
        // Given
        ObjectNode json = json("{'instruction':'Moon?','completions':["
                + "{'response':'a','overall_score':7},{'response':'b','overall_score':9.0},"
                + "{'response':'c','overall_score':7.0},{'response':'d','overall_score':1}]}");

        // When
        RankedRequest ranked =
                RankingFormat.ULTRAFEEDBACK.read(json, "import:ultrafeedback").getFirst();

        // Then
        assertThat(ranked.ranking().order()).isEqualTo(List.of(List.of(1), List.of(0, 2), List.of(3)));
        assertThat(ranked.ranking().scores()).containsExactly(3.5, 4.5, 3.5, 0.5);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
        {'prompt':'Moon?','chosen':'Far.','rejected':'Far. '}|the same
        {'prompt':'Moon?','chosen':'Far.','rejected':'Near.','score_chosen':3.5,'score_rejected':8}|score_chosen is 3.5 and score_rejected is 8, so the scores say the opposite
        {'prompt':'Moon?','chosen':'Far.','rejected':'Near.','chosen-rating':'1','rejected-rating':'2'}|the opposite
        {'instruction':'Moon?','completions':[{'response':'b','overall_score':3,'rank':1},{'response':'c','overall_score':9,'rank':2}]}|rank 1 is 1.5 and rank 2 is 4.5
        {'instruction':'Moon?','generations':['b','c'],'ratings':[5,1],'ranks':[2,1]}|the opposite
        {'chosen':'The moon is far.','rejected':'The moon is near.'}|there is no prompt
        {'chosen':'\\n\\nHuman: a\\n\\nAssistant: b','rejected':'\\n\\nHuman: c\\n\\nAssistant: b'}|different prompts
        {'chosen':[{'role':'tool','content':'b'}],'rejected':[]}|role "tool"
        {'prompt':'a','chosen':[{'role':'assistant'}],'rejected':'c'}|chosen must end
        {'prompt':'a','chosen':'b','rejected':null}|rejected: it must be a text
        {'prompt':'a','chosen':[{'role':'user','content':'x'},{'role':'assistant','content':'b'}],'rejected':'c'}|chosen begins with turns that are not those of the prompt
        {'instruction':'a','completions':[{'overall_score':2},{'response':'c','overall_score':1}]}|response: it must be a text
        {'instruction':'a','generations':['b','c'],'ratings':[1,null]}|not every completion
        {'fields':{'prompt':'a','x':'b','y':'c'},'responses':{}}|no annotator has submitted
        {'fields':{'prompt':'a','x':'b','y':'c'},'responses':{'x-rating':[{'value':1,'user_id':'u'}]}}|no annotator has submitted
        {'prompt':'a','chosen':[{'role':'user','content':'b'}],'rejected':[]}|chosen must end
        {'instruction':'a','completions':[{'response':'b'},{'response':'c','overall_score':1}]}|not every completion
        {'instruction':'a','completions':[{'response':'c','overall_score':1}]}|answers has 1 entries
        {'instruction':'a','completions':[{'response':'b','overall_score':11},{'response':'c','overall_score':1}]}|outside 0 to 5
        """)
    void whatSaysNoRankingIsRefusedWithTheReason(String text, String reason) {
        // Given
        ObjectNode json = json(text);

        // When // Then
        assertThatThrownBy(() -> RankingFormat.of(json).read(json, "a"))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(reason);
    }

    @Test
    void anUnknownFormatIsNamedWithTheKnownOnes() {
        assertThatThrownBy(() -> RankingFormat.of(json("{'prompt':'a','completion':'b','label':true}")))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("fields prompt, completion, label")
                .hasMessageContaining("(trl)")
                .hasMessageContaining("(ultrafeedback)");
    }

    @Test
    void whatAFormatCannotSayIsNotWrittenOtherwise() {
        // Given
        RankedRequest tied = RankedRequest.of(
                List.of(new Message(Message.Role.SYSTEM, "Be brief."), Message.user("Moon?")),
                List.of(List.of(RankedRequest.Judged.of("a"), RankedRequest.Judged.of("b"))),
                new RankedRequest.Source("import", "ann", "1", Map.of()));
        RankedRequest withSystem = RankedRequest.of(
                tied.request().messages(),
                List.of(List.of(RankedRequest.Judged.of("a")), List.of(RankedRequest.Judged.of("b"))),
                new RankedRequest.Source("import", "ann", "1", Map.of()));

        // When // Then
        assertThatThrownBy(() -> RankingFormat.TRL.write(tied)).hasMessageContaining("tied");
        assertThatThrownBy(() -> RankingFormat.HH_RLHF.write(withSystem)).hasMessageContaining("system's");
        assertThatThrownBy(() -> RankingFormat.ULTRAFEEDBACK.write(withSystem)).hasMessageContaining("no scores");
        assertThat(roundTrip(RankingFormat.TRL, withSystem).request())
                .satisfies(request -> assertThat(request.messages())
                        .isEqualTo(withSystem.request().messages()));
    }

    @Test
    void aTranscriptWithoutTurnsIsRefused() {
        // Given
        ObjectNode empty = json("{\"chosen\":\"\\n\\nAssistant:\",\"rejected\":\"\\n\\nHuman: a\\n\\nAssistant: b\"}");

        // When // Then
        assertThatThrownBy(() -> RankingFormat.HH_RLHF.read(empty, "ann"))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("chosen");
    }

    @ParameterizedTest
    @CsvSource({"trl", "hh-rlhf"})
    void anAnswerThatSaysNothingIsOneInEveryFormatOfPairs(String format) {
        // Given
        RankedRequest ranked = RankedRequest.of(
                MULTI_TURN,
                List.of(List.of(RankedRequest.Judged.of("384,400 km")), List.of(RankedRequest.Judged.of(""))),
                RankedRequest.Source.imported("ann"));

        // When
        RankedRequest again = roundTrip(RankingFormat.of(format).orElseThrow(), ranked);

        // Then
        assertThat(again.request()).isEqualTo(ranked.request());
        assertThat(groups(again)).containsExactly(List.of("384,400 km"), List.of(""));
    }

    @Test
    void aTranscriptMayHaveTheLinesOfWindows() {
        // Given
        ObjectNode json = json("{'chosen':'\\r\\n\\r\\nHuman: Moon?\\r\\n\\r\\nAssistant: Far.',"
                + "'rejected':'\\r\\n\\r\\nHuman: Moon?\\r\\n\\r\\nAssistant: Near.'}");

        // When
        List<RankedRequest> ranked = RankingFormat.of(json).read(json, "ann");

        // Then
        assertThat(ranked).singleElement().satisfies(read -> {
            assertThat(read.request().messages()).containsExactly(Message.user("Moon?"));
            assertThat(groups(read)).containsExactly(List.of("Far."), List.of("Near."));
        });
    }

    @Test
    void aMissingAnswerThatPythonHasWrittenAsNaNIsNoText() {
        // Given
        ObjectNode json = json("{'prompt':'Moon?','chosen':'Far.'}").put("rejected", Double.NaN);

        // When // Then
        assertThatThrownBy(() -> RankingFormat.of(json).read(json, "ann"))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("rejected: it must be a text");
    }

    private static RankedRequest roundTrip(RankingFormat format, RankedRequest ranked) {
        ObjectNode json = json(format.write(ranked).getFirst().toString());
        return RankingFormat.of(json).read(json, format.annotator()).getFirst();
    }

    /** The order in the answers' own words. */
    private static List<List<String>> groups(RankedRequest ranked) {
        return ranked.ranking().order().stream()
                .map(group -> group.stream()
                        .map(ranked.request().answers()::get)
                        .sorted()
                        .toList())
                .toList();
    }

    private static ObjectNode json(String text) {
        try {
            return (ObjectNode) new ObjectMapper().readTree(text.startsWith("{'") ? text.replace('\'', '"') : text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(text, e);
        }
    }
}
