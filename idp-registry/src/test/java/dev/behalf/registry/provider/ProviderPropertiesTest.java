package dev.behalf.registry.provider;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.outbound.OutboundPolicy;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.kernel.provider.ProviderState;
import dev.behalf.kernel.provider.Providers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

/// What holds for every request and every history.
class ProviderPropertiesTest {

    private static final List<String> MEMBERS = List.of(
            "name",
            "namespace",
            "spec",
            "host",
            "identityProvider",
            "issuer",
            "jwksUri",
            "audiences",
            "issuerAliases",
            "algorithms",
            "userIDClaim",
            "allowedDomains",
            "other");

    private static final Map<String, String> GOOD = Map.of(
            "name", "p",
            "namespace", "default",
            "host", "p.example.com",
            "issuer", "https://idp.example.com",
            "jwksUri", "https://idp.example.com/keys",
            "userIDClaim", "email");

    /// A request is read into a value that can be stored, or refused by naming the fault.
    @Property(tries = 3_000)
    void anyJsonIsAcceptedOrRefusedWithAReason(@ForAll("requests") Request request) {
        try {
            var json = request.json;
            var resource = ProviderResource.parse(json, null, false, OutboundPolicy.PUBLIC_ONLY);

            assertThat(ProviderState.fromJson(Json.write(resource.state().toJson())))
                    .isEqualTo(resource.state());
            assertThat(ProviderResource.parse(
                            Json.readObject(resource.toJson()), null, true, OutboundPolicy.PUBLIC_ONLY))
                    .isEqualTo(resource);
        } catch (ProblemException refusal) {
            assertThat(refusal.problem().status()).isEqualTo(400);
            assertThat(refusal.problem().error())
                    .matches("(?s)(name|namespace|spec)[^ ]* .+")
                    .hasSizeLessThan(300);
        }
    }

    /// A canonical name stays as it is, and is plain ASCII.
    @Property(tries = 3_000)
    void aHostNameHasOneForm(@ForAll("texts") String text) {
        var once = HostName.canonical(text);

        once.ifPresent(host -> assertThat(host).matches("[a-z0-9.-]{1,253}"));
        assertThat(once.flatMap(HostName::canonical)).isEqualTo(once);
        if (text.chars().allMatch(c -> c < 0x80)) {
            assertThat(HostName.canonical(text.toUpperCase(java.util.Locale.ROOT)))
                    .isEqualTo(once);
        }
    }

    /// Whatever is delivered twice, late or out of order: the view ends as the history does.
    @Property(tries = 1_000)
    void aShuffledHistoryWithDuplicatesEndsTheSame(@ForAll("histories") History history) {
        var inOrder = Providers.NONE;
        for (var change : history.changes) {
            inOrder = change.applyTo(inOrder);
        }
        var shuffled = Providers.NONE;
        for (var change : history.delivered) {
            shuffled = change.applyTo(shuffled);
        }

        assertThat(shuffled.all()).containsExactlyInAnyOrderElementsOf(inOrder.all());
    }

    record Request(Map<String, @Nullable Object> json) {}

    /// @param deleted or else updated
    record Change(String name, long revision, boolean deleted) {

        Providers applyTo(Providers providers) {
            return deleted ? providers.without("default/" + name, revision) : providers.with(state());
        }

        private ProviderState state() {
            return new ProviderState(
                    "default",
                    name,
                    revision,
                    "h" + revision % 3 + ".example.com",
                    "https://idp.example.com",
                    List.of(),
                    "https://idp.example.com/keys",
                    List.of("r" + revision),
                    List.of(),
                    "email",
                    List.of());
        }
    }

    record History(List<Change> changes, List<Change> delivered) {}

    @Provide
    Arbitrary<History> histories() {
        var step = Combinators.combine(Arbitraries.of("a", "b", "c", "d"), Arbitraries.of(true, false, false))
                .as(Map::entry);
        return step.list().ofMinSize(1).ofMaxSize(30).flatMap(steps -> {
            var changes = new ArrayList<Change>();
            for (var one : steps) {
                changes.add(new Change(one.getKey(), changes.size() + 1, one.getValue()));
            }
            return Arbitraries.of(changes).list().ofMaxSize(20).flatMap(again -> {
                var delivered = new ArrayList<>(changes);
                delivered.addAll(again);
                return Arbitraries.shuffle(delivered).map(order -> new History(changes, order));
            });
        });
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.oneOf(
                Arbitraries.strings().ofMaxLength(40),
                Arbitraries.strings()
                        .withChars("aZ0.-_*@:/ \u212a\u00df\u3002\u00fc\u200d")
                        .ofMaxLength(30));
    }

    @Provide
    Arbitrary<Request> requests() {
        var top = members(List.of("name", "namespace", "spec", "other"));
        var spec = members(List.of("host", "identityProvider", "userIDClaim", "allowedDomains", "other"));
        var idp = members(List.of("issuer", "jwksUri", "audiences", "issuerAliases", "algorithms", "other"));
        return Combinators.combine(top, spec, idp, Arbitraries.integers().between(0, 9))
                .as((t, s, i, nest) -> {
                    var all = new LinkedHashMap<String, @Nullable Object>(t);
                    if (nest > 0) {
                        var inner = new LinkedHashMap<String, @Nullable Object>(s);
                        inner.put("identityProvider", i);
                        all.put("spec", inner);
                    }
                    return new Request(all);
                });
    }

    /// Mostly good values, so that a request gets past the first check.
    private Arbitrary<Map<String, @Nullable Object>> members(List<String> names) {
        return Combinators.combine(names.stream().map(this::value).toList()).as(values -> {
            var map = new LinkedHashMap<String, @Nullable Object>();
            for (int i = 0; i < names.size(); i++) {
                if (!"absent".equals(values.get(i))) {
                    map.put(names.get(i), values.get(i));
                }
            }
            return map;
        });
    }

    private Arbitrary<Object> value(String name) {
        var good = GOOD.containsKey(name)
                ? Arbitraries.<Object>of(GOOD.get(name))
                : Arbitraries.<Object>of("absent", List.of());
        Arbitrary<Object> text = texts().map(t -> t);
        Arbitrary<Object> any = Arbitraries.oneOf(
                text,
                texts().list().ofMaxSize(5).map(list -> list),
                Arbitraries.longs().map(n -> n),
                Arbitraries.of(true, false).map(b -> b),
                Arbitraries.maps(Arbitraries.of(MEMBERS), text).ofMaxSize(3).map(map -> map),
                Arbitraries.just((Object) "absent"));
        return Arbitraries.frequencyOf(net.jqwik.api.Tuple.of(12, good), net.jqwik.api.Tuple.of(1, any));
    }
}
