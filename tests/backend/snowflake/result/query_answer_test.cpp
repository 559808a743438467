#include "backend/snowflake/result/query_answer.hpp"

#include <gtest/gtest.h>

namespace backend::snowflake {
namespace {

QueryAnswer parsed(std::string body) {
    auto answer = parse_query_answer(std::move(body));
    EXPECT_TRUE(answer) << answer.error().message();
    return answer ? std::move(*answer) : QueryAnswer{};
}

TEST(QueryAnswer, reads_a_finished_answer) {
    const auto answer = parsed(R"({"data":{"parameters":[{"name":"TIMEZONE","value":"Europe/Paris"},
        {"name":"AUTOCOMMIT","value":true},{"name":"CLIENT_PREFETCH_THREADS","value":4}],
        "rowtype":[{"name":"A","database":null,"scale":2,"precision":10,"type":"FIXED","byteLength":null,"length":null,
            "nullable":false,"collation":null},
            {"name":"O","type":"object","extTypeName":"GEOGRAPHY","nullable":true},
            {"name":"V","type":"vector","vectorDimension":3,"fields":[{"type":"real","nullable":false}]}],
        "rowset":[["1.00","{}","[1]"],[null,"]","\"["]],
        "total":2,"returned":2,"queryId":"01b-1","databaseProvider":null,"finalDatabaseName":"DB","finalSchemaName":null,
        "finalWarehouseName":"WH","finalRoleName":"R","numberOfBinds":0,"statementTypeId":4096,"version":1,
        "sqlState":"02000","queryResultFormat":"json","sendResultTime":1,
        "queryContext":{"entries":[{"id":0,"timestamp":1,"priority":0}]},
        "stats":{"numRowsInserted":3,"numRowsUpdated":0}},
        "code":null,"message":null,"success":true})");
    EXPECT_TRUE(answer.success);
    EXPECT_EQ(answer.code, 0);
    EXPECT_FALSE(answer.in_progress());
    EXPECT_EQ(answer.query_id, "01b-1");
    EXPECT_EQ(answer.sql_state, "02000");
    ASSERT_EQ(answer.row_types.size(), 3U);
    EXPECT_EQ(answer.row_types[0].type, "fixed");
    EXPECT_EQ(answer.row_types[0].precision, 10);
    EXPECT_FALSE(answer.row_types[0].nullable);
    EXPECT_FALSE(answer.row_types[0].length);
    EXPECT_EQ(answer.row_types[1].ext_type_name, "geography");
    EXPECT_EQ(answer.row_types[2].fields.at(0).type, "real");
    EXPECT_EQ(answer.row_types[2].vector_dimension, 3);
    EXPECT_EQ(answer.total, 2U);
    EXPECT_EQ(answer.rowset, QueryAnswer::Rowset::array);
    EXPECT_EQ(answer.rowset_text(), R"(["1.00","{}","[1]"],[null,"]","\"["])");
    EXPECT_EQ(answer.final_database, "DB");
    EXPECT_EQ(answer.final_schema, "");
    EXPECT_EQ(answer.final_role, "R");
    EXPECT_EQ(answer.statement_type_id, 4096);
    EXPECT_EQ(answer.parameter("timezone"), "Europe/Paris");
    EXPECT_EQ(answer.parameter("AUTOCOMMIT"), "true");
    EXPECT_FALSE(answer.parameter("TIME"));
    EXPECT_EQ(answer.parameters().size(), 3U);
    EXPECT_EQ(answer.query_context(), R"({"entries":[{"id":0,"timestamp":1,"priority":0}]})");
    EXPECT_EQ(answer.stats.inserted, 3U);
    EXPECT_FALSE(answer.has_chunks());
}

TEST(QueryAnswer, a_moved_answer_keeps_its_views) {
    auto answer = parsed(R"({"data":{"rowset":[["x"]]},"success":true})");
    const QueryAnswer moved = std::move(answer);
    EXPECT_EQ(moved.rowset_text(), R"(["x"])");
}

TEST(QueryAnswer, reads_progress_and_refusal) {
    const auto running = parsed(R"({"data":{"queryId":"q","getResultUrl":"\/queries\/q\/result",
        "queryAbortsAfterSecs":300,"progressDesc":null},"code":"333334","message":"m","success":true})");
    EXPECT_TRUE(running.in_progress());
    EXPECT_EQ(running.get_result_url, "/queries/q/result");
    EXPECT_EQ(running.abort_after, std::chrono::seconds{300});
    const auto refused = parsed(R"({"data":{"queryId":"q","sqlState":"42S02","errorCode":"002003","line":1,"pos":14,
        "rowset":null},"code":"002003","message":"SQL compilation error:\nObject 'X' does not exist.","success":false})");
    EXPECT_FALSE(refused.success);
    EXPECT_EQ(refused.code, 2003);
    EXPECT_EQ(refused.message, "SQL compilation error:\nObject 'X' does not exist.");
    EXPECT_EQ(refused.error_line, 1);
    EXPECT_EQ(refused.error_position, 14);
    EXPECT_EQ(refused.rowset, QueryAnswer::Rowset::null);
}

