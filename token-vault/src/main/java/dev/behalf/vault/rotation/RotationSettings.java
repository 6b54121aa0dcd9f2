package dev.behalf.vault.rotation;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Context;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/// @param batch       how many secrets are done between two records of progress
/// @param parallel    how many keys are asked for at once
/// @param lookEvery   how often a replica looks whether another began a rotation or left one unfinished
/// @param lease       how long a replica that says nothing keeps others from going on; longer than a batch
///                    takes
@Context
@ConfigurationProperties("behalf.vault.rotation")
record RotationSettings(
        @Bindable(defaultValue = "100") int batch,
        @Bindable(defaultValue = "8") int parallel,
        @Bindable(defaultValue = "10s") Duration lookEvery,
        @Bindable(defaultValue = "60s") Duration lease) {

    RotationSettings {
        if (batch < 1 || batch > 5_000 || parallel < 1 || parallel > 64) {
            throw new IllegalArgumentException(
                    "behalf.vault.rotation.batch must be from 1 to 5000, and parallel from 1 to 64");
        }
    }
}
