package io.alignstream.local.lessons.history;

import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * 我在广东长大……我还是更喜欢吃____: what stands far before decides what comes next.
 *
 * <p>Somebody grew up in one of {@value #REGIONS} regions, tells of something else, where other regions and other dishes
 * occur, and still likes best what they eat at home. The words of what is told differ between training and test; the distance is
 * that in tokens from the region to the dish.
 *
 * @param tokenizer learned from the training texts
 * @param training rows of {@value #LENGTH} tokens: one text, and the beginnings of others behind it
 * @param questions texts that end before the dish
 */
record LongDistance(Tokenizer tokenizer, List<int[]> training, List<Question> questions) {

    /** Tokens in a row. */
    static final int LENGTH = 129;
    /** Among so many dishes one is right. */
    static final int REGIONS = 20;

    private static final int VOCABULARY = 640;
    private static final int NEAREST = 5;
    private static final int FARTHEST = 100;
    private static final double DISTRACTION = 0.25;

    private static final List<String> PLACES = List.of(
            "四川", "广东", "湖南", "北京", "上海", "陕西", "云南", "甘肃", "重庆", "湖北", "山西", "河南", "江西", "广西", "贵州", "福建", "浙江", "江苏",
            "山东", "新疆");
    private static final List<String> DISHES = List.of(
            "麻婆豆腐", "肠粉", "剁椒鱼头", "烤鸭", "生煎", "凉皮", "米线", "拉面", "火锅", "热干面", "刀削面", "烩面", "瓦罐汤", "螺蛳粉", "酸汤鱼", "佛跳墙",
            "醉虾", "盐水鸭", "煎饼", "大盘鸡");

    private static final Words TRAINING = new Words(
            List.of("后来", "毕业以后", "二十岁那年", "有一年夏天", "工作以后", "这些年", "去年", "前几年", "结婚以后"),
            List.of("去外地读书", "搬了三次家", "换了一份工作", "学会了开车", "认识了很多朋友", "在工厂上班", "开了一家小店", "每天坐地铁", "住在海边", "养了一只猫", "学画画"),
            List.of("日子过得很快", "也算顺利", "忙得没有时间", "周末爱去公园", "心里很平静", "常常想起小时候", "慢慢习惯了", "朋友都说我变了"));
    private static final Words TEST = new Words(
            List.of("大学期间", "三十岁时", "有一年冬天", "退休以前", "今年春天", "那几年"),
            List.of("在医院当护士", "跟着老师学琴", "每天跑步", "写了一本书", "种了一院子的花", "住在山里", "修了很多旧车"),
            List.of("生活很简单", "也不觉得累", "晚上喜欢看星星", "邻居都很热心", "一晃就过去了"));

    LongDistance {
        training = List.copyOf(training);
        questions = List.copyOf(questions);
    }

    /**
     * A text that ends before the dish.
     *
     * @param context its tokens
     * @param distance tokens from the region to the dish
     * @param region which one is told of, from 0
     * @param text for people
     */
    record Question(int[] context, int distance, int region, String text) {}

    /** What is told of in between: when, what, and how it was. */
    private record Words(List<String> times, List<String> doings, List<String> ends) {

        String clause(SplittableRandom random, int region) {
            if (random.nextDouble() < DISTRACTION) {
                int other = (region + random.nextInt(1, REGIONS)) % REGIONS;
                return pick(times, random)
                        + (random.nextBoolean() ? "去" + PLACES.get(other) + "玩过，" : "尝过" + DISHES.get(other) + "，");
            }
            return pick(times, random) + pick(doings, random) + "，" + pick(ends, random) + "，";
        }

        private static String pick(List<String> list, SplittableRandom random) {
            return list.get(random.nextInt(list.size()));
        }
    }

    /** Draws {@code texts} to learn from and {@code questions} to be asked. */
    static LongDistance of(int texts, int questions, long seed) {
        SplittableRandom random = SeededRandom.of(seed, "long-distance", 0);
        Tokenizer tokenizer = new BpeTrainer(VOCABULARY)
                .train(Stream.generate(() -> {
                            int region = random.nextInt(REGIONS);
                            return beginning(region) + TRAINING.clause(random, region) + ending() + DISHES.get(region);
                        })
                        .limit(4_000));
        List<int[]> training = rows(tokenizer, texts, random);
        List<Question> asked = Stream.generate(
                        () -> question(tokenizer, TEST, random.nextInt(NEAREST, FARTHEST + 1), random))
                .limit(questions)
                .toList();
        return new LongDistance(tokenizer, training, asked);
    }

    private static List<int[]> rows(Tokenizer tokenizer, int texts, SplittableRandom random) {
        List<int[]> rows = new ArrayList<>();
        for (int i = 0; i < texts; i++) {
            int[] row = {};
            while (row.length < LENGTH) {
                Question question = question(tokenizer, TRAINING, mostlyNear(random), random);
                row = concat(
                        row,
                        question.context,
                        tokenizer.encode(DISHES.get(question.region)),
                        tokenizer.encode("。"),
                        new int[] {tokenizer.endOfDocument()});
            }
            rows.add(Arrays.copyOf(row, LENGTH));
        }
        return rows;
    }

    /** Distances of equal ratios are equally frequent: near dishes are learned first, and what is learned of them helps farther. */
    private static int mostlyNear(SplittableRandom random) {
        return (int) (NEAREST * StrictMath.pow((FARTHEST + 1.0) / NEAREST, random.nextDouble()));
    }

    /** Clause after clause while the dish is no farther away than {@code wanted} tokens. */
    private static Question question(Tokenizer tokenizer, Words words, int wanted, SplittableRandom random) {
        int region = random.nextInt(REGIONS);
        String beginning = beginning(region);
        int[] start = tokenizer.encode(beginning);
        int[] end = tokenizer.encode(ending());
        int afterRegion = start.length - tokenizer.encode("我在" + PLACES.get(region)).length;
        StringBuilder told = new StringBuilder();
        int[] between = {};
        while (true) {
            String clause = words.clause(random, region);
            int[] longer = concat(between, tokenizer.encode(clause));
            if (afterRegion + longer.length + end.length + 1 > wanted) {
                break;
            }
            between = longer;
            told.append(clause);
        }
        return new Question(
                concat(start, between, end),
                Math.max(NEAREST, afterRegion + between.length + end.length + 1),
                region,
                beginning + told + ending());
    }

    private static String beginning(int region) {
        return "我在" + PLACES.get(region) + "长大，";
    }

    private static String ending() {
        return "我还是更喜欢吃";
    }

    /** The first tokens of the dishes, one for each region: no two are the same. */
    int[] answers() {
        return DISHES.stream().mapToInt(dish -> tokenizer.encode(dish)[0]).toArray();
    }

    /** The dish of a region. */
    static String dish(int region) {
        return DISHES.get(region);
    }

    private static int[] concat(int[]... parts) {
        return Arrays.stream(parts).flatMapToInt(IntStream::of).toArray();
    }
}
