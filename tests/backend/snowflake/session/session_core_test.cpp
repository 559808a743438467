#include "backend/snowflake/session/session_core.hpp"

#include <gtest/gtest.h>

namespace backend::snowflake {
namespace {

using namespace std::chrono_literals;
using Cure = SessionCore::Cure;
using State = SessionCore::State;

const base::TimePoint start = base::TimePoint{} + 1h;
const Context own{.role = "R", .secondary_roles = {}, .warehouse = "WH", .database = "DB", .schema = "S"};

Tokens tokens(const char* session, const char* master = "m", std::optional<std::chrono::seconds> validity = 3600s) {
    return {.session = base::Secret{session},
            .master = base::Secret{master},
            .validity = validity,
            .master_validity = validity ? std::optional{14'400s} : std::nullopt};
}

/// Logged in, and one request answered.
SessionCore live(Tokens given = tokens("t1")) {
    SessionCore core;
    core.begin_login();
    core.logged_in(start, std::move(given), own);
    core.secondary_roles("NONE");
    core.opened();
    core.proven(core.generation());
    return core;
}

TEST(SessionCore, waits_for_the_first_statement_of_a_login) {
    SessionCore core;
    core.begin_login();
    core.logged_in(start, tokens("t1"), own);
    EXPECT_EQ(core.due(start), Cure::wait);
    core.secondary_roles("NONE");
    core.opened();
    EXPECT_EQ(core.due(start), Cure::none);
    EXPECT_EQ(core.ticket().token.reveal(), "t1");
    EXPECT_EQ(core.own_context().secondary_roles, "NONE");
}

TEST(SessionCore, renews_once_for_all_whose_token_was_refused) {
    SessionCore core = live();
    const auto old = core.generation();
    EXPECT_EQ(core.refused(old, 390112), Cure::renew);
    EXPECT_EQ(core.refused(old, 390112), Cure::wait);
    EXPECT_EQ(core.refused(old, 401), Cure::wait);
    core.renewed(start, tokens("t2"));
    EXPECT_EQ(core.refused(old, 390112), Cure::none) << "that was the old token: send again";
    EXPECT_EQ(core.ticket().token.reveal(), "t2");
    EXPECT_EQ(core.state(), State::live);
}

TEST(SessionCore, renews_shortly_before_the_token_ends) {
    SessionCore core = live();
    EXPECT_EQ(core.due(start + 3600s - 61s), Cure::none);
    EXPECT_EQ(core.due(start + 3600s - 60s), Cure::renew);
    EXPECT_FALSE(core.has_ended(start + 3600s - 60s));
    EXPECT_EQ(core.due(start + 3600s - 30s), Cure::none) << "somebody is at it, and the token is still good";
    EXPECT_EQ(core.due(start + 3600s), Cure::wait);
    core.renewed(start + 3600s, tokens("t2"));
    EXPECT_EQ(core.due(start + 3600s), Cure::none);
}

TEST(SessionCore, a_short_token_is_used_for_most_of_its_life) {
    SessionCore core = live(tokens("t1", "m", 6s));
    EXPECT_EQ(core.due(start + 4900ms), Cure::none);
    EXPECT_EQ(core.due(start + 5s), Cure::renew);
}

TEST(SessionCore, a_life_of_no_length_is_none_that_is_known) {
    SessionCore core = live(tokens("t1", "m", 0s));
    EXPECT_EQ(core.due(start + 1h), Cure::none);
    EXPECT_FALSE(core.has_ended(start + 1h));
}

TEST(SessionCore, logs_in_where_a_renewal_cannot_help) {
    for (const int code : {390111, 390113, 390114, 390115}) {
        SessionCore core = live();
        EXPECT_EQ(core.refused(core.generation(), code), Cure::log_in) << code;
        EXPECT_EQ(core.refused(core.generation(), code), Cure::wait) << code;
    }
    SessionCore without_master = live(tokens("t1", "", std::nullopt));
    EXPECT_EQ(without_master.due(start + 100h), Cure::none) << "no end is known";
    EXPECT_EQ(without_master.refused(without_master.generation(), 390112), Cure::log_in);
}

TEST(SessionCore, logs_in_where_the_renewed_token_is_refused_too) {
    SessionCore core = live();
    EXPECT_EQ(core.refused(core.generation(), 390104), Cure::renew);
    core.renewed(start, tokens("t2"));
    EXPECT_EQ(core.refused(core.generation(), 390104), Cure::log_in);
}

TEST(SessionCore, logs_in_where_the_renewal_is_refused) {
    SessionCore core = live();
    (void)core.refused(core.generation(), 390112);
    EXPECT_EQ(core.renewal_refused(), Cure::log_in);
    EXPECT_EQ(core.state(), State::logging_in);
}

TEST(SessionCore, a_renewal_that_did_not_get_through_changes_nothing) {
    SessionCore core = live();
    (void)core.refused(core.generation(), 390112);
    core.renewal_failed();
    EXPECT_EQ(core.state(), State::live);
    EXPECT_EQ(core.refused(core.generation(), 390112), Cure::renew);
}

TEST(SessionCore, gives_up_on_a_server_that_refuses_every_token) {
    SessionCore core = live();
    int cures = 0;
    for (;;) {
        const Cure cure = core.refused(core.generation(), 390104);
        if (cure == Cure::give_up) break;
        ASSERT_LT(++cures, 10);
        if (cure == Cure::renew) core.renewed(start, tokens("again"));
        if (cure == Cure::log_in) {
            core.logged_in(start, tokens("anew"), own);
            core.opened();
        }
    }
    EXPECT_GE(cures, 3);
    EXPECT_EQ(core.state(), State::lost);
    EXPECT_FALSE(core.usable());
    ASSERT_TRUE(core.loss());
    EXPECT_EQ(core.loss()->kind(), base::Kind::credentials);
}

TEST(SessionCore, a_failed_login_loses_it) {
    SessionCore core = live();
    (void)core.refused(core.generation(), 390111);
    core.login_failed(base::Error{base::Kind::credentials, "no"});
    EXPECT_FALSE(core.usable());
    EXPECT_EQ(core.due(start), Cure::give_up);
}

TEST(SessionCore, keeps_the_master_token_that_a_renewal_does_not_name) {
    SessionCore core = live();
    (void)core.refused(core.generation(), 390112);
    core.renewed(start, tokens("t2", "", 60s));
    EXPECT_TRUE(core.has_master());
    EXPECT_EQ(core.tokens().master.reveal(), "m");
}

TEST(SessionCore, a_heartbeat_gives_the_master_token_its_time_again) {
    SessionCore core = live();
    EXPECT_EQ(core.master_ends(), start + 14'400s);
    core.heartbeat_answered(start + 1000s);
    EXPECT_EQ(core.master_ends(), start + 15'400s);
}

TEST(SessionCore, knows_where_it_stands_from_the_answers) {
    SessionCore core = live();
    core.answered({.role = "R", .warehouse = "WH2", .database = "DB2", .schema = "PUBLIC", .may_move = true});
    EXPECT_EQ(core.context().warehouse, "WH2");
    EXPECT_EQ(core.context().database, "DB2");
    EXPECT_EQ(core.next_switch(own)->statement, "USE WAREHOUSE \"WH\"");
    core.answered({});
    EXPECT_EQ(core.context().database, "DB2") << "nothing said is nothing changed";
}

TEST(SessionCore, after_a_doubt_says_again_where_it_wants_to_be) {
    SessionCore core = live();
    EXPECT_TRUE(core.context_known());
    core.context_in_doubt();
    EXPECT_FALSE(core.context_known());
    EXPECT_EQ(core.next_switch(core.own_context())->part, ContextStep::Part::role);
    core.answered({.role = "R", .warehouse = "WH", .database = "DB", .schema = "S"});
    EXPECT_EQ(core.next_switch(core.own_context())->part, ContextStep::Part::secondary_roles)
        << "no answer names those";
}

TEST(SessionCore, a_login_is_a_new_beginning) {
    SessionCore core = live();
    core.answered({.query_context = R"({"entries":[{"id":0,"timestamp":1,"priority":0}]})"});
    core.context_in_doubt();
    (void)core.next_sequence();
    const auto openings = core.openings();
    (void)core.refused(core.generation(), 390111);
    core.logged_in(start, tokens("t2"), own);
    core.secondary_roles("NONE");
    core.opened();
    EXPECT_EQ(core.openings(), openings + 1);
    EXPECT_TRUE(core.context_known());
    EXPECT_TRUE(core.query_context().empty());
    EXPECT_EQ(core.next_sequence(), 1u);
}

TEST(SessionCore, is_not_switched_for_ever_by_a_server_that_spells_otherwise) {
    SessionCore core = live();
    Context wanted = core.own_context();
    wanted.database = "mydb";
    wanted.schema = "s";
    const auto step = core.next_switch(wanted);
    ASSERT_TRUE(step);
    core.answered({.database = "MYDB", .schema = "S"});
    core.switched(*step, wanted);
    EXPECT_FALSE(core.next_switch(wanted));
    core.answered({.database = "MYDB", .schema = "S"});
    EXPECT_FALSE(core.next_switch(wanted));
    EXPECT_EQ(core.context().database, "mydb");
}

TEST(SessionCore, remembers_the_parameters_whatever_their_case) {
    SessionCore core = live();
    EXPECT_TRUE(core.parameters_changed("[1]"));
    core.parameters("[1]", {{"timezone", "Europe/Berlin"}, {"QUERY_CONTEXT_CACHE_SIZE", "1"}});
    EXPECT_FALSE(core.parameters_changed("[1]"));
    EXPECT_TRUE(core.parameters_changed("[2]"));
    EXPECT_EQ(core.parameter("TIMEZONE"), "Europe/Berlin");
    EXPECT_EQ(core.parameter("OTHER"), "");
}

}  // namespace
}  // namespace backend::snowflake
