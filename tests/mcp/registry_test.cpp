#include "mcp/registry.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <stdexcept>

#include "mcp/json_match.hpp"

namespace {

mcp::Tool tool(std::string name, std::string schema = {}) {
    return {.name = std::move(name), .input_schema = std::move(schema), .handler = [](mcp::ToolContext&) {
                return mcp::ToolResult::text("x");
            }};
}

mcp::Resource resource(std::string uri) {
    return {.uri = uri, .name = uri, .read = [](mcp::Context&, const mcp::ResourceRequest&) {
                return mcp::ResourceResult{};
            }};
}

/// What the registry says against a tool with this input schema; empty: nothing.
std::string complaint(std::string schema) {
    mcp::Registry registry;
    try {
        registry.add(tool("t", std::move(schema)));
    } catch (const std::logic_error& error) {
        return error.what();
    }
    return {};
}

TEST(Registry, refuses_what_is_no_tool) {
    mcp::Registry registry;
    EXPECT_THROW(registry.add(tool("")), std::logic_error);
    EXPECT_THROW(registry.add(tool("with space")), std::logic_error);
    EXPECT_THROW(registry.add(tool(std::string(129, 'a'))), std::logic_error);
    EXPECT_THROW(registry.add(mcp::Tool{.name = "no_handler"}), std::logic_error);
    registry.add(tool(std::string(128, 'a')));
    EXPECT_THROW(registry.add(tool(std::string(128, 'a'))), std::logic_error) << "twice";
}

TEST(Registry, refuses_a_schema_that_is_none) {
    EXPECT_NE(complaint("{"), "");
    EXPECT_NE(complaint("[]"), "");
    EXPECT_NE(complaint(R"({"type":"string"})"), "");
    EXPECT_EQ(complaint(R"({"type":"object"})"), "");
}

TEST(Registry, finds_mirrored_arguments_with_their_path) {
    mcp::Registry registry;
    registry.add(tool("t", R"({"type":"object","properties":{
        "region":{"type":"string","x-mcp-header":"Region"},
        "options":{"type":"object","properties":{"priority":{"type":"integer","x-mcp-header":"Priority"}}},
        "x-mcp-header":{"type":"string"},
        "plain":{"type":"string","default":{"x-mcp-header":"not an annotation"}}}})"));
    const auto& headers = registry.tool("t")->headers;
    ASSERT_EQ(headers.size(), 2U);
    EXPECT_EQ(headers[0].field, "mcp-param-region");
    EXPECT_EQ(headers[0].path, (std::vector<std::string>{"region"}));
    EXPECT_EQ(headers[1].path, (std::vector<std::string>{"options", "priority"}));
    EXPECT_EQ(headers[1].type, mcp::HeaderParameter::Type::integer);
}

// Specification 2026-07-28, "Custom Headers from Tool Parameters", constraints.
TEST(Registry, refuses_annotations_that_break_the_rules) {
    const auto with = [](std::string_view property) {
        return complaint(fmt::format(R"({{"type":"object","properties":{{"a":{}}}}})", property));
    };
    EXPECT_NE(with(R"({"type":"string","x-mcp-header":""})"), "") << "empty";
    EXPECT_NE(with(R"({"type":"string","x-mcp-header":"a b"})"), "") << "not a token";
    EXPECT_NE(with(R"({"type":"string","x-mcp-header":"a\nb"})"), "") << "a control character";
    EXPECT_NE(with(R"({"type":"string","x-mcp-header":5})"), "") << "not a string";
    EXPECT_NE(with(R"({"type":"number","x-mcp-header":"A"})"), "") << "on a number";
    EXPECT_NE(with(R"({"type":"object","x-mcp-header":"A"})"), "") << "on an object";
    EXPECT_NE(with(R"({"type":"array","items":{"type":"string","x-mcp-header":"A"}})"), "") << "below items";
    EXPECT_NE(with(R"({"anyOf":[{"type":"string","x-mcp-header":"A"}]})"), "") << "below anyOf";
    EXPECT_NE(complaint(R"({"type":"object","$defs":{"d":{"type":"string","x-mcp-header":"A"}}})"), "");
    EXPECT_NE(complaint(R"({"type":"object","properties":{"a":{"type":"string","x-mcp-header":"One"},
                            "b":{"type":"string","x-mcp-header":"ONE"}}})"),
              "")
        << "twice, whatever the case";
    EXPECT_EQ(with(R"({"type":"boolean","x-mcp-header":"Any-Token_1"})"), "");
}

TEST(Registry, lists_leave_out_what_a_revision_does_not_know) {
    mcp::Registry registry;
    auto full = tool("t");
    full.title = "T";
    full.output_schema = R"({"type":"object"})";
    full.annotations.read_only = true;
    full.icons_json = R"([{"src":"https://example.com/i.png"}])";
    registry.add(std::move(full));
    registry.freeze();
    const auto list = [&](mcp::Revision revision) { return registry.page(mcp::Registry::List::tools, revision, 0); };
    using mcp::Revision;
    using sample::mismatch;
    EXPECT_EQ(mismatch(R"([{"name":"t","title":"!","outputSchema":"!","annotations":"!","icons":"!"}])",
                       list(Revision::v2024_11_05)),
              "");
    EXPECT_EQ(mismatch(R"([{"title":"!","outputSchema":"!","annotations":{"title":"T","readOnlyHint":true}}])",
                       list(Revision::v2025_03_26)),
              "");
    EXPECT_EQ(mismatch(R"([{"title":"T","outputSchema":{"type":"object"},"icons":"!"}])", list(Revision::v2025_06_18)),
              "");
    EXPECT_EQ(mismatch(R"([{"title":"T","icons":[{}]}])", list(Revision::v2025_11_25)), "");
    EXPECT_EQ(
        mismatch(R"([{"inputSchema":{"type":"object","additionalProperties":false}}])", list(Revision::v2026_07_28)),
        "");
}

TEST(Registry, lists_come_in_pages) {
    mcp::Registry registry;
    for (int i = 0; i < 5; ++i) registry.add(resource(fmt::format("a:{}", i)));
    registry.freeze(2);
    EXPECT_EQ(registry.pages(mcp::Registry::List::resources), 3U);
    EXPECT_EQ(registry.pages(mcp::Registry::List::tools), 1U);
    EXPECT_EQ(registry.page(mcp::Registry::List::tools, mcp::latest, 0), "[]");
    EXPECT_EQ(sample::mismatch(R"([{"uri":"a:4"}])", registry.page(mcp::Registry::List::resources, mcp::latest, 2)),
              "");
}

TEST(Registry, the_first_template_that_fits_reads) {
    mcp::Registry registry;
    const auto add = [&](std::string text, std::string name) {
        registry.add(mcp::ResourceTemplate{
            .uri_template = std::move(text),
            .name = std::move(name),
            .read = [](mcp::Context&, const mcp::ResourceRequest&) { return mcp::ResourceResult{}; }});
    };
    add("s://{a}", "one");
    add("s://{a}/{b}", "two");
    EXPECT_THROW(add("s://{a}", "again"), std::logic_error);
    EXPECT_THROW(add("s://{a", "broken"), std::logic_error);
    mcp::ResourceRequest request;
    ASSERT_NE(registry.match("s://x/y", request), nullptr);
    EXPECT_EQ(registry.match("s://x/y", request)->name, "two");
    EXPECT_EQ(request.variable("b"), "y");
    EXPECT_EQ(request.variable("none"), "");
    EXPECT_EQ(registry.match("s://x/y/z", request), nullptr);
    EXPECT_TRUE(registry.has_template("s://{a}/{b}"));
}

}  // namespace
