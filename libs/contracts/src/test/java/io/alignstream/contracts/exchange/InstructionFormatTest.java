package io.alignstream.contracts.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.check.InvalidInputException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class InstructionFormatTest {

    private static final List<Message> TWO_QUESTIONS =
            List.of(Message.user("How far is the moon?"), Message.assistant("Far."), Message.user("In km?"));
    private static final Message SYSTEM = new Message(Message.Role.SYSTEM, "Be brief.");

    @ParameterizedTest
    @EnumSource(value = InstructionFormat.class, mode = EnumSource.Mode.EXCLUDE, names = "TRL")
    void aConversationIsTheSameAgainInEveryFormat(InstructionFormat format) {
        // Given
        Instruction instruction = new Instruction(
                "i-1",
                List.of(SYSTEM, TWO_QUESTIONS.get(0), TWO_QUESTIONS.get(1), TWO_QUESTIONS.get(2)),
                List.of("384,400"),
                Map.of("language", "en"));

        // When
        List<Instruction> again = roundTrip(format, instruction);

        // Then
        assertThat(again).singleElement().satisfies(read -> {
            assertThat(read.messages()).isEqualTo(instruction.messages());
            assertThat(read.referenceAnswers()).isEqualTo(instruction.referenceAnswers());
            assertThat(read.learnsEveryTurn()).isTrue();
        });
    }

    @Test
    void ourOwnFormatLosesNothing() {
        // Given
        Instruction instruction = new Instruction(
                "i-1",
                TWO_QUESTIONS,
                List.of("384,400", "Some 400,000"),
                Map.of("purpose", "held-out", Instruction.LEARNED_TURNS, Instruction.ANSWERS));

        // When
        List<Instruction> again = roundTrip(InstructionFormat.ALIGNSTREAM, instruction);

        // Then
        assertThat(again).containsExactly(instruction);
    }

    /** Whoever writes one thing down twice in two formats has one instruction. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
        {'messages':[{'role':'user','content':'Add.\\n1, 2'}],'referenceAnswers':['3']}|alignstream
        {'messages':[{'role':'user','content':'Add.\\n1, 2'}],'referenceAnswers':['3'],'id':null,'tags':{'a':'b'}}|alignstream
        {'id':'','messages':'[{`role`:`user`,`content`:`Add.\\\\n1, 2`}]','referenceAnswers':'[`3`]','tags':''}|alignstream
        {'instruction':'Add.','input':'1, 2','output':'3'}|alpaca
        {'instruction':'Add.\\n1, 2','input':'','output':'3','text':'Below is an instruction'}|alpaca
        {'instruction':'Add.\\n1, 2','output':3,'history':[],'system':null}|alpaca
        {'conversations':[{'from':'human','value':'Add.\\n1, 2'},{'from':'gpt','value':'3'}],'id':'x_0'}|sharegpt
        {'conversations':[{'from':'system','value':''},{'from':'user','value':'Add.\\n1, 2'},{'from':'chatgpt','value':'3'},{'from':'human','value':'Thanks'}]}|sharegpt
        {'conversations':[{'role':'user','content':'Add.\\n1, 2'},{'role':'assistant','content':'3'}],'tools':'[]'}|sharegpt
        {'conversations':'[{`from`:`human`,`value`:`Add.\\\\n1, 2`},{`from`:`gpt`,`value`:`3`}]'}|sharegpt
        {'messages':[{'role':'user','content':'Add.\\n1, 2'},{'role':'assistant','content':'3'}],'tools':null}|openai
        {'prompt':'Add.\\n1, 2','completion':' 3\\n'}|trl
        {'prompt':[{'role':'user','content':'Add.\\n1, 2'}],'completion':[{'role':'assistant','content':'3'}],'label':true}|trl
        {'prompt':'[{`role`:`user`,`content`:`Add.\\\\n1, 2`}]','completion':'[{`role`:`assistant`,`content`:`3`}]'}|trl
        {'prompt':'\\n\\nHuman: Add.\\n1, 2\\n\\nAssistant:','completion':'3'}|trl
        {'messages':[{'role':'user','content':[{'type':'text','text':'Add.'},{'type':'text','text':'1, 2'}]},{'role':'assistant','content':'3','weight':1,'tool_calls':[]},{'role':'user','content':'4?'},{'role':'assistant','content':'no','weight':0}]}|openai
        """)
    void everySpellingIsTheSameInstruction(String text, String format) {
        // Given
        ObjectNode json = json(text);

        // When
        List<Instruction> instructions = InstructionFormat.of(json).read(json);

        // Then
        assertThat(InstructionFormat.of(json).id()).isEqualTo(format);
        assertThat(instructions).singleElement().satisfies(instruction -> {
            assertThat(instruction.messages()).containsExactly(Message.user("Add.\n1, 2"));
            assertThat(instruction.referenceAnswers()).containsExactly("3");
            assertThat(instruction.id()).isEqualTo("import-c6e575ae3e674fe3e50b48a576a3cab7");
        });
    }

    @Test
    void aMissingTextThatPythonHasWrittenAsNaNIsNotRead() {
        // Given
        ObjectNode json = json("{'instruction':'Moon?','output':'Far.'}")
                .put("input", Double.NaN)
                .put("system", Double.NaN)
                .put("history", Float.NaN);

        // When
        List<Instruction> instructions = InstructionFormat.ALPACA.read(json);

        // Then
        assertThat(instructions).extracting(Instruction::messages).containsExactly(List.of(Message.user("Moon?")));
    }

    @Test
    void anAnswerThatPythonHasWrittenAsNaNIsNotLearned() {
        // Given
        ObjectNode alpaca = json("{'instruction':'Moon?'}").put("output", Double.NaN);
        ObjectNode turns = json("{'messages':[{'role':'user','content':'Moon?'},{'role':'assistant'}]}");
        ((ObjectNode) turns.at("/messages/1")).put("content", Double.NaN);

        // When // Then
        assertThatThrownBy(() -> InstructionFormat.ALPACA.read(alpaca)).hasMessageContaining("missing or blank");
        assertThatThrownBy(() -> InstructionFormat.OPENAI.read(turns)).hasMessageContaining("missing or blank");
    }

    @Test
    void whatOthersFormatsSayNamesItsSource() {
        // Given
        ObjectNode json = json("{'instruction':'Moon?','output':'Far.'}");

        // When
        List<Instruction> instructions = InstructionFormat.ALPACA.read(json);

        // Then
        assertThat(instructions).extracting(Instruction::tags).containsExactly(Map.of("source", "import"));
    }

    @Test
    void aTurnOfWeight0IsSaidButNotLearned() {
        // Given
        ObjectNode json = json("{'messages':[{'role':'user','content':'a'},{'role':'assistant','content':'b'},"
                + "{'role':'user','content':'c'},{'role':'assistant','content':'d','weight':0},"
                + "{'role':'user','content':'e'},{'role':'assistant','content':'f','weight':1}]}");

        // When
        List<Instruction> instructions = InstructionFormat.OPENAI.read(json);

        // Then
        assertThat(instructions)
                .extracting(instruction -> instruction.referenceAnswers().getFirst())
                .containsExactly("b", "f");
        assertThat(instructions)
                .extracting(instruction -> instruction.messages().size())
                .containsExactly(1, 5);
        assertThat(instructions.getLast().learnsEveryTurn()).isFalse();
        assertThat(roundTrip(InstructionFormat.OPENAI, instructions.getLast())).containsExactly(instructions.getLast());
        assertThatThrownBy(() -> InstructionFormat.SHAREGPT.write(instructions.getLast()))
                .hasMessageContaining("openai can, with weight 0");
        assertThatThrownBy(() -> InstructionFormat.ALPACA.write(instructions.getLast()))
                .hasMessageContaining("not to be learned");
    }

    @Test
    void eachAnswerIsWrittenAndWhatIsSaidBeforeIsLearnedOnce() {
        // Given
        Instruction instruction = new Instruction("i-1", TWO_QUESTIONS, List.of("384,400", "Some 400,000"), Map.of());

        // When
        List<Instruction> again = roundTrip(InstructionFormat.OPENAI, instruction);

        // Then
        assertThat(again).extracting(Instruction::messages).containsExactly(TWO_QUESTIONS, TWO_QUESTIONS);
        assertThat(again).extracting(Instruction::learnsEveryTurn).containsExactly(true, false);
        assertThatThrownBy(() -> InstructionFormat.SHAREGPT.write(instruction))
                .isInstanceOf(InvalidInputException.class);
    }

    @Test
    void whatStandsInTheCompletionIsLearnedAndWhatStandsInThePromptIsRead() {
        // Given
        ObjectNode json = json("{'system':'Be brief.','prompt':[{'role':'user','content':'a'},"
                + "{'role':'assistant','content':'b'},{'role':'user','content':'c'}],"
                + "'completion':[{'role':'assistant','content':'d'}]}");

        // When
        List<Instruction> instructions = InstructionFormat.of(json).read(json);

        // Then
        assertThat(instructions).singleElement().satisfies(instruction -> {
            assertThat(instruction.messages())
                    .containsExactly(SYSTEM, Message.user("a"), Message.assistant("b"), Message.user("c"));
            assertThat(instruction.referenceAnswers()).containsExactly("d");
            assertThat(instruction.learnsEveryTurn()).isFalse();
        });
    }

    @Test
    void eachLearnedAnswerIsACompletionOfItsOwn() {
        // Given
        Instruction instruction = new Instruction("i-1", TWO_QUESTIONS, List.of("384,400", "Some 400,000"), Map.of());

        // When
        List<Instruction> again = roundTrip(InstructionFormat.TRL, instruction);

        // Then: each answer once
        assertThat(again)
                .extracting(Instruction::referenceAnswers)
                .containsExactly(List.of("Far."), List.of("384,400"), List.of("Some 400,000"));
        assertThat(again).extracting(Instruction::learnsEveryTurn).containsExactly(true, false, false);
    }

    @Test
    void twoAnswersToOneQuestionAreTwoElements() {
        // Given
        Instruction instruction =
                new Instruction("i-1", List.of(Message.user("Moon?")), List.of("Far.", "Very far."), Map.of());

        // When
        List<Instruction> again = roundTrip(InstructionFormat.ALPACA, instruction);

        // Then
        assertThat(again)
                .extracting(Instruction::referenceAnswers)
                .containsExactly(List.of("Far."), List.of("Very far."));
    }

    @ParameterizedTest
    @EnumSource(value = InstructionFormat.class, mode = EnumSource.Mode.EXCLUDE, names = "ALIGNSTREAM")
    void whatAPersonHasHeldOutIsNotHandedToThoseWhoTrain(InstructionFormat format) {
        // Given
        Instruction instruction =
                new Instruction("i-1", List.of(Message.user("Moon?")), List.of("Far."), Map.of("purpose", "held-out"));

        // When // Then
        assertThatThrownBy(() -> format.write(instruction)).hasMessageContaining("held it out");
    }

    @Test
    void whatIsNoPairOfQuestionAndAnswerIsNotWrittenAsAlpaca() {
        // Given
        Instruction instruction = new Instruction(
                "i-1", List.of(Message.user("Moon?"), SYSTEM, Message.user("Say!")), List.of("Far."), Map.of());

        // When // Then
        assertThatThrownBy(() -> InstructionFormat.ALPACA.write(instruction)).hasMessageContaining("not pairs");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
        {'instruction':'Moon?','output':''}|output: content is missing or blank
        {'prompt':'Moon?','completion':''}|completion: content is missing or blank
        {'prompt':'','completion':'Far.'}|prompt: content is missing or blank
        {'prompt':'Moon?','completion':null}|completion: it must be a text
        {'prompt':'Moon?','completion':'Near.','label':false}|label is false: what nobody wants is not learned
        {'prompt':'Moon?','completion':[{'role':'user','content':'Far.'}]}|completion holds no turn of the assistant to learn
        {'instruction':'','input':' ','output':'Far.'}|instruction: content is missing or blank
        {'instruction':['Moon?'],'output':'Far.'}|instruction: it must be a text
        {'instruction':'Moon?','output':'Far.','history':'none'}|history: it must be a list
        {'instruction':'Moon?','output':'Far.','history':[['a']]}|history[0] has 1 entries; allowed are 2 to 2
        {'instruction':'Moon?','output':'\\ud83d'}|output: content has half a character
        {'conversations':[{'from':'human','value':'Moon?'}]}|conversations holds no turn of the assistant to learn
        {'conversations':[{'from':'gpt','value':'Far.'}]}|messages has 0 entries
        {'conversations':[{'from':'human','value':'Moon?'},{'from':'gpt','value':' '}]}|conversations[1]: content is missing or blank
        {'conversations':[{'from':'human','value':'Moon?'},{'from':'gpt','value':'Far.'},{'from':'gpt','value':'Very.'}]}|the last of messages must be the user's
        {'conversations':[{'from':'function_call','value':'{}'}]}|a turn of conversations[0] is of role "function_call"
        {'conversations':{'from':['human']}}|conversations: it must be a list
        {'messages':[{'role':'user','content':'Moon?'},{'role':'assistant','content':'Far.','weight':0}]}|no turn of the assistant to learn
        {'messages':[{'role':'user','content':'Moon?'},{'role':'assistant','content':'Far.','weight':0.5}]}|the weight of messages[1] is 0.5
        {'messages':[{'role':'user','content':'Moon?'},{'role':'assistant','content':null,'tool_calls':[{'id':'c'}]}]}|messages[1].tool_calls is about tools
        {'messages':[{'role':'user','content':[{'type':'image_url','image_url':{}}]}]}|messages[0] says something else than text
        {'messages':[{'role':'user','content':{'text':'a'}}]}|messages[0] says something else than text
        {'messages':[{'role':'user','content':'Moon?'},{'role':'assistant','content':'Far.'}],'tools':[{'type':'function'}]}|tools is about tools
        {'messages':[{'role':'user','content':'Moon?'}],'referenceAnswers':['a'],'tags':{'learned-turns':'none'}}|learned-turns is "none"
        {'messages':[{'role':'user','content':'Moon?'}],'referenceAnswers':['a'],'tag':{}}|unknown field tag
        {'messages':[{'role':'user','content':'Moon?'}],'referenceAnswers':'a'}|referenceAnswers: it must be a list
        """)
    void whatSaysNoInstructionIsRefusedWithTheReason(String text, String reason) {
        // Given
        ObjectNode json = json(text);

        // When // Then
        assertThatThrownBy(() -> InstructionFormat.of(json).read(json))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(reason);
    }

    @Test
    void anUnknownFormatIsNamedWithTheKnownOnes() {
        assertThatThrownBy(() -> InstructionFormat.of(json("{'prompt':'a','reply':'b'}")))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("fields prompt, reply")
                .hasMessageContaining("(alpaca)")
                .hasMessageContaining("(trl)");
    }

    private static List<Instruction> roundTrip(InstructionFormat format, Instruction instruction) {
        return format.write(instruction).stream()
                .map(written -> json(written.toString()))
                .map(json -> InstructionFormat.of(json).read(json))
                .flatMap(Collection::stream)
                .toList();
    }

    private static ObjectNode json(String text) {
        try {
            return (ObjectNode) new ObjectMapper()
                    .readTree(text.startsWith("{'") ? text.replace('\'', '"').replace("`", "\\\"") : text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(text, e);
        }
    }
}
