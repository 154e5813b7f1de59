package io.alignstream.textcleaning;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PersonalDataTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    Write to jane.doe+news@mail.example.co.uk today. | Write to <EMAIL> today.
                    邮箱：zhang_san@example.com，欢迎来信 | 邮箱：<EMAIL>，欢迎来信
                    我的手机是13812345678，请联系 | 我的手机是<PHONE>，请联系
                    电话 +86 138 1234 5678。 | 电话 <PHONE>。
                    电话：021-62345678转 | 电话：<PHONE>转
                    call (212) 555-0187 now | call <PHONE> now
                    call 212-555-0187. | call <PHONE>.
                    London +44 20 7946 0958 | London <PHONE>
                    身份证11010519491231002X。 | 身份证<ID_CARD>。
                    card 4111 1111 1111 1111, thanks | card <BANK_CARD>, thanks
                    卡号6222021234567890128 | 卡号<BANK_CARD>
                    from 203.0.113.9 to | from <IP_ADDRESS> to
                    at 2001:db8:85a3::8a2e:370:7334 it | at <IP_ADDRESS> it
                    """)
    void masksWithAPlaceholderOfItsKind(String text, String expected) {
        // When
        String masked = PersonalData.mask(text);

        // Then
        assertThat(masked).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "身份证110105194912310021", // wrong check digit
                "身份证11010519491331002X", // no such month
                "card 4111 1111 1111 1112", // Luhn does not hold
                "router 192.168.0.1 and 127.0.0.1, version 1.2.3, 300.1.1.1",
                "at 12:30:45 on 2024-01-15, 2024-01-15T12:30:45",
                "π is 3.14159265358979, order 20240115123045",
                "人口1412000000人，面积9600000平方公里",
                "an @mention, a@b and C++::std",
                "pages 100-200, 1,000,000 people, ISBN 978-3-16-148410-0"
            })
    void leavesOtherNumbersAlone(String text) {
        // When
        String masked = PersonalData.mask(text);

        // Then
        assertThat(masked).isEqualTo(text);
    }
}
