package io.alignstream.benchmarks.pipeline;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Facts that no model can know: towns that a seed makes up, a short report on each, and what one may ask. All reports are built
 * alike, so that a question's words lead to many of them and only a name to the right one.
 *
 * @param documents one for each town
 * @param questions several on each town
 */
record InventedTowns(List<Report> documents, List<Question> questions) {

    /** A document on one town. */
    record Report(String id, String title, String text) {}

    /**
     * A question.
     *
     * @param document id of the one that answers it
     * @param answer what a right answer holds
     */
    record Question(String text, String document, String answer) {}

    private static final String[] BEGINNINGS = {
        "Vel", "Kar", "Ost", "Mir", "Tal", "Bren", "Sol", "Dra", "Ulm", "Nor", "Pel", "Zan"
    };
    private static final String[] MIDDLES = {"mo", "ta", "ri", "ven", "da", "lo", "ke", "bi"};
    private static final String[] ENDS = {"ra", "burg", "nia", "stad", "holm", "wick", "dor", "mund"};
    private static final String[] FIRST_NAMES = {
        "Tarik", "Mira", "Jonas", "Elin", "Pavel", "Sana", "Otto", "Ines", "Bruno", "Leila"
    };
    private static final String[] GOODS = {
        "copper wire", "red tea", "glass beads", "wool", "salt", "violins", "paper", "honey"
    };
    private static final String[] MONTHS = {
        "January", "March", "April", "June", "August", "September", "October", "December"
    };

    private static final String[] HAN_BEGINNINGS = {"云", "青", "石", "白", "龙", "松", "金", "柳", "碧", "梅", "寒", "紫"};
    private static final String[] HAN_MIDDLES = {"溪", "岭", "湖", "泉", "桥", "岩", "竹", "沙"};
    private static final String[] HAN_ENDS = {"镇", "县", "城", "乡"};
    private static final String[] HAN_FAMILIES = {"赵", "钱", "孙", "李", "周", "吴", "郑", "冯", "陈", "褚"};
    private static final String[] HAN_NAMES = {"远山", "清和", "若水", "文渊", "思齐", "明德", "静姝", "承志"};
    private static final String[] HAN_GOODS = {"铜线", "红茶", "琉璃珠", "羊毛", "井盐", "二胡", "宣纸", "蜂蜜"};

    /** English ones. */
    static InventedTowns english(long seed, int towns) {
        Random random = new Random(seed);
        Set<String> names = new HashSet<>();
        List<Report> documents = new ArrayList<>();
        List<Question> questions = new ArrayList<>();
        while (documents.size() < towns) {
            String town = any(random, BEGINNINGS) + any(random, MIDDLES) + any(random, ENDS);
            if (!names.add(town)) {
                continue;
            }
            String mayor = any(random, FIRST_NAMES) + " " + any(random, BEGINNINGS) + any(random, MIDDLES);
            String river = any(random, BEGINNINGS) + any(random, MIDDLES) + "n";
            String goods = any(random, GOODS);
            String month = any(random, MONTHS);
            String arches = Integer.toString(2 + random.nextInt(60));
            String id = "town-" + documents.size();
            documents.add(new Report(
                    id,
                    town,
                    "The council of " + town + " has met for the first time this year. The mayor of " + town + " is "
                            + mayor + ", who was elected without an opponent. " + town + " lies on the river " + river
                            + ", over which a bridge with " + arches + " arches has stood for a long time. People there"
                            + " live from making " + goods + ", most of which is sold abroad. The great market of "
                            + town
                            + " is held each " + month + ", and visitors from all over the country come to see it."));
            questions.add(new Question("Who is the mayor of " + town + "?", id, mayor));
            questions.add(new Question("On which river does " + town + " lie?", id, river));
            questions.add(new Question("What do the people of " + town + " make?", id, goods));
            questions.add(new Question("In which month is the great market of " + town + " held?", id, month));
            questions.add(new Question("How many arches does the bridge of " + town + " have?", id, arches));
        }
        return new InventedTowns(documents, questions);
    }

    /** Chinese ones. */
    static InventedTowns chinese(long seed, int towns) {
        Random random = new Random(seed);
        Set<String> names = new HashSet<>();
        List<Report> documents = new ArrayList<>();
        List<Question> questions = new ArrayList<>();
        while (documents.size() < towns) {
            String town = any(random, HAN_BEGINNINGS) + any(random, HAN_MIDDLES) + any(random, HAN_ENDS);
            if (!names.add(town)) {
                continue;
            }
            String mayor = any(random, HAN_FAMILIES) + any(random, HAN_NAMES);
            String river = any(random, HAN_BEGINNINGS) + any(random, HAN_MIDDLES) + "河";
            String goods = any(random, HAN_GOODS);
            String id = "城镇-" + documents.size();
            documents.add(new Report(
                    id,
                    town,
                    town + "今年首次召开了议事会。" + town + "的负责人是" + mayor + "，由居民一致推举产生。" + town + "位于" + river
                            + "岸边，河上有一座" + (2 + random.nextInt(60)) + "孔石桥。当地人以制作" + goods
                            + "为生，产品大多销往外地。每年春天" + town + "都会举办大集，各地游客纷纷前来。"));
            questions.add(new Question(town + "的负责人是谁？", id, mayor));
            questions.add(new Question(town + "在哪条河边？", id, river));
            questions.add(new Question(town + "的人靠什么为生？", id, goods));
        }
        return new InventedTowns(documents, questions);
    }

    private static String any(Random random, String[] words) {
        return words[random.nextInt(words.length)];
    }
}
