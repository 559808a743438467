#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "async/manual_worker.hpp"
#include "backend/snowflake/auth/credentials_state.hpp"
#include "backend/snowflake/auth/folder.hpp"
#include "backend/snowflake/auth/key_maker.hpp"

namespace {

using namespace backend::snowflake;
using auth_test::Folder;
using auth_test::KeyPair;
using base::Secret;

Credentials::Options options_in(const Folder& folder) {
    return {.environment =
                [home = folder.path()](const std::string& name) {
                    return name == "HOME"                                ? std::optional{home}
                           : name == "SF_TEMPORARY_CREDENTIAL_CACHE_DIR" ? std::optional{home + "/cache"}
                                                                         : std::nullopt;
                },
            .open_browser = [](const std::string&) { return false; },
            .container_folder = folder.path("container")};
}

Settings base_settings(std::string authenticator) {
    Settings settings;
    settings.account = "acct";
    settings.user = "alice";
    settings.authenticator = std::move(authenticator);
    return settings;
}

base::Result<Material> load(const Credentials& credentials) {
    const auto method = credentials.state()->method();
    if (!method) return base::fail(method.error());
    return credentials.state()->load(*method, *credentials.state()->account());
}

TEST(Credentials, read_a_token_file_anew_for_every_login) {
    const Folder folder;
    Settings settings = base_settings("oauth");
    settings.token_file_path = folder.write("token", "first\n");
    const Credentials credentials{settings, options_in(folder)};
    EXPECT_EQ(load(credentials)->token.reveal(), "first");
    folder.write("token", "second");
    EXPECT_EQ(load(credentials)->token.reveal(), "second");
    folder.write("token", " \n");
    EXPECT_EQ(load(credentials).error().argument(), "SNOWFLAKE_TOKEN_FILE_PATH");
    std::filesystem::remove(folder.path("token"));
    EXPECT_EQ(load(credentials).error().argument(), "SNOWFLAKE_TOKEN_FILE_PATH");
}

TEST(Credentials, take_the_key_itself_or_a_path_to_it) {
    const Folder folder;
    const std::string pem = KeyPair::rsa().private_text("PEM");
    const std::string path = folder.write("key.p8", pem);
    for (const std::string& value : {pem, path, std::string{"~/key.p8"}}) {
        Settings settings = base_settings("snowflake_jwt");
        settings.private_key = Secret{value};
        const auto material = load(Credentials{settings, options_in(folder)});
        ASSERT_TRUE(material) << material.error().message();
        EXPECT_EQ(material->key->algorithm(), "RS256");
    }
    Settings by_path = base_settings("snowflake_jwt");
    by_path.private_key_path = "~/key.p8";
    const Credentials credentials{by_path, options_in(folder)};
    const auto first = load(credentials)->key;
    EXPECT_EQ(load(credentials)->key, first) << "an encrypted key takes a second to open";
    folder.write("key.p8", KeyPair::ec("P-256").private_text("PEM"));
    EXPECT_EQ(load(credentials)->key->algorithm(), "ES256") << "a rotated key is taken";
    by_path.private_key_path = "/nowhere/key.p8";
    const auto missing = Credentials{by_path, options_in(folder)}.check();
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().argument(), "SNOWFLAKE_PRIVATE_KEY_PATH");
}

TEST(Credentials, find_the_container_s_token) {
    const Folder folder;
    Settings settings = base_settings("snowflake");
    EXPECT_FALSE(Credentials(settings, options_in(folder)).check());
    std::filesystem::create_directory(folder.path("container"));
    folder.write("container/token", "inside\n");
    const auto material = load(Credentials{settings, options_in(folder)});
    ASSERT_TRUE(material) << material.error().message();
    EXPECT_EQ(material->container_token.reveal(), "inside");
}

