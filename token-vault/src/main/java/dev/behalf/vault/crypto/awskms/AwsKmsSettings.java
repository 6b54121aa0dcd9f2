package dev.behalf.vault.crypto.awskms;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Requires;
import io.micronaut.core.bind.annotation.Bindable;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// @param keyId                the ARN of the symmetric key that wraps; an alias could come to mean another key
/// @param alsoRead             the ARNs of earlier keys
/// @param endpoint             left out: the public one of the key's region
/// @param accessKeyId          with `secretAccessKey`, fixed credentials
/// @param secretAccessKey      never printed
/// @param sessionToken         goes with temporary ones
/// @param credentialsUri       where credentials are told instead, as ECS and EKS Pod Identity do
/// @param credentialsTokenFile holds the `Authorization` header to ask there with
/// @param answerWithin         how long one call may take
@ConfigurationProperties("behalf.vault.keys.awskms")
@Requires(property = "behalf.vault.keys.awskms.key-id")
record AwsKmsSettings(
        String keyId,
        @Bindable(defaultValue = "") List<String> alsoRead,
        @Nullable URI endpoint,
        @Nullable String accessKeyId,
        @Nullable String secretAccessKey,
        @Nullable String sessionToken,
        @Nullable URI credentialsUri,
        @Nullable Path credentialsTokenFile,
        @Bindable(defaultValue = "3s") Duration answerWithin) {

    static final Pattern ARN = Pattern.compile("arn:aws[a-z-]*:kms:([a-z0-9-]+):[0-9]{12}:key/[A-Za-z0-9-]+");

    AwsKmsSettings {
        alsoRead = alsoRead.stream().filter(arn -> !arn.isBlank()).toList();
        require(keyId);
        var region = region(keyId);
        alsoRead.forEach(arn -> {
            require(arn);
            if (!region(arn).equals(region)) {
                throw new IllegalArgumentException("the keys of behalf.vault.keys.awskms must be of one region");
            }
        });
        if (credentialsUri == null && (accessKeyId == null || secretAccessKey == null)) {
            throw new IllegalArgumentException(
                    "behalf.vault.keys.awskms needs access-key-id and secret-access-key," + " or credentials-uri");
        }
    }

    String region() {
        return region(keyId);
    }

    private static String region(String arn) {
        return arn.split(":")[3];
    }

    private static void require(String arn) {
        if (!ARN.matcher(arn).matches()) {
            throw new IllegalArgumentException(
                    "behalf.vault.keys.awskms takes the ARNs of keys (arn:aws:kms:…:key/…), but has " + arn);
        }
    }

    @Override
    public String toString() {
        return "AwsKmsSettings[" + keyId + "]";
    }
}
