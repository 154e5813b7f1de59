package io.alignstream.languagemodel.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Groups of real processes, some of which are killed or stand still. */
class ProcessGroupTest {

    private static final int LEAVES = 8;
    private static final int REGROUPINGS = 20;

    private final List<Member> started = new ArrayList<>();
    private RendezvousServer server;

    @BeforeEach
    void serve() throws Exception {
        System.setProperty(CollectiveLibrary.PROPERTY, Member.library().toString());
        server = RendezvousServer.open(InetAddress.getByName("127.0.0.1"));
    }

    @AfterEach
    void end() {
        System.clearProperty(CollectiveLibrary.PROPERTY);
        started.forEach(Member::close);
        if (server != null) {
            server.close();
        }
    }

    @Test
    void sums_have_the_bits_of_the_one_tree_whatever_the_number_of_members() {
        // Given
        List<Member> members = start(4);
        Map<Integer, String> expected = new HashMap<>();
        for (int columns : new int[] {3, 600_001, 70_000}) {
            expected.put(columns, MemberProcess.hash(Leaves.sum(0, LEAVES, columns)));
        }
        for (int size = 1; size <= members.size(); size++) {
            List<Member> group = members.subList(0, size);
            Member.join(server.address(), group);
            for (int columns : expected.keySet()) {
                for (String rows : List.of("leaves", "merged")) {

                    // When
                    List<String> sums =
                            Member.together(group, rank -> "tree-sum " + LEAVES + " " + columns + " " + rows);

                    // Then
                    assertThat(sums)
                            .as(size + " members, " + columns + " columns, " + rows)
                            .hasSize(size)
                            .containsOnly(expected.get(columns));
                }
            }
            Member.together(group, rank -> "leave");
        }
    }

    @Test
    void numbers_are_summed_and_bytes_come_from_the_root() {
        // Given
        List<Member> members = start(3);
        Member.join(server.address(), members);

        // When
        List<String> sums = Member.together(members, rank -> "sum " + rank + ".5 " + 10 * rank);
        List<String> bytes = Member.together(members, rank -> "broadcast 2 from-" + rank);
        Member.together(members, rank -> "barrier");

        // Then
        assertThat(sums).containsOnly("4.5 30.0");
        assertThat(bytes).containsOnly("from-2");
    }

    @Test
    void members_that_do_different_things_fail_and_live_on() {
        // Given
        List<Member> members = start(2);
        for (List<String> mistake : List.of(
                List.of("sum 1 2", "sum 1"),
                List.of("barrier", "sum 1"),
                List.of("broadcast 0 same", "broadcast 1 same"),
                List.of("tree-sum 2 400000 leaves", "tree-sum 2 900000 leaves"),
                List.of("tree-sum 2 10 leaves", "tree-sum 4 10 leaves"))) {
            Member.join(server.address(), members);

            // When
            members.get(0).tell(mistake.get(0));
            members.get(1).tell(mistake.get(1));

            // Then
            for (Member member : members) {
                assertThat(member.hear())
                        .startsWith("failed CollectiveException")
                        .contains("do not do the same");
                assertThat(ask(member, "barrier")).contains("its group has failed");
                member.ask("leave");
            }
        }
    }

    @Test
    void whoever_is_killed_the_others_fail_and_go_on_among_themselves() throws Exception {
        // Given
        for (int victim : new int[] {0, 2}) {
            List<Member> members = new ArrayList<>(start(3));
            Member.join(server.address(), members);
            Member.together(members, rank -> "begin sum-until-it-fails");

            // When
            members.remove(victim).signal("KILL");

            // Then
            for (Member member : members) {
                assertThat(member.hear())
                        .startsWith("failed CollectiveException: rank ")
                        .contains("could not sum");
            }
            Member.join(server.address(), members);
            assertThat(Member.together(members, rank -> "sum 1")).containsOnly("2.0");
            members.forEach(Member::close);
        }
    }