TEST(Credentials, ask_a_person_only_where_nothing_is_kept) {
    const Folder folder;
    const Settings settings = base_settings("externalbrowser");
    Credentials credentials{settings, options_in(folder)};
    EXPECT_TRUE(credentials.would_ask());
    const auto& state = credentials.state();
    const std::vector<CacheChange> kept = {{.kind = TokenKind::id, .token = Secret{"id-1"}}};
    state->remember(kept, false);
    state->write(*state->account(), kept);
    EXPECT_FALSE(credentials.would_ask());
    EXPECT_EQ(load(credentials)->id_token.reveal(), "id-1");

    Credentials next_start{settings, options_in(folder)};
    EXPECT_FALSE(next_start.would_ask()) << "the file keeps it";
    EXPECT_EQ(load(next_start)->id_token.reveal(), "id-1");
    next_start.state()->remember({{.kind = TokenKind::id, .token = std::nullopt}}, false);
    EXPECT_TRUE(next_start.would_ask());
    EXPECT_TRUE(load(next_start)->id_token.empty()) << "a token that was refused is not read again";

    Settings unkept = settings;
    unkept.store_temporary_credential = false;
    EXPECT_TRUE(Credentials(unkept, options_in(folder)).would_ask());
    EXPECT_FALSE(Credentials(base_settings("oauth"), options_in(folder)).would_ask());
}

TEST(Credentials, use_a_passcode_once) {
    const Folder folder;
    Settings settings = base_settings("username_password_mfa");
    settings.password = Secret{"p"};
    EXPECT_TRUE(Credentials(settings, options_in(folder)).would_ask());
    settings.passcode = Secret{"123456"};
    Credentials credentials{settings, options_in(folder)};
    EXPECT_FALSE(credentials.would_ask());
    EXPECT_FALSE(load(credentials)->passcode_spent);
    credentials.state()->remember({}, true);
    EXPECT_TRUE(load(credentials)->passcode_spent);
    EXPECT_TRUE(credentials.would_ask()) << "the passcode was used";
}

/// Callers of one connection that all want to ask the person.
class Turns : public testing::Test {
protected:
    using Turn = Credentials::State::Turn;
    struct Caller {
        explicit Caller(async_test::ManualWorker& worker) : call{worker, worker.parts(std::chrono::seconds{60})} {}
        async::Call call;
        std::optional<Turn> turn;
        std::optional<base::Error> error;
    };
    static async::Task<void> ask(std::shared_ptr<Credentials::State> state, Caller& caller) {
        auto turn = co_await state->take_turn(caller.call);
        if (turn) {
            caller.turn.emplace(std::move(*turn));
        } else {
            caller.error = turn.error();
        }
    }
    Caller& come() {
        callers.push_back(std::make_unique<Caller>(worker));
        worker.start(ask(credentials.state(), *callers.back()));
        return *callers.back();
    }

    Folder folder;
    Credentials credentials{base_settings("externalbrowser"), options_in(folder)};
    async_test::ManualWorker worker;
    std::vector<std::unique_ptr<Caller>> callers;
};

TEST_F(Turns, are_given_one_at_a_time_in_order) {
    Caller& first = come();
    Caller& second = come();
    Caller& third = come();
    EXPECT_TRUE(first.turn && !second.turn && !third.turn);
    first.turn.reset();
    worker.settle();
    EXPECT_TRUE(second.turn && !third.turn);
    second.turn.reset();
    worker.settle();
    EXPECT_TRUE(third.turn);
    third.turn.reset();
    EXPECT_TRUE(come().turn);
}

TEST_F(Turns, end_with_one_error_for_all_who_waited) {
    Caller& first = come();
    Caller& second = come();
    Caller& third = come();
    first.turn->failed(base::Error{base::Kind::timeout, "nobody came back"});
    first.turn.reset();
    worker.settle();
    ASSERT_TRUE(second.error && third.error);
    EXPECT_EQ(second.error->message(), "nobody came back");
    EXPECT_TRUE(come().turn) << "a later caller may try again";
}

TEST_F(Turns, pass_over_who_has_left) {
    Caller& first = come();
    Caller& second = come();
    Caller& third = come();
    second.call.stop(async::StopReason::client);
    worker.settle();
    ASSERT_TRUE(second.error);
    EXPECT_EQ(second.error->kind(), base::Kind::cancelled);
    first.turn.reset();
    worker.settle();
    EXPECT_TRUE(third.turn);
}

}  // namespace
