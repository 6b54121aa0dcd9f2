package dev.behalf.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DataFolderTest {

    @TempDir
    Path folder;

    @Test
    void no_two_parts_of_a_stack_get_the_same_port() {
        var data = DataFolder.open(folder);

        var ports = IntStream.range(0, 1_000).mapToObj(part -> data.port("part-" + part));

        assertThat(ports).doesNotHaveDuplicates(); // by chance alone it would be one in 10^18
    }

    @Test
    void a_part_keeps_its_port() {
        int port = DataFolder.open(folder).port("part");

        assertThat(DataFolder.open(folder).port("part")).isEqualTo(port);
    }
}
