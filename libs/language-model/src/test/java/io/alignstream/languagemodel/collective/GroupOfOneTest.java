package io.alignstream.languagemodel.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What there is without the library. */
class GroupOfOneTest {

    private static final Duration SOON = Duration.ofSeconds(1);

    @Test
    void one_alone_sums_its_leaves_by_the_same_tree() {
        try (NDManager scope = TorchRuntime.get().newScope();
                ProcessGroup group = ProcessGroup.join(null, InetAddress.getLoopbackAddress(), 0, 1, SOON, SOON)) {
            // Given
            float[] leaves = new float[8 * 1_000];
            for (int leaf = 0; leaf < 8; leaf++) {
                System.arraycopy(Leaves.leaf(leaf, 1_000), 0, leaves, leaf * 1_000, 1_000);
            }
            NDArray rows = scope.create(leaves, new Shape(8, 1_000));

            // When
            group.treeSum(rows, 8);

            // Then
            assertThat(rows.get(0).toFloatArray()).containsExactly(Leaves.sum(0, 8, 1_000));
            assertThat(group.sum(new double[] {1, 2})).containsExactly(1, 2);
            assertThat(group.broadcast(new byte[] {3}, 0)).containsExactly(3);
            group.barrier();
        }
    }

    @Test
    void a_group_that_was_given_up_does_nothing_more() {
        try (ProcessGroup group = ProcessGroup.join(null, InetAddress.getLoopbackAddress(), 0, 1, SOON, SOON)) {
            // Given
            group.abort();

            // Then
            assertThatThrownBy(group::barrier)
                    .isInstanceOf(CollectiveException.class)
                    .hasMessage("rank 0 of 1 could not wait for the others: its group has failed or was left before");
        }
    }

    @Test
    void several_need_the_library_and_are_told_so() {
        try (Member member = Member.start(List.of())) {
            // When
            String there = member.ask("library");
            member.tell("meet 127.0.0.1 1 secret 1000");

            // Then
            assertThat(there).isEqualTo("false");
            assertThat(member.hear())
                    .startsWith("failed IllegalStateException: several workers need the library of collectives")
                    .contains(
                            "cpp/collective/build.sh", "alignstream.torch.collective", "ALIGNSTREAM_TORCH_COLLECTIVE");
        }
    }

    @Test
    void a_file_that_is_no_library_is_named() {
        try (Member member = Member.start(List.of("-Dalignstream.torch.collective=/etc/hostname"))) {
            // When
            member.tell("meet 127.0.0.1 1 secret 1000");

            // Then
            assertThat(member.hear())
                    .startsWith("failed IllegalStateException: cannot load the library of collectives /etc/hostname");
        }
    }
}
