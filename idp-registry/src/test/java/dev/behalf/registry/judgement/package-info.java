@org.jspecify.annotations.NullMarked
package dev.behalf.registry.judgement;
