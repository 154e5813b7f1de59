package io.alignstream.textcleaning;

import java.util.List;
import java.util.Locale;

/**
 * Removes lines that belong to the page and not to its text: C4's line rules (JavaScript notes, policies, lines of less
 * than three words) and their counterparts on Chinese pages.
 */
final class BoilerplateLines {

    /** A line with more words is a sentence even if it names one of the phrases. */
    private static final int MOST_WORDS = 40;

    /** C4: a line of fewer words is navigation. */
    private static final int FEWEST_WORDS = 3;

    /** Three English words are about five Chinese characters; a line of fewer is a menu entry. */
    private static final int FEWEST_CHARACTERS = 5;

    private static final List<String> PHRASES = List.of(
            "terms of use",
            "privacy policy",
            "cookie policy",
            "uses cookies",
            "use of cookies",
            "use cookies",
            "javascript",
            "all rights reserved",
            "sign up for our newsletter",
            "subscribe to our newsletter",
            "skip to content",
            "share on facebook",
            "share on twitter",
            "powered by wordpress");

    private static final List<String> CHINESE_PHRASES = List.of(
            "版权所有",
            "备案号",
            "icp备",
            "公网安备",
            "上一篇",
            "下一篇",
            "扫一扫",
            "扫码关注",
            "分享到",
            "返回顶部",
            "点击查看更多",
            "点击加载更多",
            "阅读全文",
            "责任编辑",
            "免责声明",
            "隐私政策",
            "用户协议",
            "未经许可不得转载",
            "未经授权",
            "转载请注明",
            "登录注册",
            "关注我们",
            "微信公众号",
            "联系我们",
            "网站地图",
            "友情链接");

    private BoilerplateLines() {}

    static String remove(String text) {
        StringBuilder kept = new StringBuilder(text.length());
        int begin = 0;
        while (begin <= text.length()) {
            int end = text.indexOf('\n', begin);
            end = end < 0 ? text.length() : end;
            String line = text.substring(begin, end);
            if (line.isBlank() || !isBoilerplate(line)) {
                kept.append(line).append('\n');
            }
            begin = end + 1;
        }
        return kept.toString().strip();
    }

    /** Removes the lines that do not end as a sentence does. */
    static String removeWithoutPunctuation(String text) {
        StringBuilder kept = new StringBuilder(text.length());
        text.lines()
                .filter(line -> line.isBlank() || TextMeasures.endsSentence(line))
                .forEach(line -> kept.append(line).append('\n'));
        return kept.toString().strip();
    }

    private static boolean isBoilerplate(String line) {
        Words words = Words.of(line);
        boolean spaceless = words.spaceless() * 2 > words.count();
        if (words.count() < (spaceless ? FEWEST_CHARACTERS : FEWEST_WORDS)) {
            // A short line that ends a sentence is speech or verse.
            return !TextMeasures.endsSentence(line);
        }
        if (words.count() > MOST_WORDS) {
            return false;
        }
        String lower = line.toLowerCase(Locale.ROOT);
        List<String> phrases = words.spaceless() > 0 ? CHINESE_PHRASES : PHRASES;
        return phrases.stream().anyMatch(lower::contains);
    }
}
