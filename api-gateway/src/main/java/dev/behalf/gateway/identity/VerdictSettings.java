package dev.behalf.gateway.identity;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.net.URI;
import java.time.Duration;

/// How long verdicts are remembered.
///
/// @param url         where jwt-validator is reached from here
/// @param freshFor    so long a verdict is used without a question
/// @param renewWithin so long it is used while it is asked for again
/// @param patience    so long a question is waited for by whoever has an older verdict to go on with
/// @param staleFor    so long it is used while the validator cannot be asked; never past the token's expiry
/// @param most        verdicts that are remembered
/// @param mostWaiting questions that may be open at a time; more requests are answered 503
/// @param answerWithin the deadline of a question, however often it must be asked again
@ConfigurationProperties("behalf.validator")
public record VerdictSettings(
        URI url,
        @Bindable(defaultValue = "30s") Duration freshFor,
        @Bindable(defaultValue = "60s") Duration renewWithin,
        @Bindable(defaultValue = "250ms") Duration patience,
        @Bindable(defaultValue = "10m") Duration staleFor,
        @Bindable(defaultValue = "100000") int most,
        @Bindable(defaultValue = "1000") int mostWaiting,
        @Bindable(defaultValue = "4s") Duration answerWithin) {}
