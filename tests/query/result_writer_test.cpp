#include "query/result_writer.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "query/hostile_strings.hpp"

namespace {

using backend::Cell;
using query::Format;
using query::ResultWriter;
namespace json = boost::json;

const std::vector<backend::Column> two_columns{{.name = "ID", .type = "NUMBER(38,0)", .nullable = false},
                                               {.name = "NAME", .type = "VARCHAR"}};

struct Done {
    json::value content;
    json::value structured;
    std::size_t bytes;
    std::string text() const { return std::string{content.at(0).at("text").as_string()}; }
};

Done finish(ResultWriter& writer, query::Facts facts = {}, std::string_view note = {}) {
    facts.row_count = writer.rows();
    auto cursor = facts.cursor;
    facts.cursor.clear();
    const auto rendered = writer.finish(facts, std::string{note}, cursor.empty() ? 0 : writer.rows());
    const auto fragments = query::close(rendered, std::move(cursor));
    return {.content = json::parse(fragments.content.to_string()),
            .structured = json::parse(fragments.structured.to_string()),
            .bytes = fragments.content.size() + fragments.structured.size()};
}

ResultWriter writer_for(Format format, ResultWriter::Limits limits = {}) {
    return std::move(*ResultWriter::make(two_columns, format, limits));
}

bool add(ResultWriter& writer, const Cell& first, const Cell& second) {
    const std::array<Cell, 2> cells{first, second};
    return writer.add(cells);
}

TEST(ResultWriter, writes_a_markdown_table) {
    auto writer = writer_for(Format::markdown);
    add(writer, Cell::integer(1), Cell::text("a|b"));
    add(writer, Cell::integer(2), Cell::null());
    EXPECT_EQ(finish(writer).text(), "| ID | NAME |\n| --- | --- |\n| 1 | a\\|b |\n| 2 | NULL |\n");
}

TEST(ResultWriter, writes_csv) {
    auto writer = writer_for(Format::csv);
    add(writer, Cell::integer(1), Cell::text("a,b"));
    add(writer, Cell::integer(2), Cell::null());
    add(writer, Cell::integer(3), Cell::text(""));
    EXPECT_EQ(finish(writer).text(), "ID,NAME\r\n1,\"a,b\"\r\n2,\r\n3,\"\"\r\n");
}

TEST(ResultWriter, a_csv_line_of_one_null_is_still_a_line) {
    auto writer = std::move(*ResultWriter::make({{.name = "X", .type = "VARCHAR"}}, Format::csv, {}));
    const std::array<Cell, 1> cells{Cell::null()};
    writer.add(cells);
    EXPECT_EQ(finish(writer).text(), "X\r\n\"\"\r\n");
}

TEST(ResultWriter, writes_json_objects_that_parse) {
    auto writer = writer_for(Format::json);
    add(writer, Cell::integer(1), Cell::text("a\"b"));
    add(writer, Cell::integer(2), Cell::json("{\"k\":[1,2]}"));
    const auto rows = json::parse(finish(writer).text());
    EXPECT_EQ(rows, json::parse(R"([{"ID":1,"NAME":"a\"b"},{"ID":2,"NAME":{"k":[1,2]}}])"));
}

TEST(ResultWriter, json_objects_keep_columns_of_the_same_name_apart) {
    auto writer = std::move(*ResultWriter::make(
        {{.name = "A", .type = ""}, {.name = "A", .type = ""}, {.name = "A_2", .type = ""}}, Format::json, {}));
    const std::array<Cell, 3> cells{Cell::integer(1), Cell::integer(2), Cell::integer(3)};
    writer.add(cells);
    const auto rows = json::parse(finish(writer).text());
    EXPECT_EQ(rows.at(0).as_object().size(), 3U);
    EXPECT_EQ(rows.at(0).at("A_2"), 3) << "a column keeps its own name";
}

TEST(ResultWriter, structured_content_has_columns_rows_and_facts) {
    auto writer = writer_for(Format::csv);
    add(writer, Cell::integer(1), Cell::text("x"));
    query::Facts facts{
        .row_count = 1, .total_rows = 7, .truncated = true, .cursor = "c", .query_id = "q", .elapsed_ms = 1.5};
    const auto expected = json::parse(R"x({
        "columns":[{"name":"ID","type":"NUMBER(38,0)","nullable":false},{"name":"NAME","type":"VARCHAR","nullable":true}],
        "rows":[[1,"x"]],"row_count":1,"truncated":true,"total_rows":7,"cursor":"c","query_id":"q","elapsed_ms":1.5E0,
        "note":"hint"})x");
    EXPECT_EQ(finish(writer, facts, "hint").structured, expected);
}

TEST(ResultWriter, words_of_the_server_stand_in_an_item_of_their_own) {
    auto writer = writer_for(Format::csv);
    const auto done = finish(writer, {}, "No rows.");
    ASSERT_EQ(done.content.as_array().size(), 2U);
    EXPECT_EQ(done.content.at(1).at("text"), "No rows.");
    EXPECT_EQ(done.text(), "ID,NAME\r\n");
}

