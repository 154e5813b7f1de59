package io.alignstream.textcleaning;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Masks e-mail addresses, phone numbers, identity-card numbers, bank-card numbers and IP addresses.
 *
 * <p>Numbers with a check digit count only if it is right: Chinese identity cards (ISO 7064 MOD 11-2, and a birth date
 * that exists) and bank cards (Luhn, 13 to 19 digits). Private and local IP addresses name nobody and stay.
 */
final class PersonalData {

    static final String EMAIL = "<EMAIL>";
    static final String PHONE = "<PHONE>";
    static final String IDENTITY_CARD = "<ID_CARD>";
    static final String BANK_CARD = "<BANK_CARD>";
    static final String IP_ADDRESS = "<IP_ADDRESS>";

    private static final Pattern DOMAIN =
            Pattern.compile("@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\\.){1,5}[A-Za-z]{2,24}");
    private static final Pattern IPV4 = Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})");
    private static final Pattern IPV6 = Pattern.compile(
            "(?<![\\w:.])(?:(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|(?:[0-9A-Fa-f]{1,4}:){1,6}(?::[0-9A-Fa-f]{1,4}){1,6})(?![\\w:])");
    private static final Pattern IDENTITY = Pattern.compile("[1-9]\\d{5}(\\d{4})(\\d{2})(\\d{2})\\d{3}[\\dXx]");
    private static final Pattern CARD = Pattern.compile("[2-6]\\d{3}(?:[ -]?\\d){9,15}");
    private static final Pattern CHINESE_MOBILE =
            Pattern.compile("(?:(?:\\+|00)?86[ -]?)?1[3-9]\\d[ -]?\\d{4}[ -]?\\d{4}");
    private static final Pattern CHINESE_LANDLINE = Pattern.compile("(?:\\(0\\d{2,3}\\)|0\\d{2,3}-) ?[2-8]\\d{6,7}");
    private static final Pattern INTERNATIONAL =
            Pattern.compile("\\+\\d{1,3}[ .-]?(?:\\(\\d{1,4}\\)[ .-]?)?\\d{1,4}(?:[ .-]?\\d{2,4}){2,4}");
    private static final Pattern AMERICAN =
            Pattern.compile("(?:\\([2-9]\\d{2}\\) ?|[2-9]\\d{2}[.-])[2-9]\\d{2}[.-]\\d{4}");

    private static final int[] IDENTITY_WEIGHTS = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    private static final String IDENTITY_CHECKS = "10X98765432";
    private static final int LONGEST_NAME = 64;
    /** Shorter stretches of digits are no number that is looked for. */
    private static final int FEWEST_DIGITS = 7;

    private PersonalData() {}

    /** The text with placeholders; {@code text} itself if nothing was found. */
    static String mask(String text) {
        String masked = text.indexOf('@') < 0 ? text : maskEmails(text);
        return hasNumber(masked) ? maskNumbers(masked) : masked;
    }

    private static String maskEmails(String text) {
        StringBuilder out = new StringBuilder(text.length());
        Matcher domain = DOMAIN.matcher(text);
        int done = 0;
        int at = text.indexOf('@');
        while (at >= 0) {
            int begin = at;
            while (begin > done && at - begin < LONGEST_NAME && isNamePart(text.charAt(begin - 1))) {
                begin--;
            }
            if (begin < at && domain.region(at, text.length()).lookingAt()) {
                out.append(text, done, begin).append(EMAIL);
                done = domain.end();
            }
            at = text.indexOf('@', Math.max(at + 1, done));
        }
        return out.append(text, done, text.length()).toString();
    }

    private static boolean isNamePart(char c) {
        return c < 128 && (Character.isLetterOrDigit(c) || "._%+-".indexOf(c) >= 0);
    }

    /** Whether there are enough digits near each other; most texts end here. */
    private static boolean hasNumber(String text) {
        int digits = 0;
        int gap = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= '0' && c <= '9') {
                digits++;
                gap = 0;
            } else if (c == ':') {
                if (i + 1 < text.length() && isHexadecimal(text.charAt(i + 1)) || text.startsWith("::", i)) {
                    digits++;
                }
            } else if (++gap > 3) {
                digits = 0;
            }
            if (digits >= FEWEST_DIGITS - 3 && (digits >= FEWEST_DIGITS || c == '.' || c == ':')) {
                return true;
            }
        }
        return false;
    }

    private static boolean isHexadecimal(char c) {
        return c >= '0' && c <= '9' || (c | 0x20) >= 'a' && (c | 0x20) <= 'f';
    }

    private static String maskNumbers(String text) {
        StringBuilder out = new StringBuilder(text.length());
        Matcher[] matchers = {
            IDENTITY.matcher(text),
            CARD.matcher(text),
            CHINESE_MOBILE.matcher(text),
            CHINESE_LANDLINE.matcher(text),
            INTERNATIONAL.matcher(text),
            AMERICAN.matcher(text),
            IPV4.matcher(text)
        };
        int done = 0;
        int i = 0;
        while (i < text.length()) {
            char c = text.charAt(i);
            if ((c >= '0' && c <= '9' || c == '+' || c == '(') && !continuesNumber(text, i)) {
                int end = maskAt(text, i, matchers, out, done);
                if (end > i) {
                    done = end;
                    i = end;
                    continue;
                }
            }
            i++;
        }
        String numbers = out.append(text, done, text.length()).toString();
        return numbers.contains(":") ? maskIpv6(numbers) : numbers;
    }

    /** Appends the text before and a placeholder if a number begins at {@code i}; returns its end, or {@code i}. */
    private static int maskAt(String text, int i, Matcher[] matchers, StringBuilder out, int done) {
        for (Matcher matcher : matchers) {
            matcher.region(i, text.length()).useTransparentBounds(true);
            if (matcher.lookingAt() && endsNumber(text, matcher.end()) && isValid(matcher)) {
                out.append(text, done, i).append(placeholder(matcher.pattern()));
                return matcher.end();
            }
        }
        return i;
    }

    private static boolean continuesNumber(String text, int i) {
        if (i == 0) {
            return false;
        }
        char before = text.charAt(i - 1);
        boolean afterPoint =
                (before == '.' || before == '-' || before == '/') && i > 1 && Character.isDigit(text.charAt(i - 2));
        return before < 128 && Character.isLetterOrDigit(before) || afterPoint || before == '_';
    }

    private static boolean endsNumber(String text, int end) {
        if (end == text.length()) {
            return true;
        }
        char next = text.charAt(end);
        if (next < 128 && Character.isLetterOrDigit(next)) {
            return false;
        }
        return !((next == '.' || next == '-') && end + 1 < text.length() && Character.isDigit(text.charAt(end + 1)));
    }

    private static boolean isValid(Matcher found) {
        if (found.pattern() == IDENTITY) {
            return isIdentityCard(found);
        }
        if (found.pattern() == CARD) {
            return isBankCard(found.group());
        }
        return found.pattern() != IPV4 || isPublicAddress(found);
    }

    private static String placeholder(Pattern pattern) {
        return pattern == IDENTITY ? IDENTITY_CARD : pattern == CARD ? BANK_CARD : pattern == IPV4 ? IP_ADDRESS : PHONE;
    }

    private static boolean isIdentityCard(Matcher found) {
        String number = found.group();
        int sum = 0;
        for (int i = 0; i < IDENTITY_WEIGHTS.length; i++) {
            sum += (number.charAt(i) - '0') * IDENTITY_WEIGHTS[i];
        }
        if (IDENTITY_CHECKS.charAt(sum % 11) != Character.toUpperCase(number.charAt(17))) {
            return false;
        }
        try {
            int year = Integer.parseInt(found.group(1));
            LocalDate birth = LocalDate.of(year, Integer.parseInt(found.group(2)), Integer.parseInt(found.group(3)));
            return birth.getYear() >= 1900 && birth.getYear() <= 2100;
        } catch (DateTimeException e) {
            return false;
        }
    }

    private static boolean isBankCard(String number) {
        int sum = 0;
        int digits = 0;
        for (int i = number.length() - 1; i >= 0; i--) {
            int digit = number.charAt(i) - '0';
            if (digit >= 0 && digit <= 9) {
                int doubled = digits++ % 2 == 1 ? digit * 2 : digit;
                sum += doubled > 9 ? doubled - 9 : doubled;
            }
        }
        return digits >= 13 && digits <= 19 && sum % 10 == 0;
    }

    private static boolean isPublicAddress(Matcher found) {
        int[] parts = new int[4];
        for (int i = 0; i < 4; i++) {
            parts[i] = Integer.parseInt(found.group(i + 1));
            if (parts[i] > 255) {
                return false;
            }
        }
        boolean local = parts[0] == 0
                || parts[0] == 10
                || parts[0] == 127
                || parts[0] >= 224
                || parts[0] == 192 && parts[1] == 168
                || parts[0] == 169 && parts[1] == 254
                || parts[0] == 172 && parts[1] >= 16 && parts[1] < 32;
        return !local;
    }

    private static String maskIpv6(String text) {
        return IPV6.matcher(text).replaceAll(found -> {
            // A time such as 12:30:45 has no letters and no empty group: an address has one of them or eight groups.
            String address = found.group();
            boolean link = address.regionMatches(true, 0, "fe80", 0, 4) || address.regionMatches(true, 0, "fd", 0, 2);
            return link ? Matcher.quoteReplacement(address) : IP_ADDRESS;
        });
    }
}
