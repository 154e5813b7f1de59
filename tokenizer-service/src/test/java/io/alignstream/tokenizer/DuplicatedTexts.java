package io.alignstream.tokenizer;

import io.alignstream.contracts.Document;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.textcleaning.CleaningProfile;
import io.alignstream.textcleaning.Decontamination;
import io.alignstream.textcleaning.NearDuplicates;
import io.alignstream.textcleaning.TextCleaner;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

/** Documents of which a third repeat an earlier one, exactly or nearly, and an oracle for what must be left of them. */
final class DuplicatedTexts {

    static final CleaningProfile PROFILE = CleaningProfile.of("plain", Map.of(), Set.of());

    private static final String[] PLACES = {"外滩", "豫园", "南京路", "城隍庙", "静安寺", "田子坊", "陆家嘴", "朱家角", "七宝", "徐家汇"};
    private static final String[] DEEDS = {"喝咖啡", "吃小笼", "拍照片", "看展览", "等朋友", "买茶叶", "听评弹", "写明信片", "坐轮渡", "避雨"};

    private DuplicatedTexts() {}

    /** {@code count} documents, the same for the same seed. */
    static List<Document> documents(int count, long seed) {
        Random random = new Random(seed);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int kind = random.nextInt(6);
            String text;
            if (kind == 0 && i > 0) {
                text = texts.get(random.nextInt(i));
            } else if (kind == 1 && i > 0) {
                String earlier = texts.get(random.nextInt(i));
                int at = random.nextInt(earlier.length());
                text = earlier.substring(0, at) + "改" + earlier.substring(at);
            } else {
                text = text(random);
            }
            texts.add(text);
        }
        List<Document> documents = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            documents.add(new Document("d" + i, texts.get(i), "test", Map.of()));
        }
        return documents;
    }

    /** What is left of {@code documents} when they arrive in this order: ids in order. */
    static List<String> survivors(List<Document> documents) {
        TextCleaner cleaner = new TextCleaner(PROFILE, Decontamination.NONE);
        NearDuplicates near = new NearDuplicates();
        Set<Object> seen = new HashSet<>();
        List<String> survivors = new ArrayList<>();
        for (Document document : documents) {
            if (cleaner.clean(document.text()) instanceof TextCleaner.Kept kept) {
                boolean first = seen.add(kept.text().text());
                for (long key : near.keys(kept.text().text())) {
                    first &= seen.add(key);
                }
                if (first) {
                    survivors.add(document.id());
                }
            }
        }
        return survivors;
    }

    /** A tokenizer of these texts, the same in every process. */
    static Tokenizer tokenizer() {
        return new BpeTrainer(400).train(documents(200, 7).stream().map(Document::text));
    }

    private static String text(Random random) {
        return random.ints(8)
                .mapToObj(i -> "第" + random.nextInt(1_000) + "天我在" + PLACES[random.nextInt(PLACES.length)]
                        + DEEDS[random.nextInt(DEEDS.length)] + "，遇到了" + random.nextInt(10_000) + "号。")
                .collect(Collectors.joining());
    }
}
