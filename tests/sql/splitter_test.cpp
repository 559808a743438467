#include "sql/splitter.hpp"

#include <gtest/gtest.h>

namespace sql {
namespace {

using Texts = std::vector<std::string_view>;

TEST(Splitter, cuts_at_semicolons_outside_literals_and_comments) {
    EXPECT_EQ(split_statements("a; 'b;c'; $$d;e$$ /* ; */; \"f;\" -- ;\n"), (Texts{"a", "'b;c'", "$$d;e$$", "\"f;\""}));
}

TEST(Splitter, leaves_out_what_is_empty) {
    EXPECT_TRUE(split_statements(" ; -- x\n ;; ").empty());
    EXPECT_EQ(split_statements(";a;;b;"), (Texts{"a", "b"}));
}

TEST(Splitter, keeps_a_scripting_block_whole) {
    EXPECT_EQ(split_statements("BEGIN a; b; END; c"), (Texts{"BEGIN a; b; END", "c"}));
    EXPECT_EQ(split_statements("DECLARE x INT; BEGIN a; END; c").size(), 2U);
    EXPECT_EQ(split_statements("BEGIN IF (x) THEN a; END IF; FOR i IN c DO b; END FOR; END; d").size(), 2U);
    EXPECT_EQ(split_statements("BEGIN BEGIN a; END; RETURN CASE WHEN x THEN 1 END; END; d").size(), 2U);
    EXPECT_EQ(split_statements("BEGIN CASE WHEN x THEN a; END CASE; END; d").size(), 2U);
    EXPECT_EQ(
        split_statements("BEGIN LOOP a; END LOOP; WHILE (x) DO b; END WHILE; REPEAT c; UNTIL (x) END REPEAT; END; d")
            .size(),
        2U);
}

TEST(Splitter, takes_begin_of_a_transaction_for_a_statement) {
    EXPECT_EQ(split_statements("BEGIN; a; COMMIT"), (Texts{"BEGIN", "a", "COMMIT"}));
    EXPECT_EQ(split_statements("BEGIN TRANSACTION; a; COMMIT").size(), 3U);
}

TEST(Splitter, keeps_the_body_of_a_procedure_or_task) {
    EXPECT_EQ(split_statements("CREATE PROCEDURE p() RETURNS INT AS BEGIN a; b; END; c").size(), 2U);
    EXPECT_EQ(split_statements("CREATE PROCEDURE p() RETURNS INT AS DECLARE x INT; BEGIN a; END; c").size(), 2U);
    EXPECT_EQ(split_statements("CREATE ALERT a IF (EXISTS (x)) THEN BEGIN a; b; END; c").size(), 2U);
    EXPECT_EQ(split_statements("SELECT begin; SELECT end").size(), 2U);
}

TEST(Splitter, parts_a_chain_outside_brackets) {
    const auto nodes = read_nodes("SHOW TABLES ->> SELECT f(a ->> b) FROM $1 ->> SELECT 2");
    const auto links = split_chain(nodes);
    ASSERT_EQ(links.size(), 3U);
    EXPECT_EQ(text_of(links[0]), "SHOW TABLES");
    EXPECT_EQ(text_of(links[1]), "SELECT f(a ->> b) FROM $1");
    EXPECT_EQ(split_chain(read_nodes("a ->>")).back().size(), 0U);
}

}  // namespace
}  // namespace sql
