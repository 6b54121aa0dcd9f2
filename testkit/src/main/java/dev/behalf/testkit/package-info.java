/// What the tests of several modules share.
///
/// - [RealPostgres], [RealKafka]: mix into a `@MicronautTest` class for real servers, in containers where a
///   Docker engine answers and embedded elsewhere (`-Dbehalf.testkit=docker|embedded` decides); [TestPostgres] and
///   [TestKafka] are the same to be stopped and restarted by a test about failure.
/// - [FakeIdentityProvider]: an issuer outside: keys, a key set over HTTP with faults, tokens with any claims.
/// - [FakeAuthzServer]: our own authorization server's wire contract, for services tested alone.
/// - [RawHttp], [RecordingUpstream]: bytes on sockets.
/// - [HouseRules]: the architecture, checked in each module.
@NullMarked
package dev.behalf.testkit;

import org.jspecify.annotations.NullMarked;
