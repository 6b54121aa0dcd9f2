package dev.behalf.vault.crypto.awskms;

import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.outbound.HttpCaller;
import dev.behalf.kernel.outbound.HttpReply;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.crypto.KeysUnavailable;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// Where the credentials come from: the settings, or the endpoint that a container is told of, in which case
/// they are asked for again some minutes before they end.
final class CredentialSource {

    private static final Duration MARGIN = Duration.ofMinutes(5);
    private static final int MAX_RESPONSE_BYTES = 16 * 1024;

    private record Temporary(AwsCredentials credentials, Instant expiresAt) {}

    private final AwsKmsSettings settings;
    private final Clock clock;
    private final HttpCaller http;
    private volatile @Nullable Temporary last;

    CredentialSource(AwsKmsSettings settings, Clock clock) {
        this.settings = settings;
        this.clock = clock;
        this.http = HttpCaller.trusted("aws-credentials", settings.answerWithin(), MAX_RESPONSE_BYTES);
    }

    Mono<AwsCredentials> credentials() {
        return Mono.defer(() -> {
            if (settings.accessKeyId() != null && settings.secretAccessKey() != null) {
                return Mono.just(of(settings.accessKeyId(), settings.secretAccessKey(), settings.sessionToken()));
            }
            var known = last;
            if (known != null && clock.instant().isBefore(known.expiresAt.minus(MARGIN))) {
                return Mono.just(known.credentials);
            }
            return ask(java.util.Objects.requireNonNull(settings.credentialsUri()))
                    .doOnNext(fresh -> last = fresh)
                    .map(Temporary::credentials)
                    .onErrorResume(
                            KeysUnavailable.class,
                            fault -> known != null && clock.instant().isBefore(known.expiresAt)
                                    ? Mono.just(known.credentials)
                                    : Mono.error(fault));
        });
    }

    private Mono<Temporary> ask(URI uri) {
        return authorization(settings.credentialsTokenFile())
                .flatMap(headers -> http.get(uri, headers))
                .map(CredentialSource::read)
                .onErrorMap(
                        HttpCallFailed.class,
                        fault -> new KeysUnavailable("the AWS credentials endpoint: " + fault.getMessage()));
    }

    private static Mono<Map<String, String>> authorization(@Nullable Path file) {
        return file == null
                ? Mono.just(Map.of())
                : Mono.fromCallable(
                                () -> Map.of("Authorization", Secret.read(file).reveal()))
                        .subscribeOn(Schedulers.boundedElastic())
                        .onErrorMap(_ -> new KeysUnavailable("the AWS credentials token file cannot be read"));
    }

    private static Temporary read(HttpReply reply) {
        if (reply.status() != 200) {
            throw new KeysUnavailable("the AWS credentials endpoint answered " + reply.status());
        }
        var json = reply.json();
        try {
            if (json.get("AccessKeyId") instanceof String id
                    && json.get("SecretAccessKey") instanceof String secret
                    && json.get("Expiration") instanceof String expiration) {
                return new Temporary(
                        of(id, secret, json.get("Token") instanceof String token ? token : null),
                        Instant.parse(expiration));
            }
        } catch (DateTimeParseException _) {
            // as below
        }
        throw new KeysUnavailable("the AWS credentials endpoint answered something else than it should");
    }

    private static AwsCredentials of(String id, String secret, @Nullable String token) {
        return new AwsCredentials(id, Secret.of(secret), token == null ? null : Secret.of(token));
    }
}
