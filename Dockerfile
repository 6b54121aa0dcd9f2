# One pattern for the image of every service. From the root of the checkout, after `mvn -DskipTests package`:
#   docker build --build-arg SERVICE=idp-registry --tag behalf/idp-registry .
# or all of them: docker compose build
ARG BASE=eclipse-temurin:25-jre

# What the service needs, in two layers: the libraries of others change seldom, ours with every build.
FROM ${BASE} AS layout
ARG SERVICE
WORKDIR /layout
COPY ${SERVICE}/target/${SERVICE}-*.jar ours/
COPY ${SERVICE}/target/lib/ theirs/
RUN set -eu; \
    case "${SERVICE}" in \
      authz-server)  main=dev.behalf.authz.AuthzServer;      management=9101 ;; \
      idp-registry)  main=dev.behalf.registry.IdpRegistry;   management=9102 ;; \
      jwt-validator) main=dev.behalf.validator.JwtValidator; management=9103 ;; \
      token-vault)   main=dev.behalf.vault.TokenVault;       management=9104 ;; \
      api-gateway)   main=dev.behalf.gateway.ApiGateway;     management=9100 ;; \
      *) echo "SERVICE must name one of the services" >&2; exit 1 ;; \
    esac; \
    mv theirs/kernel-*.jar ours/; \
    classpath=$(find ours theirs -name '*.jar' | LC_ALL=C sort | sed 's|^|/app/|' | paste -sd :); \
    kernel=$(find ours -name 'kernel-*.jar' | sed 's|^|/app/|'); \
    # Sized by the memory the container may use; 256 MiB are enough. An exhausted heap ends the process.
    printf '%s\n' \
      -XX:MaxRAMPercentage=40 -XX:MaxDirectMemorySize=32m -XX:ReservedCodeCacheSize=48m -Xss512k \
      -XX:+UseSerialGC -XX:+UseCompactObjectHeaders -XX:+ExitOnOutOfMemoryError \
      --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
      # Names are looked up again soon: here, what comes back comes back at another address.
      -Dsun.net.inetaddr.ttl=5 -Dsun.net.inetaddr.negative.ttl=1 \
      -cp "$classpath" > ours/jvm.args; \
    echo "$main" > ours/main.args; \
    printf '%s\n' -Xmx8m -Xss256k -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=8m -cp "$kernel" \
      dev.behalf.kernel.service.HealthCheck "http://127.0.0.1:$management/health/readiness" > ours/health.args; \
    chmod -R a=rX,u+w .

FROM ${BASE}
ARG SERVICE
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="${SERVICE}" \
      org.opencontainers.image.description="Behalf: AI agents act on a user's behalf, provably and revocably" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=layout /layout/theirs /app/theirs
COPY --from=layout /layout/ours /app/ours
# A start-up cache (JEP 483): the service starts once without anything that it needs, and what it loaded until it was told
# to end is stored. A service without its database does not get as far as one without its neighbours.
RUN --network=none set -eu; cd /tmp; \
    export BEHALF_OAUTH_ISSUER=http://localhost BEHALF_OAUTH_SERVER=http://localhost BEHALF_OAUTH_CLIENT_SECRET=training \
      BEHALF_DATABASE_PASSWORD=training BEHALF_AUTHZ_KEYS_ENCRYPTION_KEY=only-for-training-the-start-up-cache \
      BEHALF_VAULT_KEYS_PROVIDER=secret BEHALF_VAULT_KEYS_SECRET_KEY=only-for-training-the-start-up-cache \
      BEHALF_KAFKA_BOOTSTRAP_SERVERS=localhost:9 BEHALF_VALIDATOR_URL=http://localhost BEHALF_GATEWAY_PUBLIC_URL=http://localhost; \
    case "${SERVICE}" in jwt-validator | api-gateway) export BEHALF_PROVIDERS_REGISTRY=http://localhost ;; esac; \
    timeout --signal=TERM 20 java -XX:AOTCacheOutput=/app/start.aot @/app/ours/jvm.args @/app/ours/main.args || true; \
    chmod 444 /app/start.aot
# Nothing is written but to /tmp, which may be memory.
WORKDIR /tmp
# A number, so that Kubernetes can tell that it is not root.
USER 10001:10001
HEALTHCHECK --interval=10s --timeout=4s --start-period=60s --start-interval=2s --retries=3 \
    CMD ["java", "@/app/ours/health.args"]
ENTRYPOINT ["java", "-XX:AOTCache=/app/start.aot", "@/app/ours/jvm.args", "@/app/ours/main.args"]
