package dev.behalf.kernel.jose;

import java.math.BigInteger;
import java.util.HashSet;
import java.util.Set;

/// Recognises RSA moduli made by the faulty generator of CVE-2017-15361, whose private keys can be computed: modulo
/// many small primes they are powers of 65537. A sound modulus looks so once in about a hundred million.
final class Roca {

    private static final int[] PRIMES = {11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157};

    private Roca() {}

    static boolean isVulnerable(BigInteger modulus) {
        for (int prime : PRIMES) {
            if (!powersOf65537(prime)
                    .contains(modulus.mod(BigInteger.valueOf(prime)).intValue())) {
                return false;
            }
        }
        return true;
    }

    private static Set<Integer> powersOf65537(int prime) {
        var powers = new HashSet<Integer>();
        int power = 1;
        while (powers.add(power)) {
            power = (int) ((long) power * 65537 % prime);
        }
        return powers;
    }
}
