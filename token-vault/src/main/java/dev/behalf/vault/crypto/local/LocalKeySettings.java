package dev.behalf.vault.crypto.local;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Requires;
import java.nio.file.Path;

/// @param file the keystore; it is made with a first key when it does not exist, mode 0600, in a folder of mode
///             0700
@ConfigurationProperties("behalf.vault.keys.local")
@Requires(property = "behalf.vault.keys.local.file")
record LocalKeySettings(Path file) {}
