/* address_test.c - where somebody listens: what is an address, and whom it is for. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/serve/address.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect_address(const char *word, const char *expected, bool loopback)
{
    struct address address;
    struct error error = {""};
    char text[ADDRESS_TEXT];
    cr_assert(address_parse(word, &address, &error), "%s: %s", word, error.text);
    cr_expect_str_eq(address_text(&address, text), expected);
    cr_expect_eq(address_is_loopback(&address), loopback, "%s", word);
}

Test(address, numeric_addresses_of_both_kinds)
{
    expect_address("127.0.0.1:9464", "127.0.0.1:9464", true);
    expect_address("127.9.8.7:0", "127.9.8.7:0", true);
    expect_address("0.0.0.0:65535", "0.0.0.0:65535", false);
    expect_address("192.0.2.1:80", "192.0.2.1:80", false);
    expect_address("[::1]:9464", "[::1]:9464", true);
    expect_address("[0:0::1]:1", "[::1]:1", true);
    expect_address("[::]:1", "[::]:1", false);
    expect_address("[2001:db8::1]:00080", "[2001:db8::1]:80", false);
    expect_address("[::ffff:127.0.0.1]:80", "[::ffff:127.0.0.1]:80", false);
}

Test(address, a_port_alone_is_of_this_host)
{
    expect_address("9464", "127.0.0.1:9464", true);
    expect_address(":9464", "127.0.0.1:9464", true);
    expect_address("0", "127.0.0.1:0", true);
}

Test(address, nothing_else_is_one)
{
    static const char *const words[] = {
        "",
        ":",
        "x",
        "127.0.0.1",
        "127.0.0.1:",
        "1.2.3.4:65536",
        "1.2.3.4:-1",
        "1.2.3.4:+1",
        "1.2.3.4: 1",
        "1.2.3.4:1 ",
        "1.2.3:1",
        "localhost:1",
        "::1",
        "::1:1",
        "[::1]",
        "[::1]1",
        "[::1:1",
        "[]:1",
        "[1.2.3.4]:1",
        "[::1%lo]:1",
        "999999",
        "00000000000001",
        "1.2.3.4:999999999999",
    };
    char longest[300];
    struct address address;
    struct error error;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        error.text[0] = '\0';
        cr_expect_not(address_parse(words[i], &address, &error), "%s", words[i]);
        cr_expect(strchr(error.text, '\''), "%s: %s", words[i], error.text);
    }
    memset(longest, '1', sizeof longest);
    strcpy(longest + sizeof longest - 3, ":1");
    cr_expect_not(address_parse(longest, &address, &error));
}
