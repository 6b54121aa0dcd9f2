package dev.behalf.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Of half a million targets made of the pieces that attacks are made of: what is accepted means one thing only.
class RequestTargetTest {

    private static final List<String> PIECES = List.of(
            "/", "/", "a", "admin", ".", "..", "%2e", "%2E", "%2f", "%5c", "\\", "%", "%25", "%25", "2", "e", "2e",
            "2f", "5c", "00", "%00", ";", "%3b", "3b", "%c0", "%ae", "%e0", "%80", "%af", "%f0", "%61", "%41", "~",
            "%7e", "#", "?", " ", "%20", "%0d", "%u002e", "é");

    @Test
    void whatIsAcceptedIsItsOwnSpellingAndNoOtherPathHoweverOftenItIsDecoded() {
        var random = new Random(7);
        int accepted = 0;
        for (int i = 0; i < 500_000; i++) {
            var text = new StringBuilder("/");
            for (int n = random.nextInt(6); n >= 0; n--) {
                text.append(PIECES.get(random.nextInt(PIECES.size())));
            }
            var target = RequestTarget.parse(text.toString());
            if (target == null) {
                continue;
            }
            accepted++;
            assertThat(RequestTarget.parse(target.text())).as(text.toString()).isEqualTo(target);
            var once = decoded(target.path());
            for (var path : List.of(target.path(), once, decoded(once))) {
                assertThat(path).as(text.toString()).doesNotContain("\\", ";", "//", "\0", "\r");
                assertThat(Stream.of(path.split("/", -1))).as(text.toString()).doesNotContain(".", "..");
                assertThat(slashes(path)).as(text.toString()).isEqualTo(slashes(target.path()));
            }
        }
        assertThat(accepted).isGreaterThan(10_000);
    }

    private static long slashes(String path) {
        return path.chars().filter(c -> c == '/').count();
    }

    /// As a careless upstream decodes: what is no encoding stays, overlong UTF-8 means what it says.
    private static String decoded(String path) {
        var out = new StringBuilder();
        for (int i = 0; i < path.length(); i++) {
            int first = octet(path, i);
            int second = octet(path, i + 3);
            if (first >= 0xc0 && first <= 0xc1 && second >= 0x80) {
                out.append((char) ((first & 0x1f) << 6 | (second & 0x3f)));
                i += 5;
            } else if (first >= 0) {
                out.append((char) first);
                i += 2;
            } else {
                out.append(path.charAt(i));
            }
        }
        return out.toString();
    }

    private static int octet(String path, int at) {
        if (at + 2 >= path.length() || path.charAt(at) != '%') {
            return -1;
        }
        int high = Character.digit(path.charAt(at + 1), 16);
        int low = Character.digit(path.charAt(at + 2), 16);
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }
}
