#include "backend/zone.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace backend {
namespace {

std::string big_endian(std::int64_t value, int width) {
    std::string bytes;
    for (int shift = (width - 1) * 8; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
    return bytes;
}

/// Version 1 with nothing in it, then version 2: mean time of -0:01:15, then +1 h from 1000 on, then the footer.
std::string file_with(std::string_view footer) {
    const auto head = [](int transitions, int types, int letters) {
        std::string bytes = "TZif2" + std::string(15, '\0');
        for (const int count : {0, 0, 0, transitions, types, letters}) bytes += big_endian(count, 4);
        return bytes;
    };
    std::string bytes = head(0, 1, 4) + big_endian(0, 4) + std::string(2, '\0') + std::string{"UTC\0", 4};
    bytes += head(1, 2, 4) + big_endian(1'000, 8) + '\1';
    bytes += big_endian(-75, 4) + std::string(2, '\0');
    bytes += big_endian(3'600, 4) + std::string(2, '\0');
    bytes += std::string{"CET\0", 4};
    return bytes + "\n" + std::string{footer} + "\n";
}

TEST(Zone, knows_the_offset_before_at_and_behind_a_transition) {
    const auto zone = Zone::parse(file_with(""));
    ASSERT_TRUE(zone);
    EXPECT_EQ(zone->offset_at(999), -75);
    EXPECT_EQ(zone->offset_at(1'000), 3'600);
    EXPECT_EQ(zone->offset_at(INT64_MAX), 3'600);
    EXPECT_EQ(zone->offset_at(INT64_MIN), -75);
    EXPECT_EQ(zone->offset_minutes_at(0), -1);
}

TEST(Zone, follows_its_rule_behind_the_last_transition) {
    const auto zone = Zone::parse(file_with("CET-1CEST,M3.5.0,M10.5.0/3"));
    ASSERT_TRUE(zone);
    EXPECT_EQ(zone->offset_at(1'711'846'799), 3'600);  // 2024-03-31 00:59:59 UTC
    EXPECT_EQ(zone->offset_at(1'711'846'800), 7'200);
    EXPECT_EQ(zone->offset_at(1'729'990'799), 7'200);  // 2024-10-27 00:59:59 UTC
    EXPECT_EQ(zone->offset_at(1'729'990'800), 3'600);
    EXPECT_EQ(zone->offset_at(253'402'300'799), 3'600);  // the end of 9999
}

TEST(Zone, a_summer_that_spans_new_year_is_known) {
    const auto zone = Zone::parse(file_with("AEST-10AEDT,M10.1.0,M4.1.0/3"));
    ASSERT_TRUE(zone);
    EXPECT_EQ(zone->offset_at(1'704'067'200), 11 * 3'600);  // 2024-01-01
    EXPECT_EQ(zone->offset_at(1'719'792'000), 10 * 3'600);  // 2024-07-01
}

TEST(Zone, reads_rules_with_quoted_names_days_of_the_year_and_negative_times) {
    const auto quoted = parse_zone_rule("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1");
    ASSERT_TRUE(quoted);
    EXPECT_EQ(quoted->standard, -3 * 3'600);
    EXPECT_EQ(quoted->summer, -2 * 3'600);
    EXPECT_EQ(quoted->begins.at, -2 * 3'600);
    const auto days = parse_zone_rule("AAA1BBB,J60/0,300");
    ASSERT_TRUE(days);
    EXPECT_EQ(days->begins.kind, ZoneRule::Change::Kind::julian);
    EXPECT_EQ(days->ends.kind, ZoneRule::Change::Kind::zero_based);
    for (const auto* text : {"", "A1", "AAA", "AAA1BBB", "AAA1BBB,M13.1.0,M1.1.0", "AAA1BBB,M3.1.0", "AAA1 "})
        EXPECT_FALSE(parse_zone_rule(text)) << text;
}

TEST(Zone, a_file_that_is_none_or_broke_off_is_refused) {
    const std::string whole = file_with("UTC0");
    EXPECT_FALSE(Zone::parse(""));
    EXPECT_FALSE(Zone::parse("TZif2"));
    for (const std::size_t size : {60U, 100U, 120U}) EXPECT_FALSE(Zone::parse(std::string_view{whole}.substr(0, size)));
    std::string wrong_type = whole;
    wrong_type[44 + 6 + 4 + 44 + 8] = '\7';
    EXPECT_FALSE(Zone::parse(wrong_type));
}

TEST(Zones, reads_the_systems_zones_and_refuses_paths) {
    Zones zones;
    ASSERT_NE(zones.find("UTC"), nullptr);
    for (const auto* name : {"", "../../etc/passwd", "/etc/passwd", "a b", "No/Such_Zone"})
        EXPECT_EQ(zones.find(name), nullptr) << name;
    if (!std::filesystem::exists("/usr/share/zoneinfo/America/New_York")) GTEST_SKIP() << "no zone database here";
    const auto zone = zones.find("America/New_York");
    ASSERT_NE(zone, nullptr);
    EXPECT_EQ(zone->offset_minutes_at(1'705'320'000), -300);
    EXPECT_EQ(zone->offset_minutes_at(1'720'000'000), -240);
    EXPECT_EQ(zone->offset_minutes_at(4'118'083'200), -240);   // July 2100: by the rule
    EXPECT_EQ(zone->offset_minutes_at(-3'000'000'000), -296);  // mean time, -4:56:02
    EXPECT_EQ(zones.find("America/New_York"), zone);
}

}  // namespace
}  // namespace backend
