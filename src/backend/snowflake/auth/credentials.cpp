#include "backend/snowflake/auth/credentials.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

#include "backend/snowflake/auth/browser_command.hpp"
#include "backend/snowflake/auth/credentials_state.hpp"
#include "base/encoding.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace backend::snowflake {

namespace {

constexpr std::size_t largest_file = std::size_t{1} << 20;

std::unexpected<base::Error> refuse(std::string_view setting, std::string why) {
    return base::fail(
        base::Error{base::Kind::credentials, std::move(why)}.at(base::Stage::config).about(std::string{setting}));
}

std::optional<std::string> own_environment(const std::string& name) {
    const char* const value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nobody writes it
    return value == nullptr || *value == '\0' ? std::nullopt : std::optional<std::string>{value};
}

Credentials::Options with_defaults(Credentials::Options options) {
    if (!options.environment) {
        options.environment = own_environment;
    }
    if (!options.open_browser) {
        options.open_browser = [environment = options.environment](const std::string& url) {
            return run_browser(url, environment);
        };
    }
    return options;
}

std::string expanded(std::string path, const Environment& environment) {
    return path.starts_with("~/") ? environment("HOME").value_or("~") + path.substr(1) : path;
}

/// The setting may hold the key itself or the path to it.
bool looks_like_path(std::string_view text) {
    text = base::trim(text);
    if (text.size() > 4096 || text.find('\n') != std::string_view::npos ||
        text.find("-----BEGIN") != std::string_view::npos) {
        return false;
    }
    struct stat status{};
    return text.starts_with("/") || text.starts_with("~/") || text.starts_with("./") || text.starts_with("../") ||
           stat(std::string{text}.c_str(), &status) == 0;
}

}  // namespace

base::Result<std::string> read_small_file(const std::string& path, std::string_view setting) {
    struct stat status{};
    if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
        return refuse(setting, fmt::format("{}: there is no file {}", setting, base::escape_untrusted(path)));
    }
    std::ifstream in{path, std::ios::binary};
    std::ostringstream text;
    if (static_cast<std::size_t>(status.st_size) <= largest_file) {
        text << in.rdbuf();
    }
    if (!in || static_cast<std::size_t>(status.st_size) > largest_file) {
        return refuse(setting, fmt::format("{}: {} cannot be read, or is larger than 1 MiB", setting,
                                           base::escape_untrusted(path)));
    }
    return std::move(text).str();
}

Credentials::State::State(const Settings& set, Options given)
    : settings{set},
      options{with_defaults(std::move(given))},
      environment{options.environment},
      cache{TokenCache::folder(environment)},
      asks{asking()} {}

std::optional<Credentials::State::Asking> Credentials::State::asking() const {
    auto how = method();
    auto where = account();
    if (!how || !where || !asks_a_person(*how)) {
        return std::nullopt;
    }
    return Asking{.method = *how, .account = std::move(*where)};
}

base::Result<Account> Credentials::State::account() const {
    return resolve_account({.account = settings.account,
                            .region = settings.region,
                            .host = settings.host,
                            .port = settings.port,
                            .protocol = settings.protocol});
}

base::Result<Method> Credentials::State::method() const {
    struct stat status{};
    const bool inside = stat((options.container_folder + "/token").c_str(), &status) == 0;
    return method_of(settings, inside);
}

base::Result<std::shared_ptr<const PrivateKey>> Credentials::State::read_key() {
    std::string_view setting = "SNOWFLAKE_PRIVATE_KEY";
    std::string path;
    if (settings.private_key.empty()) {
        setting = "SNOWFLAKE_PRIVATE_KEY_PATH";
        path = settings.private_key_path;
    } else if (looks_like_path(settings.private_key.reveal())) {
        path = base::trim(settings.private_key.reveal());
    }
    base::Secret text = settings.private_key;
    if (!path.empty()) {
        auto read = read_small_file(expanded(path, environment), setting);
        if (!read) {
            return base::fail(std::move(read.error()));
        }
        text = base::Secret{std::move(*read)};
    }
    const auto digest = base::sha256(text.reveal());
    {
        const base::MutexLock lock{mutex_};
        if (key_ != nullptr && key_digest_ == digest) {
            return key_;
        }
    }
    auto made = PrivateKey::read(text.reveal(), settings.private_key_passphrase, setting);
    if (!made) {
        return base::fail(std::move(made.error()));
    }
    const base::MutexLock lock{mutex_};
    key_ = std::make_shared<const PrivateKey>(std::move(*made));
    key_digest_ = digest;
    return key_;
}

