package io.alignstream.benchmarks;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import io.alignstream.contracts.hash.Sha256;
import java.security.MessageDigest;
import org.junit.jupiter.api.Test;

/** The launcher's module holds the rules for all others; it is built before this one and cannot see it. */
class ArchitectureTest {

    private final JavaClasses classes = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.alignstream");

    @Test
    void packages_know_each_other_in_one_direction() {
        SlicesRuleDefinition.slices()
                .matching("io.alignstream.(**)")
                .should()
                .beFreeOfCycles()
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
}
