#include "backend/snowflake/auth/exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "backend/snowflake/wire/redirect.hpp"
#include "backend/snowflake/wire/request_target.hpp"
#include "base/text.hpp"

namespace backend::snowflake {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds first_wait{1'000};
constexpr milliseconds longest_wait{16'000};
constexpr seconds longest_retry_after{60};

base::Error at_login(base::Kind kind, std::string message) {
    base::Error error{kind, std::move(message)};
    return std::move(error).at(base::Stage::login);
}

std::optional<int> number_of(std::string_view text) {
    int number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failed == std::errc{} && end == text.data() + text.size() ? std::optional{number} : std::nullopt;
}

std::optional<seconds> retry_after(const HttpAnswer& answer, base::WallTime now) {
    const std::string_view text = base::trim(answer.header("Retry-After"));
    if (const auto number = number_of(text); number && *number >= 0) {
        return std::min(seconds{*number}, longest_retry_after);
    }
    if (const auto date = parse_http_date(text); date && *date > now) {
        return std::min(std::chrono::ceil<seconds>(*date - now), longest_retry_after);
    }
    return std::nullopt;
}

bool is_busy(int status) { return status == 408 || status == 429 || status >= 500; }

/// What an answer without an envelope of use means.
base::Error status_error(const LoginTask& task, const HttpAnswer& answer, base::WallTime now) {
    if (answer.status == 403 || answer.status == 404) {
        return at_login(
                   base::Kind::credentials,
                   fmt::format("{} answered HTTP {}: there is no account of this name, or a network policy keeps "
                               "this machine out. Check SNOWFLAKE_ACCOUNT ({}){}, and the account's network policies",
                               answer.url.host, answer.status, base::escape_untrusted(task.settings.account),
                               task.settings.host.empty() ? "" : " and SNOWFLAKE_HOST"))
            .about("SNOWFLAKE_ACCOUNT");
    }
    if (is_busy(answer.status)) {
        auto error = at_login(answer.status == 429 ? base::Kind::overloaded : base::Kind::unavailable,
                              fmt::format("{} answered HTTP {} to the login: Snowflake is busy or out of order",
                                          answer.url.host, answer.status));
        if (const auto wait = retry_after(answer, now)) {
            error = std::move(error).retry_after(*wait);
        }
        return error;
    }
    return at_login(base::Kind::unavailable,
                    fmt::format("{} answered HTTP {} to the login. Is it an account's host (SNOWFLAKE_ACCOUNT, "
                                "SNOWFLAKE_HOST), and is there a proxy between?",
                                answer.url.host, answer.status));
}

base::Result<Reply> read_reply(const LoginTask& task, const HttpAnswer& answer, base::WallTime now) {
    auto envelope = Envelope::parse(answer.body);
    // HTTP 401 and 400 may carry an envelope with the code that matters; 403 is the network's word whatever it carries.
    if (is_busy(answer.status) || answer.status == 403 || answer.status == 404 || (answer.status != 200 && !envelope)) {
        return base::fail(status_error(task, answer, now));
    }
    if (!envelope) {
        return base::fail(std::move(envelope.error()));
    }
    if (answer.status != 200 && envelope->success()) {
        return base::fail(status_error(task, answer, now));
    }
    std::optional<seconds> difference;
    if (const auto date = parse_http_date(answer.header("Date"))) {
        difference = std::chrono::round<seconds>(*date - now);
    }
    return Reply{.envelope = std::move(*envelope),
                 .status = answer.status,
                 .sticky = std::string{answer.header("x-snowflake-session")},
                 .clock_difference = difference};
}

}  // namespace

Script<base::Result<HttpAnswer>> send(Dialogue& with, LoginTask& task, SendRequest request) {
    for (int hops = 0;; ++hops) {
        Event event = co_await with.ask(request);
        if (auto* const error = std::get_if<base::Error>(&event)) {
            co_return base::fail(std::move(*error));
        }
        auto* const answer = std::get_if<HttpAnswer>(&event);
        if (answer == nullptr) {
            co_return base::fail(at_login(base::Kind::internal, "the login was told of an answer it did not ask for"));
        }
        if (request.trust != Trust::account || !is_redirect(answer->status)) {
            answer->url = std::move(request.url);
            co_return std::move(*answer);
        }
        // Without a stage: another try would lead the same way.
        if (hops == max_redirects) {
            co_return base::fail(base::Kind::unavailable, fmt::format("{} sent us elsewhere more than {} times",
                                                                      task.account.url.host, max_redirects));
        }
        auto next = redirect_target(request.url, answer->header("Location"));
        if (!next) {
            co_return base::fail(std::move(next.error()).at(base::Stage::none));
        }
        request.url = std::move(*next);
    }
}

bool is_passing(const base::Error& error) {
    return error.stage() == base::Stage::login &&
           (error.kind() == base::Kind::unavailable || error.kind() == base::Kind::overloaded);
}

Script<base::Result<bool>> wait_before(Dialogue& with, LoginTask& task, int attempt, const base::Error& error) {
    const milliseconds doubled = std::min(longest_wait, first_wait * (1 << std::min(attempt - 1, 8)));
    milliseconds wait = std::chrono::round<milliseconds>(doubled * (0.5 + 0.5 * task.random()));
    if (error.retry_after()) {
        wait = std::max(wait, *error.retry_after());
    }
    Event event = co_await with.ask(Pause{.time = wait});
    if (auto* const stopped = std::get_if<base::Error>(&event)) {
        co_return base::fail(std::move(*stopped));
    }
    co_return true;
}

Script<base::Result<Reply>> post(Dialogue& with, LoginTask& task, std::string target, std::string body,
                                 milliseconds patience, bool again) {
    for (int attempt = 1;; ++attempt) {
        SendRequest request{.url = task.account.url,
                            .headers = common_headers(task.identity, "application/json"),
                            .body = body,
                            .patience = patience};
        request.url.target = target;
        auto answer = co_await send(with, task, std::move(request));
        auto reply =
            answer ? read_reply(task, *answer, with.now()) : base::Result<Reply>{base::fail(std::move(answer.error()))};
        if (reply || !again || attempt == login_attempts || !is_passing(reply.error())) {
            co_return reply;
        }
        if (auto waited = co_await wait_before(with, task, attempt, reply.error()); !waited) {
            co_return base::fail(std::move(waited.error()));
        }
    }
}

std::optional<base::WallTime> parse_http_date(std::string_view text) {
    // "Tue, 24 Nov 2026 11:07:45 GMT" (RFC 9110, section 5.6.7)
    constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT" || text[7] != ' ' ||
        text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':') {
        return std::nullopt;
    }
    const auto* const month = std::find(months.begin(), months.end(), text.substr(8, 3));
    const auto day = number_of(text.substr(5, 2));
    const auto year = number_of(text.substr(12, 4));
    const auto hour = number_of(text.substr(17, 2));
    const auto minute = number_of(text.substr(20, 2));
    const auto second = number_of(text.substr(23, 2));
    if (month == months.end() || !day || !year || !hour || !minute || !second || *year < 1970 || *year > 2199 ||
        *hour > 23 || *minute > 59 || *second > 60) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year{*year},
                                           std::chrono::month{static_cast<unsigned>(month - months.begin()) + 1},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok()) {
        return std::nullopt;
    }
    return std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
           std::chrono::seconds{*second};
}

}  // namespace backend::snowflake
