package dev.behalf.authz.login;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Context;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/// How often a password may be guessed. Nothing here counts what all the world tries on one user name: that would let
/// all the world lock its owner out.
///
/// @param attemptsPerName    on one user name from one network, and in one browser where its owner signed in before
/// @param attemptsPerNetwork on all user names together from one network; one household or office shares it
/// @param window             after this long from the first attempt they are counted anew
@Context
@ConfigurationProperties("behalf.authz.sign-in")
record SignInSettings(
        @Bindable(defaultValue = "10") int attemptsPerName,
        @Bindable(defaultValue = "100") int attemptsPerNetwork,
        @Bindable(defaultValue = "15m") Duration window) {

    SignInSettings {
        if (attemptsPerName < 3 || attemptsPerName > 100 || attemptsPerNetwork < attemptsPerName) {
            throw new IllegalArgumentException("behalf.authz.sign-in must have 3 <= attempts-per-name <= 100 and"
                    + " attempts-per-name <= attempts-per-network");
        }
        if (window.compareTo(Duration.ofMinutes(1)) < 0 || window.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException("behalf.authz.sign-in.window must be from 1m to 1d");
        }
    }
}