TEST(QueryAnswer, is_tolerant_where_servers_differ) {
    EXPECT_EQ(parsed(R"({"code":390112,"success":false})").code, 390112);
    EXPECT_FALSE(parsed(R"({"data":null,"success":true})").has_data);
    EXPECT_EQ(parsed(R"({"data":{"rowType":[{"name":"A","type":"TEXT"}]},"success":true})").row_types.at(0).type,
              "text");
    EXPECT_EQ(parsed(R"({"data":{"queryResultFormat":"ARROW_FORCE"},"success":true})").format, RowFormat::arrow);
    EXPECT_EQ(parsed(R"({"data":{"queryResultFormat":"csv"},"success":true})").unknown_format, "csv");
    EXPECT_EQ(parsed(R"({"data":{"total":"7"},"success":true})").total, 7U);
    EXPECT_EQ(parsed("\xEF\xBB\xBF {\"success\":true} \n").success, true);
    EXPECT_EQ(parsed(R"({"data":{"resultIds":"a,b","resultTypes":"4096,12544"},"success":true})").result_ids,
              (std::vector<std::string>{"a", "b"}));
}

TEST(QueryAnswer, lists_chunks_and_their_headers) {
    const auto answer = parsed(R"({"data":{"chunks":[{"url":"https:\/\/s3\/a?b=1&c=\u0032","rowCount":10,
        "uncompressedSize":100,"compressedSize":50},{"url":"https://s3/b","rowCount":3}],
        "qrmk":"key","chunkHeaders":{"x-amz-server-side-encryption-customer-key":"k=","none":null}},"success":true})");
    ASSERT_TRUE(answer.has_chunks());
    const auto chunks = answer.chunks();
    ASSERT_TRUE(chunks);
    ASSERT_EQ(chunks->size(), 2U);
    EXPECT_EQ((*chunks)[0].url, "https://s3/a?b=1&c=2");
    EXPECT_EQ((*chunks)[0].rows, 10U);
    EXPECT_EQ((*chunks)[0].uncompressed_bytes, 100U);
    EXPECT_FALSE((*chunks)[1].uncompressed_bytes);
    EXPECT_EQ(answer.chunk_headers(), (HeaderList{{"x-amz-server-side-encryption-customer-key", "k="}}));

    EXPECT_TRUE(parsed(R"({"data":{"qrmk":"k","chunkHeaders":{}},"success":true})").chunk_headers().empty());
    EXPECT_EQ(parsed(R"({"data":{"qrmk":"k"},"success":true})").chunk_headers(),
              (HeaderList{{"x-amz-server-side-encryption-customer-algorithm", "AES256"},
                          {"x-amz-server-side-encryption-customer-key", "k"}}));
    EXPECT_FALSE(parsed(R"({"data":{"chunks":[]},"success":true})").has_chunks());
    EXPECT_FALSE(parsed(R"({"data":{"chunks":null},"success":true})").has_chunks());
    EXPECT_FALSE(parsed(R"({"data":{"chunks":[{"rowCount":1}]},"success":true})").chunks());
}

TEST(QueryAnswer, what_is_no_answer_is_an_error_that_says_what_came) {
    for (const char* body : {"", "  ", "null", "[1]", R"({"data":{"rowset":[["a"]], "total)",
                             R"({"data":{"rowset":[["a)", R"({"success":true)", R"({"success":true}x)", R"({"success")",
                             R"({success:true})", R"({"data":{"rowtype":[{"name":"A"},}]},"success":true})"}) {
        const auto answer = parse_query_answer(body);
        ASSERT_FALSE(answer) << body;
        EXPECT_EQ(answer.error().kind(), base::Kind::unavailable);
    }
    const auto page = parse_query_answer("<html>Bad gateway</html>");
    ASSERT_FALSE(page);
    EXPECT_NE(page.error().message().find("SNOWFLAKE_HOST"), std::string::npos);
}

TEST(QueryAnswer, row_types_nested_without_end_are_refused) {
    std::string body = R"({"data":{"rowtype":)";
    for (int i = 0; i < 10'000; ++i) body += R"([{"type":"array","fields":)";
    EXPECT_FALSE(parse_query_answer(body));
}

}  // namespace
}  // namespace backend::snowflake
