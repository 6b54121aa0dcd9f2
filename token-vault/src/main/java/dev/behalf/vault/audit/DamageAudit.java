package dev.behalf.vault.audit;

import dev.behalf.vault.crypto.NotDecryptable;
import dev.behalf.vault.secret.DamageReport;
import dev.behalf.vault.secret.SecretLabel;
import jakarta.inject.Singleton;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Records that a stored secret does not open.
@Singleton
final class DamageAudit implements DamageReport {

    private static final Logger log = LoggerFactory.getLogger(DamageAudit.class);

    private final AuditLog audit;

    DamageAudit(AuditLog audit) {
        this.audit = audit;
    }

    @Override
    public Mono<Void> undecryptable(SecretLabel label, NotDecryptable.Reason reason) {
        return Mono.defer(() -> {
            var why = reason.name().toLowerCase(Locale.ROOT).replace('_', ' ');
            log.error("The secret {} of {} does not open: {}", label.field(), label.record(), why);
            return audit.append(AuditEvent.of(AuditAction.SECRET_UNDECRYPTABLE, AuditOutcome.FAILED)
                    .by(label.owner(), null)
                    .detail(label.record() + " " + label.field() + ": " + why));
        });
    }
}
