package dev.behalf.testkit;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.Set;

/// The rules of the house, checked on the compiled classes of a module.
public final class HouseRules {

    private static final List<String> SERVICES = List.of(
            "dev.behalf.authz",
            "dev.behalf.registry",
            "dev.behalf.validator",
            "dev.behalf.gateway",
            "dev.behalf.vault");

    private static final Set<String> BLOCKING = Set.of("block", "blockFirst", "blockLast", "toIterable", "toStream");

    private HouseRules() {}

    /// Checks every rule on the package root of a service.
    ///
    /// @throws AssertionError that names what breaks which rule
    public static void check(String root) {
        ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
        JavaClasses classes = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages(root);
        if (classes.isEmpty()) {
            throw new AssertionError("no class below " + root);
        }
        rules(root).forEach(rule -> rule.allowEmptyShould(true).check(classes));
    }

    private static List<ArchRule> rules(String root) {
        var others = SERVICES.stream()
                .filter(service -> !service.equals(root))
                .map(service -> service + "..")
                .toArray(String[]::new);
        return List.of(
                noClasses()
                        .that()
                        .resideInAPackage(root + "..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage(others)
                        .because("services are replaced and scaled apart; they share the kernel only"),
                slices().matching(root + ".(*)..")
                        .should()
                        .beFreeOfCycles()
                        .because("a feature can be read without reading all of them"),
                noClasses()
                        .that()
                        .resideOutsideOfPackages(
                                "dev.behalf.kernel.jose..", "dev.behalf.kernel.secret..", "dev.behalf.vault.crypto..")
                        .should()
                        .dependOnClassesThat()
                        .haveFullyQualifiedName("javax.crypto.Cipher")
                        .orShould()
                        .dependOnClassesThat()
                        .haveFullyQualifiedName("javax.crypto.Mac")
                        .orShould()
                        .dependOnClassesThat()
                        .haveFullyQualifiedName("java.security.Signature")
                        .orShould()
                        .dependOnClassesThat()
                        .haveFullyQualifiedName("java.security.SecureRandom")
                        .because("cryptography has one room"),
                noClasses()
                        .should()
                        .callMethod("java.time.Instant", "now")
                        .orShould()
                        .callMethod("java.time.LocalDateTime", "now")
                        .orShould()
                        .callMethod("java.lang.System", "currentTimeMillis")
                        .because("a Clock is injected"),
                noClasses()
                        .should()
                        .callMethodWhere(DescribedPredicate.describe(
                                "wait for a publisher",
                                call -> call.getTargetOwner().getPackageName().startsWith("reactor.core.publisher")
                                        && BLOCKING.contains(call.getName())))
                        .because("nothing blocks an event loop"),
                classes()
                        .should()
                        .haveNameNotMatching(".*(Impl|Util|Utils|Helper|Manager|Dto|DTO)$")
                        .because("a name says what a thing is"),
                methods()
                        .that()
                        .areMetaAnnotatedWith("io.micronaut.http.annotation.HttpMethodMapping")
                        .should()
                        .beAnnotatedWith("dev.behalf.kernel.access.RequiresScope")
                        .orShould()
                        .beAnnotatedWith("dev.behalf.kernel.access.Unprotected")
                        .orShould()
                        .beDeclaredInClassesThat(DescribedPredicate.describe(
                                "say so for all their endpoints",
                                type -> type.isAnnotatedWith("dev.behalf.kernel.access.RequiresScope")
                                        || type.isAnnotatedWith("dev.behalf.kernel.access.Unprotected")))
                        .because("every endpoint says who may call it"));
    }
}
