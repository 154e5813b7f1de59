package io.alignstream.local.project;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The layers: contracts ← language-model ← training ← stage-runtime ← services; the launcher sees the first two, the lessons beside
 * them, the collector and the archive of the store, which it runs as the services do, and what model cards are made of.
 */
class ArchitectureTest {

    private static final String CONTRACTS = "io.alignstream.contracts..";
    private static final String TEXT_CLEANING = "io.alignstream.textcleaning..";
    private static final String LANGUAGE_MODEL = "io.alignstream.languagemodel..";
    private static final String TRAINING = "io.alignstream.training..";
    private static final String ARCHIVE = "io.alignstream.training.archive..";
    private static final String RETENTION = "io.alignstream.training.retention..";
    private static final String LESSONS = "io.alignstream.lessons..";
    private static final String CARD = "io.alignstream.training.card..";
    private static final String STAGE_RUNTIME = "io.alignstream.stageruntime..";
    private static final String LOCAL = "io.alignstream.local..";
    private static final String ANY = "io.alignstream..";

    private static final String[] FRAMEWORKS = {
        "io.quarkus..", "io.smallrye..", "io.vertx..", "jakarta..", "org.eclipse.microprofile.."
    };

    private static final int MOST_TYPES = 20;

    private final JavaClasses classes = Project.classes();

    @Test
    void every_module_with_code_is_looked_at() {
        // Given
        List<String> modules = Project.modulesWithCode();

        // When
        List<String> seen = modules.stream()
                .filter(module -> classes.stream().anyMatch(type -> isOf(module, type)))
                .toList();

        // Then
        assertThat(seen).containsExactlyElementsOf(modules).hasSizeGreaterThan(3);
    }

    @Test
    void contracts_need_no_other_module() {
        noClasses()
                .that(resideInAPackage(CONTRACTS))
                .should()
                .dependOnClassesThat(resideInAPackage(ANY).and(not(CONTRACTS)))
                .check(classes);
    }

    @Test
    void text_cleaning_needs_no_other_module() {
        noClasses()
                .that(resideInAPackage(TEXT_CLEANING))
                .should()
                .dependOnClassesThat(resideInAPackage(ANY).and(not(TEXT_CLEANING)))
                .check(classes);
    }

    @Test
    void the_language_model_needs_contracts_only() {
        noClasses()
                .that(resideInAPackage(LANGUAGE_MODEL))
                .should()
                .dependOnClassesThat(resideInAPackage(ANY).and(not(CONTRACTS, LANGUAGE_MODEL)))
                .check(classes);
    }

    @Test
    void training_needs_contracts_and_the_language_model_only() {
        noClasses()
                .that(resideInAPackage(TRAINING))
                .should()
                .dependOnClassesThat(resideInAPackage(ANY).and(not(CONTRACTS, LANGUAGE_MODEL, TRAINING)))
                .check(classes);
    }

    @Test
    void lessons_need_contracts_and_the_language_model_only() {
        noClasses()
                .that(resideInAPackage(LESSONS))
                .should()
                .dependOnClassesThat(resideInAPackage(ANY).and(not(CONTRACTS, LANGUAGE_MODEL, LESSONS)))
                .check(classes);
    }

    /** All else has a code in the catalogues, so that nobody reads an English sentence on a Chinese page. */
    @Test
    void only_readers_of_old_records_and_of_people_pass_sentences_on() {
        noClasses()
                .that(describe(
                        "are no such readers", type -> !Set.of("ModelRelease", "Promotion", "HealingEvent", "Sample")
                                .contains(type.getSimpleName())))
                .should()
                .callMethod(Reason.class, "verbatim", String.class)
                .check(classes);
    }

    /** A loop or a service brings them together. */
    @TestFactory
    Stream<DynamicTest> objectives_optimisers_generation_and_insight_do_not_know_each_other() {
        List<String> ideas = List.of("objective", "optimiser", "generation", "insight");
        return ideas.stream()
                .map(idea -> DynamicTest.dynamicTest(idea, () -> {
                    String[] others = ideas.stream()
                            .filter(other -> !other.equals(idea))
                            .map(ArchitectureTest::ofLanguageModel)
                            .toArray(String[]::new);
                    noClasses()
                            .that(resideInAPackage(ofLanguageModel(idea)))
                            .should()
                            .dependOnClassesThat(resideInAnyPackage(others))
                            .check(classes);
                }));
    }

    private static String ofLanguageModel(String idea) {
        return "io.alignstream.languagemodel." + idea + "..";
    }

    @Test
    void the_stage_runtime_needs_the_libraries_only() {
        noClasses()
                .that(resideInAPackage(STAGE_RUNTIME))
                .should()
                .dependOnClassesThat(resideInAPackage(ANY).and(not(CONTRACTS, LANGUAGE_MODEL, TRAINING, STAGE_RUNTIME)))
                .check(classes);
    }

    @TestFactory
    Stream<DynamicTest> services_need_the_libraries_and_no_other_service() {
        return Arrays.stream(Stage.values())
                .map(stage -> DynamicTest.dynamicTest(stage.service(), () -> {
                    String own = Project.packageOf(stage) + "..";
                    noClasses()
                            .that(resideInAPackage(own))
                            .should()
                            .dependOnClassesThat(resideInAPackage(ANY)
                                    .and(not(own, CONTRACTS, TEXT_CLEANING, LANGUAGE_MODEL, TRAINING, STAGE_RUNTIME)))
                            .check(classes);
                }));
    }

