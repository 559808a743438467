#include "capacity/plan/history.hpp"

#include <gtest/gtest.h>

#include "capacity/plan/calendar.hpp"

namespace capacity::plan {
namespace {

const HistoryInputs named{.file = "past.csv"};

std::string fault(std::string_view text, const HistoryInputs& inputs = named) {
    const auto past = parse_history(text, inputs);
    return past ? "accepted" : past.error().message();
}

std::vector<double> clients(std::string_view text, const HistoryInputs& inputs = named) {
    const auto past = parse_history(text, inputs);
    std::vector<double> found;
    if (past) {
        for (const PastMonth& month : *past) {
            found.push_back(month.clients);
        }
    }
    return found;
}

TEST(History, months_in_any_order_and_any_of_the_usual_dialects) {
    const std::vector<double> expected{10, 12.5, 15};
    EXPECT_EQ(clients("date,clients\n2026-01,10\n2026-02,12.5\n2026-03,15\n"), expected);
    EXPECT_EQ(clients("date,clients\n2026-03,15\n2026-01,10\n2026-02,12.5"), expected);
    EXPECT_EQ(clients("\xEF\xBB\xBFMonth;Concurrent_Clients\r\n2026-01;10\r\n2026-02;12.5\r\n2026-03;15\r\n"),
              expected);
    EXPECT_EQ(clients("day\tclients\n\n2026-01-31\t10\n2026-02-28\t12.5\n2026-03-01\t15\n\n"), expected);
    EXPECT_EQ(clients("note,time,clients\n\"a,\"\"b\"\"\nc\",2026-01-01T10:00:00Z,10\n,2026-02-01 09:00,12.5\n"
                      "x,2026-03-01,\"15\"\n"),
              expected);
}

TEST(History, of_a_month_with_several_rows_the_peak_counts) {
    EXPECT_EQ(clients("date,clients\n2026-01-01,3\n2026-01-31,9\n2026-02-01,4\n2026-03-01,5\n2026-01-15,7\n"),
              (std::vector<double>{9, 4, 5}));
}

TEST(History, the_turn_of_a_year_and_a_leap_day) {
    const auto past = parse_history("date,clients\n2027-12-31,1\n2028-01-31,2\n2028-02-29,3\n", named);
    ASSERT_TRUE(past);
    EXPECT_EQ(month_label(past->back().month), "2028-02");
    EXPECT_NE(fault("date,clients\n2027-02-29,1\n").find("line 2: date is '2027-02-29'"), std::string::npos);
}

TEST(History, columns_of_other_names) {
    HistoryInputs inputs = named;
    inputs.date_column = "when";
    inputs.clients_column = "USERS";
    EXPECT_EQ(clients("users,when,clients\n1,2026-01,9\n2,2026-02,9\n3,2026-03,9\n", inputs),
              (std::vector<double>{1, 2, 3}));
    EXPECT_EQ(
        fault("date,users\n2026-01,1\n"),
        "past.csv: it has no column clients or concurrent_clients or peak_clients or active_clients: its columns are "
        "date, users. Name one with --history-column");
    EXPECT_NE(fault("a,b\n1,2\n").find("Name one with --history-date-column"), std::string::npos);
}

TEST(History, a_missing_month_is_an_error_unless_gaps_are_allowed) {
    const std::string_view text = "date,clients\n2026-01,10\n2026-02,12\n2026-04,15\n";
    EXPECT_EQ(
        fault(text),
        "past.csv: month 2026-03 is missing: 2026-04 follows 2026-02. Add it, or fit across gaps with --allow-gaps");
    HistoryInputs inputs = named;
    inputs.allow_gaps = true;
    const auto past = parse_history(text, inputs);
    ASSERT_TRUE(past);
    EXPECT_EQ(past->back().month - past->front().month, 3) << "each month keeps its place";
}

TEST(History, a_cell_that_can_not_be_names_its_line) {
    EXPECT_EQ(fault("date,clients\n2026-01,10\n2026-02,\n"),
              "past.csv: line 3: clients is empty: allowed is 0 to 1000000000");
    EXPECT_EQ(fault("date,clients\n\n2026-01,ten\n"), "past.csv: line 3: clients is 'ten': allowed is 0 to 1000000000");
    for (const std::string cell : {"-1", "nan", "inf", "1e12", "1 2", "0x1"}) {
        EXPECT_NE(fault("date,clients\n2026-01," + cell + "\n").find("line 2: clients is"), std::string::npos) << cell;
    }
    EXPECT_NE(fault("date,clients\nJanuary,10\n").find("line 2: date is 'January'"), std::string::npos);
    EXPECT_NE(fault("date,clients\n2026-13,10\n").find("line 2"), std::string::npos);
    EXPECT_EQ(fault("date,clients\n2026-01,10,7\n"), "past.csv: line 2 has 3 columns where the first line names 2");
    EXPECT_EQ(fault("date,clients\n2026-01\n"), "past.csv: line 2 has 1 columns where the first line names 2");
    EXPECT_EQ(fault("date,clients\n2026-01,\"10\n"), "past.csv: line 2: a quoted cell is not closed");
    EXPECT_EQ(fault("date,clients\n2026-01,1\n2026-01,2\n"), "past.csv: line 3: month 2026-01 is there twice");
}

TEST(History, too_little_says_how_much_is_needed) {
    EXPECT_NE(fault("").find("it is empty"), std::string::npos);
    EXPECT_EQ(fault("date,clients\n"), "past.csv: it has 0 months: at least 3 are needed");
    EXPECT_EQ(fault("date,clients\n2026-01,1\n2026-02,2\n"), "past.csv: it has 2 months: at least 3 are needed");
}

TEST(History, a_file_that_is_not_there) {
    const auto past = read_history({.file = "no/such/file.csv"});
    ASSERT_FALSE(past);
    EXPECT_EQ(past.error().message(), "no/such/file.csv: it cannot be read");
    EXPECT_FALSE(read_history({.file = "."})) << "a folder";
}

TEST(History, what_is_strange_in_a_file_reaches_no_terminal) {
    EXPECT_EQ(fault("\x1b[31mdate,clients\n").find('\x1b'), std::string::npos);
    EXPECT_EQ(fault("date,clients\n\x1b]0;x,1\n").find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace capacity::plan
