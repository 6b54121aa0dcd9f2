/// What the validator knows of a provider: the state of its keys, and the verdict on a token somebody wants to try.
/// Start reading at [JudgementController].
@NullMarked
package dev.behalf.registry.judgement;

import org.jspecify.annotations.NullMarked;