    @TestFactory
    Stream<DynamicTest> services_have_the_same_five_parts() {
        return Arrays.stream(Stage.values())
                .map(stage -> DynamicTest.dynamicTest(stage.service(), () -> {
                    // Given
                    String name = stage.id().substring(0, 1).toUpperCase(Locale.ROOT)
                            + stage.id().substring(1);

                    // When
                    List<String> types = classes.stream()
                            .filter(type -> type.getPackageName().equals(Project.packageOf(stage)))
                            .map(JavaClass::getSimpleName)
                            .toList();

                    // Then: loop and job bear the name of what they do where that is more than the stage's
                    assertThat(types).contains(name + "Stage", name + "Config", name + "Resource");
                    assertThat(types).anyMatch(type -> type.endsWith("Job"));
                    // An algorithm may have a package of its own, where there are several to choose from.
                    assertThat(classes.stream()
                                    .filter(type -> type.getPackageName().startsWith(Project.packageOf(stage))))
                            .anyMatch(type -> type.getSimpleName().endsWith("Loop"));
                }));
    }

    @Test
    void the_launcher_needs_contracts_the_language_model_the_lessons_the_collector_the_archive_and_the_cards_only() {
        noClasses()
                .that(resideInAPackage(LOCAL))
                .should()
                .dependOnClassesThat(resideInAPackage(ANY)
                        .and(not(CONTRACTS, LANGUAGE_MODEL, LESSONS, RETENTION, ARCHIVE, CARD, LOCAL)))
                .check(classes);
    }

    @Test
    void only_stage_runtime_and_services_know_a_framework() {
        noClasses()
                .that(resideInAPackage(ANY).and(not(STAGE_RUNTIME)).and(not(services())))
                .should()
                .dependOnClassesThat(resideInAnyPackage(FRAMEWORKS))
                .check(classes);
    }

    @Test
    void loops_are_free_of_frameworks_and_kafka() {
        noClasses()
                .that()
                .haveSimpleNameEndingWith("Loop")
                .should()
                .dependOnClassesThat(resideInAnyPackage(FRAMEWORKS).or(resideInAPackage("org.apache.kafka..")))
                .check(classes);
    }

    @Test
    void only_what_computes_knows_djl() {
        String[] computing = Stream.concat(
                        Stream.of("torch", "collective", "network", "objective", "optimiser", "generation", "insight")
                                .map(ArchitectureTest::ofLanguageModel),
                        Stream.of("io.alignstream.lessons.network.."))
                .toArray(String[]::new);
        noClasses()
                .that(resideInAPackage(ANY).and(not(computing)))
                .should()
                .dependOnClassesThat(resideInAPackage("ai.djl.."))
                .check(classes);
    }

    @Test
    void a_trainer_writes_checkpoints_and_no_service_does() {
        noClasses()
                .that(resideInAnyPackage(services()))
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(Safetensors.class)
                .orShould()
                .callMethodWhere(describe(
                        "a checkpoint is written, pruned or gone back to",
                        call -> call.getTargetOwner().isAssignableTo(CheckpointStore.class)
                                && Set.of("save", "prune", "rewind").contains(call.getName())))
                .check(classes);
    }

    /** So each has a name, labels and a meaning in the one list, and stands in docs/metrics.md. */
    @Test
    void metrics_are_registered_in_one_place() {
        noClasses()
                .that(resideInAPackage(ANY).and(not("io.alignstream.stageruntime.metrics..")))
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("io.micrometer.core.instrument.MeterRegistry")
                .check(classes);
    }

    @Test
    void services_see_events_and_no_records_of_a_consumer() {
        noClasses()
                .that(resideInAnyPackage(services()))
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("org.apache.kafka.clients.consumer.ConsumerRecord")
                .check(classes);
    }

    @Test
    void one_class_hashes() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName(Sha256.class.getName())
                .should()
                .dependOnClassesThat()
                .areAssignableTo(MessageDigest.class)
                .check(classes);
    }

    @Test
    void names_say_what_a_class_is() {
        noClasses()
                .should()
                .haveNameMatching(".*(Util|Utils|Manager|Helper|Helpers)(\\$.*)?")
                .check(classes);
    }

    @Test
    void every_package_is_null_marked() {
        // Given
        Stream<JavaPackage> packages =
                classes.stream().map(JavaClass::getPackage).distinct();

        // When
        List<String> unmarked = packages.filter(
                        one -> !one.tryGetPackageInfo().isPresent() || !one.isAnnotatedWith(NullMarked.class))
                .map(JavaPackage::getName)
                .toList();

        // Then
        assertThat(unmarked).isEmpty();
    }

    @Test
    void no_package_is_a_heap() {
        // Given
        Map<String, Integer> types = Project.typesByPackage();

        // When
        List<String> heaps = types.entrySet().stream()
                .filter(count -> count.getValue() > MOST_TYPES)
                .map(count -> count.getKey() + " has " + count.getValue() + " types, at most " + MOST_TYPES
                        + " are found again: divide it by idea")
                .toList();

        // Then
        assertThat(heaps).isEmpty();
    }

    @Test
    void packages_know_each_other_in_one_direction() {
        SlicesRuleDefinition.slices()
                .matching("io.alignstream.(**)")
                .should()
                .beFreeOfCycles()
                .check(classes);
    }

    private static boolean isOf(String module, JavaClass type) {
        return type.getSource()
                .map(source -> source.getUri().getPath().contains("/" + module + "/target/classes/"))
                .orElse(false);
    }

    private static String[] services() {
        return Arrays.stream(Stage.values())
                .map(stage -> Project.packageOf(stage) + "..")
                .toArray(String[]::new);
    }

    private static DescribedPredicate<JavaClass> not(String... packages) {
        return DescribedPredicate.not(resideInAnyPackage(packages));
    }
}
