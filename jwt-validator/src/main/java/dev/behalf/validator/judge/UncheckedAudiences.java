package dev.behalf.validator.judge;

import dev.behalf.kernel.provider.ProviderFeed;
import dev.behalf.kernel.provider.Providers;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Warns of each provider that names no audience: a token that its issuer made for anybody is good for its host.
@Context
final class UncheckedAudiences {

    private static final Logger log = LoggerFactory.getLogger(UncheckedAudiences.class);

    private final ProviderFeed feed;
    private final JudgeSettings settings;

    UncheckedAudiences(ProviderFeed feed, JudgeSettings settings) {
        this.feed = feed;
        this.settings = settings;
    }

    @PostConstruct
    void start() {
        feed.onChange(this::onChange);
        onChange(Providers.NONE, feed.now());
    }

    private void onChange(Providers before, Providers now) {
        for (var provider : now.all()) {
            if (provider.audiences().isEmpty() && !provider.equals(before.byKey(provider.key()))) {
                log.warn(
                        "The identity provider {} names no audience: its tokens are {}",
                        provider.key(),
                        settings.requireAudiences() ? "refused" : "accepted for whomever they were made");
            }
        }
    }
}
