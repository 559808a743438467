#include "sql/normalize.hpp"

#include <gtest/gtest.h>

namespace sql {
namespace {

TEST(Normalize, ignores_white_space_comments_and_the_case_of_words) {
    EXPECT_EQ(normalize("  select\n\ta ,  b /* x */ from T -- end\n ; "), "SELECT A , B FROM T");
    EXPECT_EQ(normalize("SELECT A/**/FROM T"), "SELECT A FROM T");
    EXPECT_EQ(normalize("select 1;;"), "SELECT 1");
}

TEST(Normalize, never_touches_literals_quoted_names_or_stages) {
    EXPECT_EQ(normalize("select 'a  B' , \"c  D\", $$e  F$$ from @s/Path"),
              "SELECT 'a  B' , \"c  D\", $$e  F$$ FROM @s/Path");
}

TEST(Normalize, keeps_the_case_of_fields_in_a_path) {
    EXPECT_EQ(normalize("select v:Name.first[0].Last::string, x.y from t"),
              "SELECT V:Name.first[0].Last::STRING, X.Y FROM T");
    EXPECT_NE(normalize("select v:name"), normalize("select v:NAME"));
    EXPECT_EQ(normalize("select v:a[idx].b, c"), "SELECT V:a[IDX].b, C");
    EXPECT_EQ(normalize("select v[0].Name, [a, b], c.d"), "SELECT V[0].Name, [A, B], C.D");
}

TEST(Normalize, tells_statements_apart_that_mean_different_things) {
    EXPECT_NE(normalize("select ab"), normalize("select a b"));
    EXPECT_NE(normalize("select 'a'"), normalize("select 'A'"));
    EXPECT_NE(normalize("select \"a\""), normalize("select a"));
    EXPECT_NE(normalize("select 1; select 2"), normalize("select 1 select 2"));
}

TEST(Normalize, answers_nothing_for_nothing) { EXPECT_EQ(normalize(" -- x\n ; "), ""); }

}  // namespace
}  // namespace sql