bool Credentials::State::keeps_in_file(Method method) const {
    return settings.store_temporary_credential && method != Method::oauth_client_credentials;
}

std::string Credentials::State::cache_host(TokenKind kind, const Account& account) const {
    if (kind == TokenKind::oauth_access || kind == TokenKind::oauth_refresh) {
        if (const auto url = net::client::Url::parse(settings.oauth.token_request_url)) {
            return url->host;
        }
    }
    return account.url.host;
}

base::Secret Credentials::State::kept_token(TokenKind kind, const Account& account) {
    base::Secret dropped;
    {
        const base::MutexLock lock{mutex_};
        Kept& kept = kept_[kind];
        if (!kept.token.empty()) {
            return kept.token;
        }
        dropped = kept.dropped;
        kept.looked = true;
    }
    if (!settings.store_temporary_credential) {
        return {};
    }
    auto found = cache.find(cache_host(kind, account), settings.user, kind);
    if (!found) {
        base::log::warn("kept tokens are not used: {}", found.error().message());
        return {};
    }
    if (!*found || (!dropped.empty() && dropped.equals((*found)->reveal()))) {
        return {};
    }
    const base::MutexLock lock{mutex_};
    Kept& kept = kept_[kind];
    if (kept.token.empty()) {
        kept.token = std::move(**found);
    }
    return kept.token;
}

base::Result<Material> Credentials::State::load(Method method, const Account& account) {
    Material material;
    material.interactive_allowed = options.interactive_allowed;
    material.token = settings.token;
    if (settings.token.empty() && !settings.token_file_path.empty()) {
        auto text = read_small_file(expanded(settings.token_file_path, environment), "SNOWFLAKE_TOKEN_FILE_PATH");
        if (!text) {
            return base::fail(std::move(text.error()));
        }
        material.token = base::Secret{std::string{base::trim(*text)}};
        if (material.token.empty()) {
            return refuse("SNOWFLAKE_TOKEN_FILE_PATH",
                          "the file of SNOWFLAKE_TOKEN_FILE_PATH holds no token: it is empty");
        }
    }
    if (method == Method::key_pair) {
        auto key = read_key();
        if (!key) {
            return base::fail(std::move(key.error()));
        }
        material.key = std::move(*key);
    }
    if (method == Method::container) {
        auto text = read_small_file(options.container_folder + "/token", "SNOWFLAKE_AUTHENTICATOR");
        if (!text) {
            return base::fail(std::move(text.error()));
        }
        material.container_token = base::Secret{std::string{base::trim(*text)}};
    }
    if (environment("SNOWFLAKE_RUNNING_INSIDE_SPCS")) {
        if (auto text = read_small_file(options.container_folder + "/spcs_token", "SNOWFLAKE_RUNNING_INSIDE_SPCS")) {
            material.spcs_token = base::Secret{std::string{base::trim(*text)}};
        }
    }
    if (method == Method::external_browser) {
        material.id_token = kept_token(TokenKind::id, account);
    } else if (method == Method::password_mfa) {
        material.mfa_token = kept_token(TokenKind::mfa, account);
    } else if (method == Method::oauth_authorization_code || method == Method::oauth) {
        material.oauth_access = kept_token(TokenKind::oauth_access, account);
        material.oauth_refresh = kept_token(TokenKind::oauth_refresh, account);
    } else if (method == Method::oauth_client_credentials) {
        const base::MutexLock lock{mutex_};
        material.oauth_access = kept_[TokenKind::oauth_access].token;
    }
    const base::MutexLock lock{mutex_};
    material.passcode_spent = passcode_spent_;
    material.token_refused = !refused_token_.empty() && refused_token_.equals(material.token.reveal());
    return material;
}

void Credentials::State::remember(const std::vector<CacheChange>& changes, bool passcode_used,
                                  base::Secret refused_token) {
    const base::MutexLock lock{mutex_};
    if (!refused_token.empty()) {
        refused_token_ = std::move(refused_token);
    }
    passcode_spent_ = passcode_spent_ || passcode_used;
    for (const CacheChange& change : changes) {
        Kept& kept = kept_[change.kind];
        if (change.token) {
            kept.token = *change.token;
        } else {
            kept.dropped = std::exchange(kept.token, {});
        }
    }
}

