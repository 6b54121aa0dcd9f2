package dev.behalf.authz.event;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.problem.ProblemException;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// Tells of an access token of ours whether it was revoked, from the database: at once, on every replica.
///
/// Questions that come while others are being asked are asked together after them, in one statement: each
/// answer is as new as if it had been asked alone, and many cost little more than one.
@Singleton
public final class Revocations {

    private static final int MOST_WAITING = 10_000;
    private static final int BATCH = 500;

    private record Question(
            @Nullable String gid, String tokenId, String clientId, Instant issuedAt, Sinks.One<Boolean> answer) {}

    private final Database database;
    private final BlockingQueue<Question> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
    private final AtomicBoolean asking = new AtomicBoolean();

    Revocations(Database database) {
        this.database = database;
    }

    /// Whether a token of that grant, if of any, with that id, issued to that client at that time, counts no
    /// more.
    public Mono<Boolean> concern(@Nullable String gid, String tokenId, String clientId, Instant issuedAt) {
        return Mono.defer(() -> {
            var question = new Question(gid, tokenId, clientId, issuedAt, Sinks.one());
            if (!waiting.offer(question)) {
                return Mono.error(ProblemException.unavailable("too many tokens are being looked at", 1));
            }
            askNext();
            return question.answer.asMono();
        });
    }

    /// One statement at a time; the end of one begins the next.
    private void askNext() {
        while (!waiting.isEmpty() && asking.compareAndSet(false, true)) {
            var batch = new ArrayList<Question>();
            waiting.drainTo(batch, BATCH);
            if (!batch.isEmpty()) {
                var _ = revoked(batch).subscribe(found -> ended(batch, found), fault -> failed(batch, fault));
                return;
            }
            asking.set(false);
        }
    }

    private void ended(List<Question> batch, Set<Integer> revoked) {
        asking.set(false);
        askNext();
        for (int i = 0; i < batch.size(); i++) {
            var _ = batch.get(i).answer.tryEmitValue(revoked.contains(i + 1));
        }
    }

    private void failed(List<Question> batch, Throwable fault) {
        asking.set(false);
        askNext();
        batch.forEach(question -> {
            var _ = question.answer.tryEmitError(fault);
        });
    }

    /// The places, from 1, of those that are revoked.
    private Mono<Set<Integer>> revoked(List<Question> batch) {
        return database.query(
                        "SELECT q.place::int AS place FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])"
                                + " WITH ORDINALITY AS q (gid, token, client, issued_at, place) WHERE EXISTS"
                                + " (SELECT 1 FROM revocation r WHERE (r.kind = 'grant' AND r.id = q.gid)"
                                + " OR (r.kind = 'token' AND r.id = q.token)"
                                + " OR (r.kind = 'client' AND r.id = q.client AND r.revoked_at >= q.issued_at))",
                        statement -> statement
                                .bind(0, texts(batch, Question::gid))
                                .bind(1, texts(batch, Question::tokenId))
                                .bind(2, texts(batch, Question::clientId))
                                .bind(3, batch.stream().map(Question::issuedAt).toArray(Instant[]::new)),
                        row -> Objects.requireNonNull(row.get("place", Integer.class)))
                .collect(Collectors.toSet());
    }

    private static @Nullable String[] texts(List<Question> batch, Function<Question, @Nullable String> part) {
        var texts = new @Nullable String[batch.size()];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = part.apply(batch.get(i));
        }
        return texts;
    }
}
