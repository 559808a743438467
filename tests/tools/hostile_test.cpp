// Text that strangers wrote, through every surface a client or a model sees.
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "mcp/error_map.hpp"
#include "query/hostile_strings.hpp"
#include "query/names.hpp"
#include "tools/resource_uri.hpp"
#include "tools/show_room.hpp"

namespace {

namespace json = boost::json;
using tools_test::ShowRoom;

/// Every string in `value`, keys too, holds nothing that acts.
std::string what_acts(const json::value& value) {
    if (value.is_string()) return hostile::what_acts(value.as_string());
    if (value.is_array()) {
        for (const auto& item : value.as_array()) {
            if (auto found = what_acts(item); !found.empty()) return found;
        }
    }
    if (value.is_object()) {
        for (const auto& [key, item] : value.as_object()) {
            if (auto found = hostile::what_acts(key); !found.empty()) return found;
            if (auto found = what_acts(item); !found.empty()) return found;
        }
    }
    return {};
}

/// A name that the warehouse could have: not empty, no NUL, at most 255 characters.
std::string as_name(const std::string& text) {
    std::string name = text.substr(0, 120);
    std::erase(name, '\0');
    while (!name.empty() && !base::is_valid_utf8(name)) name.pop_back();
    return name.empty() ? "X" : name;
}

class Hostile : public testing::TestWithParam<hostile::String> {
protected:
    Hostile() {
        const std::string& text = GetParam().text;
        room.objects = {{.database = as_name(text),
                         .schema = as_name(text),
                         .name = as_name(text),
                         .kind = "TABLE",
                         .comment = text,
                         .columns = {{as_name(text), text}}},
                        {.database = "D",
                         .schema = "S",
                         .name = "V",
                         .kind = "VIEW",
                         .comment = text,
                         .columns = {{as_name(text), text}},
                         .definition = text}};
        room.selected = query_test::table({text, "AFTER"}, {{text, "after"}, {"second", text}});
        fresh_list = std::string{room.registry.page(mcp::Registry::List::tools, mcp::latest, 0)};
    }
    /// A tool's answer: clean, fits its schema, bounded, not more items than data and the server's words.
    void check(std::string_view tool, const std::string& arguments) {
        SCOPED_TRACE(std::string{tool} + " " + arguments.substr(0, 200));
        auto result = room.call(tool, arguments);
        if (!result) {
            EXPECT_EQ(hostile::what_acts(mcp::map_error(result.error(), mcp::latest, mcp::Asked::tool, true).text), "");
            return;
        }
        EXPECT_EQ(what_acts(result->content), "");
        EXPECT_EQ(what_acts(result->structured), "");
        if (result->is_error) return;
        EXPECT_EQ(tools_test::misfit(json::parse(room.registry.tool(tool)->tool.output_schema), result->structured),
                  "");
        if (const auto* note = result->structured.as_object().if_contains("note")) {
            EXPECT_EQ(note->as_string().find("attacker"), std::string::npos) << "the server's words are its own";
            EXPECT_EQ(note->as_string().find("Ignore all"), std::string::npos);
        }
    }
    ShowRoom room;
    std::string fresh_list;
};

TEST_P(Hostile, goes_through_every_tool_as_data) {
    check("list_databases", "{}");
    check("list_schemas", "{}");
    check("list_tables", "{}");
    check("list_views", "{}");
    check("list_warehouses", "{}");
    check("describe_table", R"({"table_name":"V","schema":"S"})");
    check("describe_view", R"({"view_name":"V","database":"D","schema":"S"})");
    check("query_view", R"({"view_name":"V","schema":"S"})");
    check("sample_table", R"({"table_name":"V","schema":"S"})");
    check("explain_query", R"({"query":"SELECT 1"})");
    for (const char* format : {"markdown", "csv", "json"}) {
        check("execute_query", R"({"query":"SELECT 1","format":")" + std::string{format} + "\"}");
    }
    check("search_objects", R"({"query":""})");
    check("search_objects", R"({"query":"V a x ignore data owned"})");
}