TEST(ResultWriter, takes_as_many_rows_as_allowed_and_not_one_more) {
    auto writer = writer_for(Format::markdown, {.rows = 2, .bytes = 1 << 20});
    EXPECT_TRUE(add(writer, Cell::integer(1), Cell::null()));
    EXPECT_TRUE(add(writer, Cell::integer(2), Cell::null()));
    EXPECT_FALSE(add(writer, Cell::integer(3), Cell::null()));
    EXPECT_EQ(finish(writer).structured.at("rows").as_array().size(), 2U);
}

TEST(ResultWriter, what_is_sent_stays_within_the_bytes_whatever_the_escapes_cost) {
    const std::string needy(500, '"');
    for (const Format format : {Format::markdown, Format::csv, Format::json}) {
        auto writer = writer_for(format, {.rows = 100'000, .bytes = 64 * 1024});
        int rows = 0;
        while (add(writer, Cell::integer(rows), Cell::text(needy))) ++rows;
        EXPECT_GT(rows, 8);
        EXPECT_LT(rows, 100);
        EXPECT_FALSE(writer.is_full_of_rows());
        EXPECT_LE(finish(writer, {.cursor = std::string(400, 'c')}, std::string(600, 'n')).bytes, 64U * 1024);
    }
}

TEST(ResultWriter, a_single_giant_is_shortened_so_that_a_cursor_gets_past_it) {
    const std::string giant(std::size_t{5} << 20, 'x');
    for (const Format format : {Format::markdown, Format::csv, Format::json}) {
        auto writer = writer_for(format, {.rows = 10, .bytes = 32 * 1024});
        EXPECT_TRUE(add(writer, Cell::integer(1), Cell::text(giant)));
        EXPECT_EQ(writer.cut_values(), 1U);
        const auto done = finish(writer);
        EXPECT_LE(done.bytes, 32U * 1024);
        const std::string shown{done.structured.at("rows").at(0).at(1).as_string()};
        EXPECT_TRUE(shown.ends_with("…"));
        EXPECT_GT(shown.size(), 2'000U);
    }
}

TEST(ResultWriter, a_giant_after_others_waits_for_the_next_answer) {
    const std::string giant(1 << 20, 'x');
    auto writer = writer_for(Format::markdown, {.rows = 10, .bytes = 32 * 1024});
    EXPECT_TRUE(add(writer, Cell::integer(1), Cell::text("small")));
    EXPECT_FALSE(add(writer, Cell::integer(2), Cell::text(giant)));
    EXPECT_EQ(writer.cut_values(), 0U);
    EXPECT_EQ(finish(writer).structured.at("rows").as_array().size(), 1U);
}

TEST(ResultWriter, a_giant_variant_or_binary_is_cut_into_a_string) {
    const std::string document = "[" + std::string(1 << 20, ' ') + "1]";
    const std::string bytes(1 << 20, '\xAB');
    auto writer = writer_for(Format::json, {.rows = 10, .bytes = 32 * 1024});
    EXPECT_TRUE(add(writer, Cell::json(document), Cell::binary(bytes)));
    EXPECT_EQ(writer.cut_values(), 2U);
    const auto done = finish(writer);
    EXPECT_TRUE(done.structured.at("rows").at(0).at(0).is_string());
    EXPECT_TRUE(done.structured.at("rows").at(0).at(1).as_string().starts_with("ABAB"));
}

TEST(ResultWriter, refuses_more_columns_than_fit) {
    std::vector<backend::Column> many(2'000, {.name = "A_RATHER_LONG_COLUMN_NAME", .type = "NUMBER(38,0)"});
    auto writer = ResultWriter::make(many, Format::markdown, {.rows = 10, .bytes = 32 * 1024});
    ASSERT_FALSE(writer);
    EXPECT_EQ(writer.error().kind(), base::Kind::bad_argument);
}

TEST(ResultWriter, hostile_names_and_cells_stay_data) {
    for (const auto& [name, text] : hostile::strings()) {
        for (const Format format : {Format::markdown, Format::csv, Format::json}) {
            auto made = ResultWriter::make({{.name = text, .type = "VARCHAR"}, {.name = "N", .type = "VARCHAR"}},
                                           format, {.rows = 10, .bytes = 256 * 1024});
            ASSERT_TRUE(made) << name;
            EXPECT_TRUE(add(*made, Cell::text(text), Cell::text("after"))) << name;
            const auto done = finish(*made);
            EXPECT_LE(done.bytes, 256U * 1024) << name;
            ASSERT_EQ(done.content.as_array().size(), 1U) << name;
            EXPECT_EQ(hostile::what_acts(done.text()), "") << name;
            EXPECT_EQ(done.structured.at("rows").at(0).as_array().size(), 2U) << name;
            EXPECT_EQ(hostile::what_acts(done.structured.at("rows").at(0).at(0).as_string()), "") << name;
            EXPECT_EQ(hostile::what_acts(done.structured.at("columns").at(0).at("name").as_string()), "") << name;
            EXPECT_EQ(done.structured.at("rows").at(0).at(1), "after") << name;
        }
    }
}

TEST(ResultWriter, a_markdown_table_has_one_line_a_row_whatever_is_in_it) {
    for (const auto& [name, text] : hostile::strings()) {
        auto writer = writer_for(Format::markdown);
        add(writer, Cell::text(text), Cell::text("after"));
        const std::string table = finish(writer).text();
        EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 3) << name;
        EXPECT_TRUE(table.ends_with(" | after |\n")) << name;
    }
}

}  // namespace