void Credentials::State::write(const Account& account, const std::vector<CacheChange>& changes) const {
    for (const CacheChange& change : changes) {
        if (auto done = cache.apply(cache_host(change.kind, account), settings.user, {change}); !done) {
            base::log::warn("a token is not kept for the next start: {}", done.error().message());
            return;
        }
    }
}

bool Credentials::State::has_kept_token(Method method, const Account& account) {
    const TokenKind kind = method == Method::external_browser ? TokenKind::id
                           : method == Method::password_mfa   ? TokenKind::mfa
                                                              : TokenKind::oauth_access;
    {
        const base::MutexLock lock{mutex_};
        if (const auto kept = kept_.find(kind); kept != kept_.end() && kept->second.looked) {
            return !kept->second.token.empty() || !kept_[TokenKind::oauth_refresh].token.empty();
        }
    }
    return !kept_token(kind, account).empty() ||
           (kind == TokenKind::oauth_access && !kept_token(TokenKind::oauth_refresh, account).empty());
}

bool Credentials::State::has_passcode() const {
    const base::MutexLock lock{mutex_};
    return settings.passcode_in_password || (!settings.passcode.empty() && !passcode_spent_);
}

Credentials::State::Turn::~Turn() {
    if (state_ == nullptr) {
        return;
    }
    async::WaiterPtr next;
    {
        const base::MutexLock lock{state_->mutex_};
        next = state_->waiters_.grant_next();
        state_->asking_ = next != nullptr;
    }
    if (next != nullptr) {
        async::Waiter::wake(next);
    }
}

void Credentials::State::Turn::failed(const base::Error& error) {
    const auto shared = std::make_shared<base::Error>(error);
    std::vector<async::WaiterPtr> all;
    {
        const base::MutexLock lock{state_->mutex_};
        while (auto next = state_->waiters_.grant_next(shared)) {
            all.push_back(std::move(next));
        }
    }
    for (const async::WaiterPtr& waiter : all) {
        async::Waiter::wake(waiter);
    }
}

async::Task<base::Result<Credentials::State::Turn>> Credentials::State::take_turn(async::Call& call) {
    const auto waiter = std::make_shared<async::Waiter>(call.worker());
    bool mine = false;
    {
        const base::MutexLock lock{mutex_};
        mine = !std::exchange(asking_, true);
        if (!mine) {
            waiters_.push(waiter);
        }
    }
    if (mine) {
        co_return Turn{*this};
    }
    const async::StopReason stopped = co_await waiter->wait(call);
    bool left = false;
    if (stopped != async::StopReason::none) {
        const base::MutexLock lock{mutex_};
        left = waiters_.leave(*waiter);
    }
    if (left) {
        co_return base::fail(call.stopped_error(base::Stage::login));
    }
    if (waiter->grant() != nullptr) {  // who asked the person has failed: nobody is asked again for this
        co_return base::fail(*std::static_pointer_cast<base::Error>(waiter->grant()));
    }
    Turn turn{*this};
    if (stopped != async::StopReason::none) {
        co_return base::fail(call.stopped_error(base::Stage::login));  // it was too late to leave: `turn` passes it on
    }
    co_return turn;
}

Credentials::Credentials(const Settings& settings, Options options)
    : state_{std::make_shared<State>(settings, std::move(options))} {}
Credentials::~Credentials() = default;

const Settings& Credentials::settings() const { return state_->settings; }

bool Credentials::would_ask() const {
    if (!state_->asks) {
        return false;
    }
    const auto& [method, account] = *state_->asks;
    const bool passcode = method == Method::password_mfa && state_->has_passcode();
    const bool refresh = method == Method::oauth_authorization_code && !settings().oauth.refresh_token.empty();
    return !passcode && !refresh && !state_->has_kept_token(method, account);
}

base::Result<void> Credentials::check() const {
    const auto account = state_->account();
    if (!account) {
        return base::fail(account.error());
    }
    const auto method = state_->method();
    if (!method) {
        return base::fail(method.error());
    }
    if (auto material = state_->load(*method, *account); !material) {
        return base::fail(std::move(material.error()));
    }
    return {};
}

}  // namespace backend::snowflake