TEST_P(Hostile, comes_back_clean_when_it_is_an_argument) {
    const std::string text = GetParam().text.substr(0, 3'000);
    if (!base::is_valid_utf8(text)) return;
    check("describe_table", json::serialize(json::object{{"table_name", text}}));
    check("describe_view", json::serialize(json::object{{"view_name", text}, {"schema", "S"}}));
    check("query_view", json::serialize(json::object{{"view_name", "V"}, {"schema", text}}));
    check("list_tables", json::serialize(json::object{{"database", text}}));
    check("search_objects", json::serialize(json::object{{"query", text}}));
    check("execute_query", json::serialize(json::object{{"query", text}}));
    check("execute_query", json::serialize(json::object{{"query", "SELECT 1"}, {"cursor", text}}));
    for (const auto& ran : room.texts()) {
        EXPECT_TRUE(ran.starts_with("SHOW ") || ran.starts_with("DESCRIBE ") || ran.starts_with("SELECT ")) << ran;
    }
}

TEST_P(Hostile, in_the_warehouses_own_words_is_escaped_and_apart_from_the_advice) {
    room.refusal = base::Error{base::Kind::sql, GetParam().text}.code("1", GetParam().text.substr(0, 20)).query("q");
    const auto result = room.call("execute_query", R"({"query":"SELECT 1"})");
    ASSERT_TRUE(result);
    EXPECT_TRUE(result->is_error);
    EXPECT_EQ(what_acts(result->content), "");
    ASSERT_EQ(result->content.as_array().size(), 2U);
    EXPECT_EQ(result->text(1),
              "Correct the statement and try again: search_objects finds tables and views, describe_table shows their "
              "columns.");
}

TEST_P(Hostile, in_resources_and_completions_is_data) {
    const auto page = room.list();
    ASSERT_TRUE(page);
    for (const auto& resource : page->resources) {
        EXPECT_EQ(hostile::what_acts(resource.name), "");
        EXPECT_EQ(resource.description, "") << "a comment is no description";
        EXPECT_TRUE(std::all_of(resource.uri.begin(), resource.uri.end(),
                                [](char c) { return c > ' ' && static_cast<unsigned char>(c) < 0x7F; }));
    }
    const auto contents = room.read("snowflake://D/S/V");
    ASSERT_TRUE(contents);
    EXPECT_EQ(what_acts(*contents), "");
    EXPECT_EQ(what_acts(json::parse(contents->at(0).at("text").as_string())), "");
    const auto names = room.complete({.of = mcp::CompletionRequest::Of::resource_template,
                                      .ref = std::string{tools::object_uri_template},
                                      .argument = "database",
                                      .value = "",
                                      .known = {}});
    ASSERT_TRUE(names);
    for (const auto& name : names->values) EXPECT_EQ(hostile::what_acts(name), "");
}

TEST_P(Hostile, in_a_prompts_argument_is_data) {
    const std::string text = GetParam().text.substr(0, 3'000);
    const auto messages = room.prompt("explain_slow_query", json::serialize(json::object{{"query", text}}));
    ASSERT_TRUE(messages);
    EXPECT_EQ(what_acts(*messages), "");
    const std::string shown{messages->at(0).at("content").at("text").as_string()};
    const auto data = json::parse(std::string_view{shown}.substr(shown.rfind("\n\n") + 2));
    EXPECT_TRUE(data.is_object());
}

TEST_P(Hostile, changes_nothing_of_what_tools_are_said_to_be) {
    check("search_objects", R"({"query":""})");
    EXPECT_EQ(room.registry.page(mcp::Registry::List::tools, mcp::latest, 0), fresh_list);
}

INSTANTIATE_TEST_SUITE_P(Strings, Hostile, testing::ValuesIn(hostile::strings()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
