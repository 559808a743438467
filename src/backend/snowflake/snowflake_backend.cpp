#include "backend/snowflake/snowflake_backend.hpp"
#include "base/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "backend/snowflake/auth/login.hpp"
#include "backend/snowflake/result/snowflake_result_set.hpp"
#include "backend/snowflake/session/context_switch.hpp"
#include "backend/snowflake/session/query_run.hpp"
#include "backend/snowflake/session/snowflake_session.hpp"
#include "backend/snowflake/wire/account.hpp"

namespace backend::snowflake {
namespace {

AccountPlace place_of(const Settings& settings) {
    return {.account = settings.account,
            .region = settings.region,
            .host = settings.host,
            .port = settings.port,
            .protocol = settings.protocol};
}

Context folded(Context context) {
    for (std::string* const name : {&context.role, &context.warehouse, &context.database, &context.schema}) {
        *name = folded_identifier(*name);
    }
    return context;
}

/// Where the session stands after its login: as the server named it, else as it was asked for.
Context opened_context(Context named, const Context& asked) {
    const auto fill = [](std::string& mine, const std::string& theirs) {
        if (mine.empty()) mine = theirs;
    };
    fill(named.role, asked.role);
    fill(named.warehouse, asked.warehouse);
    if (named.database.empty() || named.database == asked.database) fill(named.schema, asked.schema);
    fill(named.database, asked.database);
    return named;
}

/// A server that says where a session stands, but not in the warehouse or database that was asked for, has opened it
/// without (a wrong name does not fail a login): the first USE will say so. Emulators say nothing at all.
Parts unnamed(const Context& named, const Context& asked) {
    if (named.role.empty()) return {};
    return {.warehouse = named.warehouse.empty() && !asked.warehouse.empty(),
            .place =
                (named.database.empty() && !asked.database.empty()) || (named.schema.empty() && !asked.schema.empty())};
}

/// The same answer once more, for its URLs' sake.
class SameAnswer final : public AnswerSource {
public:
    explicit SameAnswer(SessionState::Ptr state) : state_{std::move(state)} {}
    async::Task<base::Result<QueryAnswer>> fetch_again(async::Call& call, std::string query_id) override {
        return query_result(call, state_, std::move(query_id));
    }

private:
    SessionState::Ptr state_;
};

}  // namespace

base::Result<std::unique_ptr<SnowflakeBackend>> SnowflakeBackend::open(const Settings& settings, Ground ground) {
    auto account = resolve_account(place_of(settings));
    if (!account) return base::fail(std::move(account.error()));
    std::unique_ptr<SnowflakeBackend> backend{new SnowflakeBackend{settings, std::move(ground), account->url}};
    if (auto checked = backend->credentials_.check(); !checked) return base::fail(std::move(checked.error()));
    return backend;
}

namespace {

std::string digest(std::string_view text) {
    const auto hash = base::sha256(text);
    return base::hex({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

/// Account, login and session parameters, one a line. Where no user is named the credential says who it is.
std::string who_answers(const Settings& settings, const net::client::Url& account) {
    std::string text = fmt::format("{}:{}\n{}\n{}\n{}\n", account.host, account.port, settings.account, settings.user,
                                   settings.authenticator);
    if (settings.user.empty()) {
        text += digest(std::string{settings.token.reveal()} + '\n' + settings.token_file_path + '\n' +
                       settings.oauth.client_id + '\n' + std::string{settings.oauth.refresh_token.reveal()} + '\n' +
                       settings.workload_identity.provider);
    }
    text += fmt::format("\nsecondary={}\nTIMEZONE={}\n", settings.secondary_roles, settings.timezone);
    for (const std::string& one : settings.session_parameters) {
        text += one + '\n';
    }
    return text;
}

}  // namespace

SnowflakeBackend::SnowflakeBackend(const Settings& settings, Ground ground, const net::client::Url& account)
    : settings_{settings},
      ground_{std::move(ground)},
      default_context_{folded(settings.context())},
      answers_depend_on_{who_answers(settings, account)},
      credentials_{settings_,
                   {.environment = {}, .open_browser = {}, .interactive_allowed = ground_.interactive_allowed}},
      link_{std::make_unique<AccountLink>(
          AccountLink::Options{.account = account,
                               .identity = ClientIdentity::of_this_program(ground_.version, settings_.application),
                               .memory = &ground_.memory},
          ground_.outbound, ground_.workers)} {
    policy_.log_in = [this](async::Call& call) { return open_login(call); };
    policy_.interactive = [this] { return interactive(); };
    policy_.secondary_roles = settings_.secondary_roles;
    opener_ = [this](async::Call& call, QueryAnswer answer, SessionState::Ptr state, ResultWish wish) {
        return open_answer(call, std::move(answer), std::move(state), std::move(wish));
    };
}

SnowflakeBackend::~SnowflakeBackend() = default;

async::Task<base::Result<Opening>> SnowflakeBackend::open_login(async::Call& call) {
    const LoginServices services{.http = link_->client(call.worker()),
                                 .credentials = credentials_,
                                 .identity = link_->identity(),
                                 .files = ground_.files,
                                 .random = {}};
    auto answer = co_await log_in(call, services, settings_, settings_.context());
    if (!answer) co_return base::fail(std::move(answer.error()));
    Opening opening;
    opening.tokens = {.session = std::move(answer->session_token),
                      .master = std::move(answer->master_token),
                      .validity = answer->validity,
                      .master_validity = answer->master_validity};
    opening.in_doubt = unnamed(answer->context, default_context_);
    opening.context = opened_context(std::move(answer->context), default_context_);
    opening.parameters = std::move(answer->parameters);
    opening.session_header = std::move(answer->sticky);
    co_return opening;
}

async::Task<base::Result<std::unique_ptr<Session>>> SnowflakeBackend::login(async::Call& call, Context,
                                                                            Identity identity) {
    if (!identity.is_own()) {
        co_return base::fail(
            base::Error{base::Kind::credentials, "this connection logs in as its configured user only (SNOWFLAKE_USER)"}
                .at(base::Stage::login));
    }
    // Every session is opened in the configured context, so that what a statement leaves open is never another
    // client's; it goes where it is wanted by USE.
    auto state = std::make_shared<SessionState>(*link_, policy_);
    auto opened = co_await state->open(call);
    if (!opened) co_return base::fail(std::move(opened.error()));
    {
        const base::MutexLock lock{mutex_};
        std::erase_if(sessions_, [](const auto& session) { return session.expired(); });
        sessions_.push_back(state);
    }
    co_return std::make_unique<SnowflakeSession>(std::move(state), opener_);
}

base::Result<std::unique_ptr<ResultSet>> SnowflakeBackend::open_answer(async::Call& call, QueryAnswer answer,
                                                                       SessionState::Ptr state, ResultWish wish) {
    ResultParts parts{.tasks = &link_->tasks(), .memory = &ground_.memory};
    parts.zone = zones_.find(state->parameter("TIMEZONE"));
    parts.skip = wish.skip;
    parts.limit = wish.limit;
    parts.keeps = std::move(wish.keeps);
    if (answer.has_chunks()) {
        const bool plain = link_->account().scheme == net::client::Scheme::http;
        parts.chunks = std::make_shared<HttpChunkSource>(
            link_->client(call.worker()), plain ? HttpChunkSource::Plain::allowed : HttpChunkSource::Plain::refused);
        parts.answers = std::make_shared<SameAnswer>(std::move(state));
    }
    return open_result(std::move(answer), std::move(parts));
}

std::vector<SessionState::Ptr> SnowflakeBackend::sessions() const {
    std::vector<SessionState::Ptr> open;
    const base::MutexLock lock{mutex_};
    for (const auto& session : sessions_) {
        if (auto state = session.lock(); state && state->usable()) open.push_back(std::move(state));
    }
    return open;
}

base::Probe SnowflakeBackend::probe() const {
    base::Probe probe;
    probe.name = "snowflake";
    probe.status = [this](base::JsonWriter& json) {
        const auto open = sessions();
        const auto settling =
            std::count_if(open.begin(), open.end(), [](const auto& session) { return session->settling(); });
        const auto carrying = std::count_if(open.begin(), open.end(), [now = base::Clock::now()](const auto& session) {
            return session->carries_queries(now);
        });
        json.begin_object()
            .field("account", account().host_and_port())
            .field("sessions", static_cast<std::uint64_t>(open.size()))
            .field("cancelling", static_cast<std::uint64_t>(settling))
            .field("with_asynchronous_queries", static_cast<std::uint64_t>(carrying))
            .end_object();
    };
    return probe;
}

SessionState::Ptr SnowflakeBackend::any_session() const {
    const base::MutexLock lock{mutex_};
    for (auto session = sessions_.rbegin(); session != sessions_.rend(); ++session) {
        if (auto state = session->lock(); state && state->usable()) return state;
    }
    return nullptr;
}

}  // namespace backend::snowflake