    @Test
    void one_that_gives_up_frees_all_who_wait_for_a_member_that_stands_still() throws Exception {
        // Given
        List<Member> members = start(4);
        Member.join(server.address(), members);
        members.get(1).signal("STOP");
        for (int rank : new int[] {0, 2, 3}) {
            members.get(rank).ask("begin sum-until-it-fails");
        }

        // When
        members.get(3).tell("abort");

        // Then
        for (int rank : new int[] {0, 2}) {
            assertThat(members.get(rank).hear()).startsWith("failed CollectiveException");
        }
        assertThat(List.of(members.get(3).hear(), members.get(3).hear()))
                .anySatisfy(line -> assertThat(line).startsWith("failed CollectiveException"))
                .anySatisfy(line -> assertThat(line).startsWith("ok"));
        members.get(1).signal("CONT");
        assertThat(ask(members.get(1), "sum 1")).startsWith("failed CollectiveException");
    }

    @Test
    void a_member_that_leaves_frees_its_own_threads() {
        // Given
        List<Member> members = start(2);
        Member.join(server.address(), members);
        members.get(0).ask("begin barrier");

        // When
        members.get(0).tell("leave");

        // Then
        assertThat(List.of(members.get(0).hear(), members.get(0).hear()))
                .anySatisfy(line -> assertThat(line).startsWith("failed CollectiveException"))
                .anySatisfy(line -> assertThat(line).startsWith("ok"));
    }

    @Test
    void groups_come_and_go_and_leave_nothing_open() throws Exception {
        // Given
        List<Member> survivors = start(2);
        Deque<Member> victims = new ArrayDeque<>(start(2));
        List<Integer> files = new ArrayList<>();
        for (int i = 0; i < REGROUPINGS; i++) {
            Member victim = victims.remove();
            List<Member> all = List.of(survivors.get(0), victim, survivors.get(1));
            Member.join(server.address(), all);
            Member.together(all, rank -> "begin sum-until-it-fails");
            victims.addAll(start(1)); // it starts meanwhile

            // When
            victim.signal("KILL");

            // Then
            for (Member survivor : survivors) {
                assertThat(survivor.hear()).startsWith("failed CollectiveException");
                survivor.ask("part");
                survivor.ask("leave");
            }
            Member.join(server.address(), survivors);
            Member.together(survivors, rank -> "barrier");
            Member.together(survivors, rank -> "leave");
            Member.together(survivors, rank -> "part");
            files.add(Integer.parseInt(survivors.getFirst().ask("files")));
        }
        assertThat(files.getLast()).isLessThanOrEqualTo(files.get(2));
    }

    @Test
    void who_waits_for_one_that_never_joins_learns_that() {
        // Given
        Member member = start(1).getFirst();
        member.meet(server.address(), "secret", Member.LONG);
        String files = member.ask("files");

        // When
        member.tell("join 0 2 500 " + Member.LONG);

        // Then
        assertThat(member.hear())
                .startsWith(
                        "failed CollectiveException: rank 0 of 2 could not join its group by the rendezvous at 127.0.0.1:"
                                + server.address().getPort() + " within 500 ms");
        await().atMost(Duration.ofMillis(Member.LONG))
                .untilAsserted(() -> assertThat(member.ask("files")).isEqualTo(files));
    }

    @Test
    void a_collective_waits_no_longer_than_the_group_says() {
        // Given
        List<Member> members = start(2);
        Member.join(server.address(), members, 500);

        // When
        members.get(0).tell("barrier");

        // Then
        assertThat(members.get(0).hear()).startsWith("failed CollectiveException: rank 0 of 2 could not wait");
        assertThat(ask(members.get(1), "barrier")).startsWith("failed CollectiveException");
    }

    @Test
    void who_parts_waits_for_nobody() {
        // Given
        Member member = start(1).getFirst();
        member.meet(server.address(), "secret", Member.LONG);
        member.ask("begin join 0 2 " + 10 * Member.LONG + " " + Member.LONG);

        // When
        member.tell("part");

        // Then
        assertThat(List.of(member.hear(), member.hear()))
                .anySatisfy(line -> assertThat(line)
                        .startsWith("failed CollectiveException")
                        .contains("closed"))
                .anySatisfy(line -> assertThat(line).startsWith("ok"));
    }

    private List<Member> start(int count) {
        List<Member> members = Member.start(count);
        started.addAll(members);
        return members;
    }

    private static String ask(Member member, String command) {
        member.tell(command);
        return member.hear();
    }
}
