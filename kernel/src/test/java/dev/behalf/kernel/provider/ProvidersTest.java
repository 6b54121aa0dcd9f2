package dev.behalf.kernel.provider;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

class ProvidersTest {

    /// One change of the registry: its revision is its place in the history, from 1.
    record Change(String name, boolean deletes) {}

    /// What reaches a replica: the event of the change with that revision, or the snapshot at it.
    record Message(boolean snapshot, int at) {}

    /// A history, and messages about it as a network may deliver them: in any order, some often, some never.
    record Delivery(List<Change> history, List<Message> messages) {}

    @Provide
    Arbitrary<Delivery> deliveries() {
        var changes = Combinators.combine(Arbitraries.of("a", "b", "c"), Arbitraries.of(true, false))
                .as(Change::new);
        return changes.list()
                .ofMinSize(1)
                .ofMaxSize(12)
                .flatMap(history -> Combinators.combine(
                                Arbitraries.of(true, false),
                                Arbitraries.integers().between(1, history.size()))
                        .as(Message::new)
                        .list()
                        .ofMaxSize(30)
                        .map(messages -> new Delivery(history, messages)));
    }

    @Property(tries = 2_000)
    void whateverOrderTheMessagesComeInTheNewestWordOnEachProviderStands(@ForAll("deliveries") Delivery delivery) {
        var providers = Providers.NONE;
        for (var message : delivery.messages()) {
            providers = tell(providers, delivery.history(), message);
        }

        assertThat(revisions(providers)).isEqualTo(newestWord(delivery));
    }

    @Property(tries = 500)
    void aMessageThatIsNoNewsChangesNothing(@ForAll("deliveries") Delivery delivery) {
        var providers = Providers.NONE;
        for (var message : delivery.messages()) {
            providers = tell(providers, delivery.history(), message);
        }
        var settled = providers;

        for (var message : delivery.messages()) {
            assertThat(tell(settled, delivery.history(), message)).isSameAs(settled);
        }
    }

    @Property(tries = 500)
    void aFactIsCurrentUntilItsProviderIsKnownToHaveChanged(@ForAll("deliveries") Delivery delivery) {
        var providers = Providers.NONE;
        for (var message : delivery.messages()) {
            providers = tell(providers, delivery.history(), message);
        }
        var known = newestWord(delivery);
        for (int revision = 1; revision <= delivery.history().size(); revision++) {
            var change = delivery.history().get(revision - 1);
            if (!change.deletes() && known.getOrDefault(change.name(), -1L) == revision) {
                assertThat(providers.isCurrent("ns/" + change.name(), revision)).isTrue();
            }
            for (var message : delivery.messages()) {
                boolean newer = message.at() > revision
                        && (message.snapshot()
                                ? !stateAt(delivery.history(), message.at())
                                        .getOrDefault(change.name(), 0)
                                        .equals(revision)
                                : delivery.history()
                                        .get(message.at() - 1)
                                        .name()
                                        .equals(change.name()));
                if (newer) {
                    assertThat(providers.isCurrent("ns/" + change.name(), revision))
                            .isFalse();
                }
            }
        }
    }

    @Example
    void anEventThatASnapshotHasOvertakenDoesNotBringADeletedProviderBack() {
        var providers = Providers.NONE.withSnapshot(List.of(), 7).with(state("gone", 5));

        assertThat(providers.all()).isEmpty();
        assertThat(providers.isCurrent("ns/gone", 5)).isFalse();
        assertThat(providers.isCurrent("ns/new", 8)).isTrue();
    }

    @Example
    void providersAreFoundByTheirHost() {
        var providers = Providers.NONE.with(state("a", 1)).with(state("b", 2)).without("ns/a", 3);

        assertThat(providers.forHost("a.example.com")).isEmpty();
        assertThat(providers.forHost("b.example.com")).containsExactly(state("b", 2));
        assertThat(providers.forHost("c.example.com")).isEmpty();
        assertThat(providers.byKey("ns/a")).isNull();
    }

    private static Providers tell(Providers providers, List<Change> history, Message message) {
        if (message.snapshot()) {
            var states = stateAt(history, message.at()).entrySet().stream()
                    .map(entry -> state(entry.getKey(), entry.getValue()))
                    .toList();
            return providers.withSnapshot(states, message.at());
        }
        var change = history.get(message.at() - 1);
        return change.deletes()
                ? providers.without("ns/" + change.name(), message.at())
                : providers.with(state(change.name(), message.at()));
    }

    /// The providers at that revision, each with the revision that made it so.
    private static Map<String, Integer> stateAt(List<Change> history, int revision) {
        var states = new HashMap<String, Integer>();
        IntStream.rangeClosed(1, revision).forEach(at -> {
            var change = history.get(at - 1);
            if (change.deletes()) {
                states.remove(change.name());
            } else {
                states.put(change.name(), at);
            }
        });
        return states;
    }

    /// For each provider what the newest message about it says; a snapshot says something about all.
    private static Map<String, Long> newestWord(Delivery delivery) {
        var history = delivery.history();
        int snapshot = delivery.messages().stream()
                .filter(Message::snapshot)
                .mapToInt(Message::at)
                .max()
                .orElse(0);
        var word = new HashMap<String, @Nullable Integer>(stateAt(history, snapshot));
        delivery.messages().stream()
                .filter(message -> !message.snapshot() && message.at() > snapshot)
                .sorted(java.util.Comparator.comparingInt(Message::at))
                .forEach(message -> {
                    var change = history.get(message.at() - 1);
                    word.put(change.name(), change.deletes() ? null : message.at());
                });
        var known = new TreeMap<String, Long>();
        word.forEach((name, revision) -> {
            if (revision != null) {
                known.put(name, revision.longValue());
            }
        });
        return known;
    }

    private static Map<String, Long> revisions(Providers providers) {
        var revisions = new TreeMap<String, Long>();
        providers.all().forEach(state -> revisions.put(state.name(), state.revision()));
        return revisions;
    }

    private static ProviderState state(String name, long revision) {
        return new ProviderState(
                "ns",
                name,
                revision,
                name + ".example.com",
                "https://idp.example.com",
                List.of(),
                "https://idp.example.com/jwks",
                List.of(),
                List.of(),
                "sub",
                List.of());
    }
}
