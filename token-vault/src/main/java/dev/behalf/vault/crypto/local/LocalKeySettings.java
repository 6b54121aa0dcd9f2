package dev.behalf.vault.crypto.local;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Requires;
import java.nio.file.Path;

/// @param keystore the file; it is made with a first key when it does not exist, mode 0600, in a folder of mode
/// 0700. Its name does not end with `file`: variables that do are read as files that hold a secret
@ConfigurationProperties("behalf.vault.keys.local")
@Requires(property = "behalf.vault.keys.local.keystore")
record LocalKeySettings(Path keystore) {}
